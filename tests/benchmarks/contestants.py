"""Who is measured: Limner, the cheapest durable loop, and Celery as its tutorial has it."""

import json
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path

import psycopg
from sqlalchemy import text

from deploy.embedded import ports
from shared.ground import Ground
from shared.webhooks import signature
from tests.benchmarks import sink, stand
from tests.benchmarks.caller import Caller
from tests.benchmarks.costs import Meter
from tests.benchmarks.sink import Sink

_PATIENCE = 120.0
_JSON = {"Content-Type": "application/json"}


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
        files = [one for one in self._files.rglob("*.png") if one.stat().st_size > 40_000]
        assert len(files) == self.done, (len(files), self.done)

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


class CheapestLoop(Contestant):
    """The same promises kept by as little code as can be."""

    name = "cheapest loop"

    def __init__(
        self, children: list["subprocess.Popen[str]"], on: stand.Servers, hooks: Sink
    ) -> None:
        loops = {f"loop {number}": child.pid for number, child in enumerate(children)}
        super().__init__({**loops, **on.pids}, on.folder / "files")
        self._children, self._hooks, self._on = children, hooks, on

    def _carry_out(self, count: int, load: Load) -> None:
        children = self._children[:1] if load is Load.ALONE else self._children
        for position, child in enumerate(children):
            assert child.stdin is not None
            child.stdin.write(f"{len(range(position, count, len(children)))}\n")
            child.stdin.flush()
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "done\n"

    def check(self) -> None:
        """Look at files, webhooks and rows."""
        super().check()
        _check_hooks(self._hooks, self.done)
        address = self._on.database_url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(address) as connection:
            query = "SELECT count(*) FROM loop_jobs WHERE status = 'succeeded'"
            assert connection.execute(query).fetchone() == (self.done,)


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
def limner() -> Iterator[Limner]:
    """Start all of Limner."""
    with ExitStack() as stack:
        on = stack.enter_context(stand.servers())
        here, environment = stack.enter_context(stand.ground(on))
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
        yield Limner({**pids, **on.pids}, on.folder / "storage", here, caller, hooks)


@contextmanager
def cheapest_loop() -> Iterator[CheapestLoop]:
    """Start two processes of it."""
    secret = signature.new_secret()
    with stand.servers() as on, sink.listening(secret) as hooks, ExitStack() as stack:
        command = [
            *(sys.executable, "-m", "tests.benchmarks.loop", on.database_url, on.broker_url),
            *(str(on.folder / "files"), hooks.url, secret),
        ]
        children = [
            stack.enter_context(
                subprocess.Popen(
                    command,
                    cwd=stand.ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(2)
        ]
        yield CheapestLoop(children, on, hooks)
        for child in children:
            assert child.stdin is not None
            child.stdin.close()


@contextmanager
def tutorial_celery() -> Iterator[TutorialCelery]:
    """Start its web server and its workers."""
    with stand.servers() as on, ExitStack() as stack:
        files, port = on.folder / "files", ports.choose([])
        files.mkdir()
        started = {
            "web": f"gunicorn -w 2 --threads 8 -b 127.0.0.1:{port} --no-control-socket"
            " tests.benchmarks.tutorial:app".split(),
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
