"""What is measured, set up: durable servers, and Limner's processes as the Procfile has them."""

import http.client
import os
import secrets
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from honcho.environ import parse_procfile

from deploy.embedded import ports
from deploy.embedded.servers.postgres import Postgres
from deploy.embedded.servers.valkey import Valkey
from shared import settings
from shared.accounts import keys
from shared.db import migrate
from shared.ground import Ground

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Servers:
    """A Postgres that syncs every commit, and a Valkey; and a folder beside them."""

    folder: Path
    database_url: str
    broker_url: str
    pids: Mapping[str, int]


@contextmanager
def servers() -> Iterator[Servers]:
    """Start both in a folder of their own, and remove it in the end."""
    password = secrets.token_urlsafe(16)
    with tempfile.TemporaryDirectory(prefix="limner-bench-") as name:
        folder = Path(name)
        # As root, Postgres runs as somebody else, who must be able to reach its data.
        folder.chmod(0o711)
        postgres = Postgres(
            folder / "postgres", log=folder / "postgres.log", port=None, password=password
        )
        valkey = Valkey(folder / "valkey", log=folder / "valkey.log", port=None, password=password)
        with postgres, valkey:
            assert postgres.pid is not None
            assert valkey.pid is not None
            pids = {"postgres": postgres.pid, "valkey": valkey.pid}
            yield Servers(folder, postgres.url, valkey.url, pids)


@contextmanager
def processes(
    commands: Mapping[str, Sequence[str]],
    environment: Mapping[str, str],
    *,
    logs: Path,
    python: str = sys.executable,
) -> Iterator[dict[str, int]]:
    """Run Python modules, given as name -> arguments, each with its log; yields their pids."""
    ours = {name: text for name, text in os.environ.items() if not name.startswith("LIMNER_")}
    ours |= {"PYTHONPATH": str(ROOT), **environment}
    with ExitStack() as stack:
        started = {}
        for name, arguments in commands.items():
            log = stack.enter_context((logs / f"{name}.log").open("wb"))
            started[name] = subprocess.Popen(
                [python, "-m", *arguments], cwd=ROOT, env=ours, stdout=log, stderr=log
            )
            stack.callback(_end, started[name])
        yield {name: one.pid for name, one in started.items()}


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=40)
    except subprocess.TimeoutExpired:
        root = psutil.Process(process.pid)
        for one in [*root.children(recursive=True), root]:
            one.kill()
        process.wait()


def commands(*names: str, **other: str) -> dict[str, list[str]]:
    """Return these of the Procfile's commands, with some words replaced."""
    found = parse_procfile((ROOT / "Procfile").read_text(encoding="utf-8")).processes
    return {name: [other.get(word, word) for word in shlex.split(found[name])] for name in names}


@contextmanager
def ground(on: Servers, **other: str) -> Iterator[tuple[Ground, dict[str, str]]]:
    """Migrate a database and open the ground on it; yields it with its environment."""
    environment = {
        "LIMNER_DATABASE_URL": on.database_url,
        "LIMNER_BROKER_URL": on.broker_url,
        "LIMNER_STORAGE_URL": f"folder://{on.folder}/storage",
        "LIMNER_PORT": str(port := ports.choose([])),
        "LIMNER_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LIMNER_SECRET_KEY": secrets.token_urlsafe(32),
        "LIMNER_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
        "LIMNER_PROVIDER_ALLOW_NETWORKS": "127.0.0.0/8",
        "LIMNER_LOG_LEVEL": "WARNING",
    } | other
    found = Ground.open(settings.load(environment))
    try:
        migrate.upgrade(found.database)
        yield found, environment
    finally:
        found.close()


def open_account(here: Ground, *, places: int) -> tuple[str, str, str]:
    """Open an account with so many places; returns its id, a key and its webhook secret."""
    with here.transaction() as session:
        account = keys.open_account(session, "benchmark")
        account.concurrency = places
        _, key = keys.create(session, account, name="benchmark")
        return account.id, key, account.webhook_secret


def wait_until_it_answers(port: int, path: str, *, seconds: float = 60) -> None:
    """Wait until a server answers, whatever it says."""
    until = time.monotonic() + seconds
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            connection.getresponse().read()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        finally:
            connection.close()
