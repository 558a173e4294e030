"""Who is measured: Limner, the same promises kept by others, and Celery as its tutorial has it.

Limner, Dramatiq and Huey are asked over HTTP, each by the same callers; the loop is not asked at
all. Dramatiq, Huey and the loop carry out the same durable job (:mod:`tests.benchmarks.durable`).
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path

import psycopg
from sqlalchemy import text

from deploy.embedded import ports
from shared.ground import Ground
from shared.webhooks import signature
from tests.benchmarks import sink, stand, stores
from tests.benchmarks.caller import Caller
from tests.benchmarks.costs import Meter
from tests.benchmarks.picture import PICTURE
from tests.benchmarks.sink import Sink
from tests.benchmarks.stores import Storage, Store

_PATIENCE = 120.0
_JSON = {"Content-Type": "application/json"}
_DIGEST = hashlib.sha256(PICTURE).digest()

# Where `make peers` installs Dramatiq and Huey.
_PEERS = stand.ROOT / ".venv-peers"


class Load(StrEnum):
    """How the jobs come."""

    ALONE = "one by one"
    AT_ONCE = "all at once"


class Contestant(ABC):
    """Somebody who can carry out jobs, and whose processes can be measured."""

    name: str

    def __init__(self, pids: Mapping[str, int], files: Path) -> None:
        self.meter, self._files = Meter(pids), files
        self.done = 0

    def carry_out(self, count: int, load: Load) -> None:
        """Carry out so many jobs, to the last webhook."""
        self._carry_out(count, load)
        self.done += count

    def check(self) -> None:
        """Raise unless everything that was carried out is there, once."""
        digests = [hashlib.sha256(one.read_bytes()).digest() for one in self._files.rglob("*.png")]
        assert (len(digests), set(digests)) == (self.done, {_DIGEST}), (len(digests), self.done)

    @abstractmethod
    def _carry_out(self, count: int, load: Load) -> None: ...


class Limner(Contestant):
    """Limner as the Procfile starts it, with an engine that makes nothing."""

    name = "limner"

    def __init__(
        self, pids: Mapping[str, int], files: Path, here: Ground, caller: Caller, hooks: Sink
    ) -> None:
        super().__init__(pids, files)
        self._here, self.caller, self._hooks = here, caller, hooks

    def _carry_out(self, count: int, load: Load) -> None:
        call = self.caller.one_by_one if load is Load.ALONE else self.caller.all_at_once
        call(count)
        _wait_for_hooks(self._hooks, self.done + count)

    def check(self) -> None:
        """Look at files, webhooks and rows."""
        super().check()
        _check_hooks(self._hooks, self.done)
        with self._here.database.connection() as connection:
            query = "SELECT status, count(*) AS jobs FROM jobs GROUP BY status"
            rows = [tuple(row) for row in connection.execute(text(query))]
            owed = connection.scalar(
                text("SELECT count(*) FROM webhook_deliveries WHERE status <> 'delivered'")
            )
        assert (rows, owed) == ([("succeeded", self.done)], 0), (rows, owed)


class _Durable(Contestant):
    """Somebody who carries out the durable job."""

    def __init__(
        self, name: str, pids: Mapping[str, int], files: Path, on: stand.Servers, hooks: Sink
    ) -> None:
        super().__init__(pids, files)
        self.name, self._on, self._hooks = name, on, hooks

    def check(self) -> None:
        """Look at files, webhooks and rows."""
        super().check()
        _check_hooks(self._hooks, self.done)
        address = self._on.database_url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(address) as connection:
            query = "SELECT status, count(*) FROM durable_jobs GROUP BY status"
            rows = connection.execute(query).fetchall()
        assert rows == [("succeeded", self.done)], rows


class CheapestLoop(_Durable):
    """Processes that bring each job to its end before they take on the next."""

    children: list["subprocess.Popen[str]"]

    def _carry_out(self, count: int, load: Load) -> None:
        children = self.children[:1] if load is Load.ALONE else self.children
        for position, child in enumerate(children):
            assert child.stdin is not None
            child.stdin.write(f"{len(range(position, count, len(children)))}\n")
            child.stdin.flush()
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "done\n"


class Peer(_Durable):
    """A queue library behind a thin front."""

    caller: Caller

    def _carry_out(self, count: int, load: Load) -> None:
        call = self.caller.one_by_one if load is Load.ALONE else self.caller.all_at_once
        call(count)
        _wait_for_hooks(self._hooks, self.done + count)


class TutorialCelery(Contestant):
    """What a beginner builds in an hour; it promises nothing."""

    name = "tutorial celery"

    def __init__(self, pids: Mapping[str, int], files: Path, caller: Caller) -> None:
        super().__init__(pids, files)
        self.caller = caller

    def _carry_out(self, count: int, load: Load) -> None:
        call = self.caller.one_by_one if load is Load.ALONE else self.caller.all_at_once
        call(count)


@contextmanager
def limner(storage: Storage = Storage.FOLDER) -> Iterator[Limner]:
    """Start all of Limner."""
    with ExitStack() as stack:
        on = stack.enter_context(stand.servers())
        store = stack.enter_context(stores.opened(storage, on.folder))
        here, environment = stack.enter_context(stand.ground(on, **store.settings))
        _, key, secret = stand.open_account(here, places=100_000)
        hooks = stack.enter_context(sink.listening(secret))
        words = {"workers.app": "tests.benchmarks.null_worker"}
        started = stand.commands("web", "worker", "webhook", "beat", **words)
        pids = stack.enter_context(stand.processes(started, environment, logs=on.folder))
        port = here.settings.http.port
        stand.wait_until_it_answers(port, "/healthz")
        request = {
            "kind": "image",
            "model": "sketch",
            "input": {"prompt": "a red fox", "width": 128, "height": 128},
            "webhook": f"{hooks.url}/hook",
        }
        headers = {"Authorization": f"Bearer {key}", **_JSON}
        caller = Caller(port, "/v1/jobs", json.dumps(request).encode(), headers)
        yield Limner({**pids, **on.pids, **store.pids}, store.files, here, caller, hooks)


@contextmanager
def cheapest_loop(storage: Storage = Storage.FOLDER) -> Iterator[CheapestLoop]:
    """Start two processes of it."""
    with ExitStack() as stack:
        on, store, hooks, environment = _durable_stand(stack, storage)
        children = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.benchmarks.loop"],
                    cwd=stand.ROOT,
                    env={**os.environ, **environment},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(2)
        ]
        loops = {f"loop {number}": child.pid for number, child in enumerate(children)}
        pids = {**loops, **on.pids, **store.pids}
        loop = CheapestLoop("cheapest loop", pids, store.files, on, hooks)
        loop.children = children
        yield loop
        for child in children:
            assert child.stdin is not None
            child.stdin.close()


def peers_are_installed() -> bool:
    """Say whether Dramatiq and Huey can be measured."""
    return (_PEERS / ".installed").exists()


def dramatiq(storage: Storage = Storage.FOLDER) -> AbstractContextManager[Peer]:
    """Start the durable job on Dramatiq."""
    module = "tests.benchmarks.on_dramatiq"
    return _peer("dramatiq", module, f"dramatiq {module} --processes 2 --threads 4", storage)


def huey(storage: Storage = Storage.FOLDER) -> AbstractContextManager[Peer]:
    """Start the durable job on Huey."""
    module = "tests.benchmarks.on_huey"
    return _peer("huey", module, f"huey.bin.huey_consumer {module}.huey --workers 4", storage)


@contextmanager
def _peer(name: str, module: str, worker: str, storage: Storage) -> Iterator[Peer]:
    with ExitStack() as stack:
        on, store, hooks, environment = _durable_stand(stack, storage)
        port = ports.choose([])
        started = {"web": _gunicorn(port, "tests.benchmarks.front:app"), "worker": worker.split()}
        pids = stack.enter_context(
            stand.processes(
                started,
                environment | {"QUEUE": module},
                logs=on.folder,
                python=str(_PEERS / "bin" / "python"),
            )
        )
        stand.wait_until_it_answers(port, "/")
        peer = Peer(name, {**pids, **on.pids, **store.pids}, store.files, on, hooks)
        peer.caller = Caller(port, "/jobs", b"{}", _JSON)
        yield peer


def _durable_stand(
    stack: ExitStack, storage: Storage
) -> tuple[stand.Servers, Store, Sink, dict[str, str]]:
    """Set up what the durable job needs, and say where it is."""
    secret = signature.new_secret()
    on = stack.enter_context(stand.servers())
    store = stack.enter_context(stores.opened(storage, on.folder))
    hooks = stack.enter_context(sink.listening(secret))
    environment = {
        "DATABASE": on.database_url,
        "BROKER": on.broker_url,
        "STORAGE": store.address,
        "SINK": hooks.url,
        "SECRET": secret,
    }
    return on, store, hooks, environment


def _gunicorn(port: int, app: str) -> list[str]:
    return f"gunicorn -w 2 --threads 8 -b 127.0.0.1:{port} --no-control-socket {app}".split()


@contextmanager
def tutorial_celery() -> Iterator[TutorialCelery]:
    """Start its web server and its workers."""
    with stand.servers() as on, ExitStack() as stack:
        files, port = on.folder / "files", ports.choose([])
        files.mkdir()
        started = {
            "web": _gunicorn(port, "tests.benchmarks.tutorial:app"),
            "worker": ["celery", "--app", "tests.benchmarks.tutorial:celery", "worker", "-c", "2"],
        }
        environment = {"BROKER": on.broker_url, "FOLDER": str(files)}
        pids = stack.enter_context(stand.processes(started, environment, logs=on.folder))
        stand.wait_until_it_answers(port, "/")
        body = json.dumps({"prompt": "a red fox"}).encode()
        caller = Caller(port, "/jobs", body, _JSON)
        yield TutorialCelery({**pids, "valkey": on.pids["valkey"]}, files, caller)


def _wait_for_hooks(hooks: Sink, count: int) -> None:
    until = time.monotonic() + _PATIENCE
    while hooks.counts()["different"] < count:
        assert time.monotonic() < until, hooks.counts()
        time.sleep(0.05)


def _check_hooks(hooks: Sink, count: int) -> None:
    counts = hooks.counts()
    assert counts == {"came": count, "different": count, "unsigned": 0}, counts
