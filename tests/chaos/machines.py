"""Every part of a Limner under test, each a process of its own, as the Procfile has them."""

import os
import secrets
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import redis
import urllib3

from deploy.embedded import ports
from deploy.embedded.servers.postgres import Postgres
from deploy.embedded.servers.server import Server
from deploy.embedded.servers.valkey import Valkey
from shared import settings
from shared.accounts import keys
from shared.db import migrate
from shared.ground import Ground
from shared.webhooks import endpoints
from shared.webhooks.endpoints import Wish
from tests.chaos import storages
from tests.chaos.programs import ROOT, Program
from tests.chaos.receiver import Receiver
from tests.chaos.storages import Storage
from tests.support.emulator import Emulator, running
from tests.support.patience import eventually

# All that an endpoint is told of a job, but for its progress, which is not told to the last.
_TOLD = ("job.queued", "job.started", "job.succeeded", "job.failed", "job.canceled")
IMAGE_WORKERS = ("image-1", "image-2")
_CELERY = (sys.executable, "-m", "celery", "--app")
_WORKER = ("--pool", "threads", "--concurrency", "8", "--without-gossip", "--without-mingle")


@dataclass
class Machines:
    """All that runs, and how it is reached."""

    folder: Path
    postgres: Postgres
    valkey: Valkey
    provider: Emulator
    receiver: Receiver
    storage: Storage
    environment: Mapping[str, str]
    programs: dict[str, Program] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)

    @property
    def api_url(self) -> str:
        """Where the API listens."""
        return self.environment["LIMNER_PUBLIC_URL"]

    def ground(self) -> Ground:
        """Open a ground on these servers, to look at it from outside."""
        return Ground.open(settings.load(self.environment))

    def flush_broker(self) -> None:
        """Forget all that the broker holds."""
        with redis.Redis.from_url(self.valkey.url) as client:
            client.flushall()


def kill_server(server: Server) -> None:
    """Kill a server with all its processes; its watch starts it again at the same address."""
    if server.pid is None:
        return
    with suppress(psutil.NoSuchProcess):
        leader = psutil.Process(server.pid)
        # The leader first: Postgres' own would mend itself if one of its children died alone.
        for process in [leader, *leader.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.kill()


@contextmanager
def running_in_chaos(*, seed: int, storage: str, accounts: int = 3) -> Iterator[Machines]:
    """Start everything, and stop it in the end."""
    with ExitStack() as stack:
        name = tempfile.mkdtemp(prefix="limner-chaos-")
        folder = Path(name)
        folder.chmod(0o711)  # as root, Postgres runs as somebody else
        machines = _servers(stack, folder, seed, storage)
        _prepare(machines, accounts)
        stack.callback(_stop_all, machines)
        over = threading.Event()
        for program in _programs(machines):
            machines.programs[program.name] = program
            program.start()
        keeper = threading.Thread(target=_look_after, args=(machines, over), daemon=True)
        keeper.start()
        stack.callback(over.set)
        assert eventually(lambda: _is_ready(machines), 60), "the API does not answer"
        yield machines


def _servers(stack: ExitStack, folder: Path, seed: int, kind: str) -> Machines:
    password = secrets.token_urlsafe(16)
    postgres = Postgres(
        folder / "postgres", log=folder / "postgres.log", port=None, password=password
    )
    valkey = Valkey(folder / "valkey", log=folder / "valkey.log", port=None, password=password)
    stack.enter_context(postgres)
    stack.enter_context(valkey)
    provider = stack.enter_context(running(seconds=0.3, seconds_to=4.0, seed=seed))
    receiver = Receiver()
    stack.callback(receiver.down)
    storage = stack.enter_context(storages.opened(kind, folder))
    port = ports.choose([])
    ours = {
        "LIMNER_DATABASE_URL": postgres.url,
        "LIMNER_BROKER_URL": valkey.url,
        **storage.environment,
        "LIMNER_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LIMNER_PORT": str(port),
        "LIMNER_WEB_PROCESSES": "2",
        "LIMNER_WEB_THREADS": "16",
        "LIMNER_SECRET_KEY": secrets.token_urlsafe(32),
        "LIMNER_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
        "LIMNER_PROVIDER_ALLOW_NETWORKS": "127.0.0.0/8",
        "LIMNER_FAL_KEY": provider.key,
        "LIMNER_FAL_QUEUE_URL": provider.url,
        "LIMNER_FAL_API_URL": provider.api_url,
        "LIMNER_LOST_ANSWER_SECONDS": "8",
        "LIMNER_WEBHOOK_TIMEOUT": "5",
    }
    theirs = {name: value for name, value in os.environ.items() if "LIMNER" not in name}
    environment = theirs | ours | {"PYTHONPATH": str(ROOT)}
    return Machines(folder, postgres, valkey, provider, receiver, storage, environment)


def _prepare(machines: Machines, accounts: int) -> None:
    ground = machines.ground()
    migrate.upgrade(ground.database)
    with ground.transaction() as session:
        for number in range(accounts):
            account = keys.open_account(session, f"chaos-{number}")
            machines.keys.append(keys.create(session, account, name="chaos")[1])
            if number == 0:
                wish = Wish(url=machines.receiver.endpoint_url, events=_TOLD)
                endpoints.create(session, account.id, wish, most=1)
    ground.close()


def _programs(machines: Machines) -> Iterator[Program]:
    commands = {
        "web": (sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "api.wsgi:app"),
        "beat": (*_CELERY, "workers.schedule", "beat"),
        "courier": _worker("courier", "webhook,maintenance"),
        **{name: _worker(name, "image") for name in IMAGE_WORKERS},
    }
    for name, command in commands.items():
        log = machines.folder / f"{name}.log"
        yield Program(name, command, machines.environment, log)


def _worker(name: str, queues: str) -> tuple[str, ...]:
    where = ("--queues", queues, "--hostname", f"{name}@%h")
    return (*_CELERY, "workers.app", "worker", *where, *_WORKER)


def _look_after(machines: Machines, over: threading.Event) -> None:
    while not over.wait(0.25):
        for program in machines.programs.values():
            program.revive()


def _stop_all(machines: Machines) -> None:
    for program in machines.programs.values():
        program.stop()


def _is_ready(machines: Machines) -> bool:
    try:
        return urllib3.request("GET", f"{machines.api_url}/readyz", retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False
