"""The embedded parts: real servers and processes, started, killed and stopped."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redis

import deploy
from deploy.embedded import ports
from deploy.embedded.errors import HomeInUse, StopAsked
from deploy.embedded.folder import state
from deploy.embedded.folder.home import Home
from deploy.embedded.folder.state import ProcessState, State
from deploy.embedded.processes import leftovers
from deploy.embedded.processes.unprivileged import account_for, identity
from deploy.embedded.processes.watch import Watch
from deploy.embedded.servers.postgres import Postgres
from deploy.embedded.servers.valkey import Valkey

ROOT = Path(deploy.__file__).parent.parent
FAST = {"fsync": "off"}

WEB = """\
web: python -m http.server --bind 127.0.0.1 --directory site $PORT
flower: python -m http.server --bind 127.0.0.1 $LIMNER_FLOWER_PORT
"""
SLEEPER = "sleeper: python -c 'import time; time.sleep(600)'\n"
# Says so once it is deaf; what it starts is deaf as well.
DEAF = (
    "deaf: python -c 'import signal, subprocess, time; signal.signal(15, signal.SIG_IGN); "
    'subprocess.Popen(["sleep", "600"]); print("deaf now"); time.sleep(600)\'\n'
)
CRASHER = "crasher: python -c 'import sys; print(\"no luck today\"); sys.exit(7)'\n"

# `limner up` without what the rest of Limner must do before the first request.
UP = """\
import os, sys
from collections import namedtuple
from pathlib import Path
from deploy.embedded.processes.backoff import Pace
from deploy.embedded.errors import CannotRun
from deploy.embedded.options import Options
from deploy.embedded.up import up

Access = namedtuple("Access", "api_key webhook_secret")
options = Options(
    environment=dict(os.environ),
    port=int(sys.argv[1]),
    flower_port=int(sys.argv[2]),
    procfile=Path("Procfile"),
    timeout=float(sys.argv[3]),
    pace=Pace(first=0.05),
)
try:
    up(options, lambda environment: Access("the-key", "the-secret"))
except CannotRun as error:
    sys.exit(f"limner: {error}")
"""
COMMAND = "from deploy.cli.up import up; up()"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the unprivileged account may enter, where Postgres runs as one."""
    path = Path(tempfile.mkdtemp(prefix="limner-test-")).resolve()
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


def postgres_in(folder: Path, port: int | None = None) -> Postgres:
    return Postgres(
        folder / "pg", log=folder / "pg.log", port=port, password="secret", settings=FAST
    )


def valkey_in(folder: Path, port: int | None = None) -> Valkey:
    return Valkey(folder / "vk", log=folder / "vk.log", port=port, password="secret")


def ask(postgres: Postgres, query: str) -> list[tuple[object, ...]]:
    address = postgres.url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def eventually(truth: Callable[[], object], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(psycopg.Error, redis.RedisError, psutil.Error):
            if truth():
                return True
        time.sleep(0.02)
    return False


def test_postgres_keeps_its_data_and_its_port_between_runs(folder: Path) -> None:
    with postgres_in(folder) as first:
        ask(first, "CREATE TABLE kept AS SELECT 42 AS answer")

    with postgres_in(folder, port=first.port) as second:
        assert ask(second, "SELECT answer FROM kept") == [(42,)]
        assert second.port == first.port
    assert second.pid is None


def test_valkey_keeps_its_data_and_its_port_between_runs(folder: Path) -> None:
    with valkey_in(folder) as first, redis.Redis.from_url(first.url) as client:
        client.set("kept", "42")

    with valkey_in(folder, port=first.port) as second, redis.Redis.from_url(second.url) as client:
        assert client.get("kept") == b"42"
        assert second.port == first.port
    assert second.pid is None


def test_a_password_is_never_in_the_arguments_of_a_process(folder: Path) -> None:
    with valkey_in(folder) as valkey, postgres_in(folder) as postgres:
        for server in (valkey, postgres):
            assert "secret" not in " ".join(psutil.Process(server.pid).cmdline())


def test_a_server_that_was_killed_is_started_again_on_its_port(folder: Path) -> None:
    with postgres_in(folder) as postgres, valkey_in(folder) as valkey:
        before = postgres.url, valkey.url
        for server in (postgres, valkey):
            assert server.pid
            os.kill(server.pid, signal.SIGKILL)

        assert eventually(lambda: postgres.restarts == 1 and ask(postgres, "SELECT 1"))
        assert eventually(lambda: valkey.restarts == 1 and redis.Redis.from_url(valkey.url).ping())
        assert (postgres.url, valkey.url) == before


def test_postgres_starts_over_a_lock_whose_number_now_belongs_to_another_process(
    folder: Path,
) -> None:
    with postgres_in(folder):
        pass
    # Postgres itself gives up here: a process of its own account has that number.
    account = identity(account_for(folder / "pg"))
    with sleeping(**account) as stranger:
        (folder / "pg" / "postmaster.pid").write_text(f"{stranger.pid}\n{folder / 'pg'}\n0\n1\n")

        with postgres_in(folder) as postgres:
            assert ask(postgres, "SELECT 1") == [(1,)]

        assert stranger.poll() is None


def test_a_server_whose_port_was_taken_meanwhile_takes_another(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with valkey_in(folder, port=taken) as valkey, postgres_in(folder, port=taken) as postgres:
            assert taken not in (valkey.port, postgres.port)


def test_a_server_that_is_stopped_before_it_was_started_does_not_start(folder: Path) -> None:
    for server in (valkey_in(folder), postgres_in(folder)):
        server.stop()

        with pytest.raises(StopAsked):
            server.start()

        assert server.pid is None


def test_a_watch_that_is_ended_before_it_begins_starts_nothing() -> None:
    watch = Watch("nothing", lambda: pytest.fail("it was started"))
    watch.end([])

    watch.begin()

    assert eventually(lambda: watch.is_over)


def test_a_database_of_another_password_is_refused_in_words(folder: Path) -> None:
    with postgres_in(folder):
        pass
    stranger = postgres_in(folder)
    stranger.password = "another"

    with pytest.raises(Exception, match="another password"):
        stranger.start()

    assert stranger.pid is None


def test_a_folder_is_kept_by_one_only(folder: Path) -> None:
    home = Home(folder / "home")
    home.make()

    with home.locked():
        assert home.is_kept()
        with pytest.raises(HomeInUse), home.locked():
            pass
    assert not home.is_kept()


@contextlib.contextmanager
def sleeping(**options: Any) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"], **options) as process:
        yield process
        process.kill()


def test_leftovers_are_ended_and_strangers_are_not() -> None:
    marked = {**os.environ, leftovers.RUN_MARK: "an-earlier-run"}
    with sleeping(env=marked) as left, sleeping() as server, sleeping() as stranger:
        seen = tuple(
            ProcessState(
                name="server", pid=pid, started_at=since, restarts=0, state="running", server=True
            )
            for pid, since in (
                (server.pid, state.start_time(server.pid)),
                (stranger.pid, state.start_time(stranger.pid) - 60),
            )
        )
        earlier = State(
            run="an-earlier-run", pid=1, started_at=0, phase="ready", home="", processes=seen
        )

        assert leftovers.clear(earlier) == 2

        assert left.poll() is not None
        assert server.poll() is not None
        assert stranger.poll() is None


class Limner:
    """A `limner up` in a folder of its own."""

    def __init__(
        self, folder: Path, procfile: str, *, timeout: float = 30, **environment: str
    ) -> None:
        (folder / "Procfile").write_text(procfile)
        (folder / "site").mkdir(exist_ok=True)
        (folder / "site" / "readyz").write_text("ready")
        self.home = Home(folder / ".limner")
        self.output = folder / "output"
        self.port, self.flower_port = ports.choose([]), ports.choose([])
        with self.output.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", UP, str(self.port), str(self.flower_port), str(timeout)],
                cwd=folder,
                env=environment_of(folder, **environment),
                stdout=output,
                stderr=output,
            )

    def ready(self) -> "Limner":
        assert eventually(lambda: self.state().phase == "ready", 30), self.output.read_text()
        return self

    def starting(self) -> "Limner":
        assert eventually(lambda: self.state().phase == "starting"), self.output.read_text()
        return self

    def state(self) -> State:
        found = state.load(self.home.state)
        ours = found and found.pid == self.process.pid
        return found if found and ours else State(run="", pid=0, started_at=0, phase="", home="")

    def named(self, name: str) -> ProcessState:
        return next(one for one in self.state().processes if one.name == name)

    def tree(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def environment_of(folder: Path, **more: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LIMNER_")}
    return {**ours, "PYTHONPATH": str(ROOT), "LIMNER_HOME": str(folder / ".limner"), **more}


# The processes here speak to neither; what starts without them starts sooner.
ELSEWHERE = {"LIMNER_DATABASE_URL": "postgresql://x", "LIMNER_BROKER_URL": "redis://x"}


@pytest.fixture
def limner(folder: Path) -> Iterator[Callable[..., Limner]]:
    """Starts Limners, and ends those that a failed test has left."""
    started: list[Limner] = []

    def start(procfile: str, **options: Any) -> Limner:
        started.append(Limner(folder, procfile, **options))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.end()


def all_gone(tree: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in tree)


def test_everything_starts_and_sigterm_leaves_nothing(limner: Callable[..., Limner]) -> None:
    running = limner(WEB + SLEEPER).ready()
    tree = running.tree()
    names = {one.name for one in running.state().processes}

    assert names == {"postgres", "valkey", "web", "flower", "sleeper"}
    assert len(tree) > len(names)
    assert "the-key" in running.home.demo_env.read_text()
    assert running.home.demo_env.stat().st_mode & 0o077 == 0
    assert running.end() == 0
    assert all_gone(tree)
    assert not running.home.state.exists()


def test_a_supervisor_that_was_killed_leaves_nothing_to_the_next(
    limner: Callable[..., Limner],
) -> None:
    killed = limner(WEB + SLEEPER).ready()
    tree = killed.tree()
    killed.end(signal.SIGKILL)
    if sys.platform == "linux":
        assert eventually(lambda: all_gone(tree)), [one for one in tree if one.is_running()]

    following = limner(WEB + SLEEPER).ready()

    assert all_gone(tree)
    assert following.end() == 0


# In initdb, on a quiet machine; in the first start of Postgres; while we wait for the API.
@pytest.mark.parametrize("seconds", [0.0, 0.2, 0.6])
def test_a_stop_during_the_start_leaves_nothing(
    limner: Callable[..., Limner], seconds: float
) -> None:
    starting = limner(WEB + SLEEPER).starting()
    time.sleep(seconds)
    tree = starting.tree()

    assert starting.end(signal.SIGINT) == 0
    assert all_gone(tree)
    assert "Traceback" not in starting.output.read_text()


def test_a_process_that_was_killed_is_started_again(limner: Callable[..., Limner]) -> None:
    running = limner(WEB + SLEEPER, **ELSEWHERE).ready()
    first = running.named("sleeper").pid
    assert first
    os.kill(first, signal.SIGKILL)

    assert eventually(lambda: running.named("sleeper").restarts == 1)
    assert eventually(lambda: running.named("sleeper").pid not in (first, None))
    assert "sleeper ended by SIGKILL" in running.output.read_text()


def test_a_process_that_keeps_dying_ends_everything_and_is_named(
    limner: Callable[..., Limner],
) -> None:
    running = limner(WEB + CRASHER, **ELSEWHERE)

    assert running.process.wait(20) == 1
    said = running.output.read_text()
    assert (
        "limner: The process 'crasher' ended 5 times within 60 seconds (last with status 7)" in said
    )
    assert "| no luck today" in said.rpartition("limner: ")[2]
    assert "Traceback" not in said


def test_a_process_that_does_not_listen_is_killed_after_the_grace_time(
    limner: Callable[..., Limner],
) -> None:
    running = limner(WEB + DEAF, LIMNER_STOP_GRACE="1", **ELSEWHERE).ready()
    assert eventually(lambda: "deaf now" in running.output.read_text())
    tree = running.tree()
    began = time.monotonic()

    assert running.end() == 0
    assert 1 <= time.monotonic() - began < 5
    assert all_gone(tree)


def test_a_second_ctrl_c_does_not_wait(limner: Callable[..., Limner]) -> None:
    running = limner(WEB + DEAF, **ELSEWHERE).ready()
    assert eventually(lambda: "deaf now" in running.output.read_text())
    tree = running.tree()
    began = time.monotonic()

    running.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert running.process.poll() is None
    assert running.end(signal.SIGINT) == 0
    assert time.monotonic() - began < 5
    assert all_gone(tree)


def test_what_does_not_answer_in_time_is_named(limner: Callable[..., Limner]) -> None:
    # No site, no /readyz.
    running = limner(WEB.replace("site", "."), timeout=1, **ELSEWHERE)

    assert running.process.wait(15) == 1
    assert "limner: the API did not answer within" in running.output.read_text()


def test_a_port_that_is_taken_is_said_in_one_line(folder: Path) -> None:
    (folder / "Procfile").write_text(SLEEPER)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = command(folder, f"--port={port}")

    assert done.returncode == 1
    assert done.stderr == (
        f"limner: Port {port} for the API cannot be had: something else listens there.\n"
    )


def test_a_second_limner_in_the_same_folder_is_refused_in_one_line(
    limner: Callable[..., Limner], folder: Path
) -> None:
    running = limner(WEB, **ELSEWHERE).ready()

    done = command(folder)

    assert done.returncode == 1
    assert done.stderr == (
        f"limner: Limner is already running in {running.home.path} "
        f"(pid {running.process.pid}, http://127.0.0.1:{running.port}).\n"
    )


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=folder,
        env=environment_of(folder),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
