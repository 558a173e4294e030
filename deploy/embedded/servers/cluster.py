"""Making a new Postgres database cluster, whole or not at all."""

import shutil
import signal
import threading
from pathlib import Path
from subprocess import Popen, TimeoutExpired

from deploy.embedded.errors import (
    NO_SPACE_TEXT,
    CannotRun,
    DiskFull,
    OtherVersion,
    ServerFailed,
    StopAsked,
)
from deploy.embedded.folder.files import last_lines, size_of, write_private
from deploy.embedded.processes import group
from deploy.embedded.processes.spawn import spawn
from deploy.embedded.servers import place as places
from deploy.embedded.servers.binaries import POSTGRES_MAJOR
from deploy.embedded.servers.place import Place

USER = "limner"
_ROOM_NEEDED = 200 * 1024 * 1024


def exists(place: Place) -> bool:
    """Tell whether there is a cluster; refuse one that this Postgres cannot read."""
    version = place.data / "PG_VERSION"
    if not version.exists():
        return False
    found = version.read_text().strip()
    if found != str(POSTGRES_MAJOR):
        raise OtherVersion(place.data, found, POSTGRES_MAJOR)
    return True


def create(
    place: Place, *, password: str, log: Path, durable: bool, stopping: threading.Event
) -> None:
    """Make the cluster beside its place, and move it there in one step when it is whole."""
    place.data.parent.mkdir(parents=True, exist_ok=True)
    _demand_room(place.data)
    staging = place.staging
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700)
    places.own(staging, place.account)
    try:
        _initialise(place, password=password, log=log, durable=durable, stopping=stopping)
        _put_in_place(staging / "data", place.data)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _initialise(
    place: Place, *, password: str, log: Path, durable: bool, stopping: threading.Event
) -> None:
    secret = place.staging / "password"
    write_private(secret, password + "\n")
    places.own(secret, place.account)
    command: list[str | Path] = [
        place.programs / "initdb",
        f"--pgdata={place.staging / 'data'}",
        f"--username={USER}",
        f"--pwfile={secret}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        # The same order and case rules on every machine, without its locales.
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]
    said_before = size_of(log)
    process = spawn(command, log=log, death=signal.SIGKILL, account=place.account)
    _wait(process, stopping)
    if process.returncode != 0:
        raise _failure(place, log, last_lines(log, since=said_before))


def _wait(process: Popen[bytes], stopping: threading.Event) -> None:
    while True:
        try:
            process.wait(0.05)
        except TimeoutExpired:
            if not stopping.is_set():
                continue
            # With the single-user Postgres that it talks to.
            group.send(process.pid, signal.SIGKILL)
            process.wait()
            raise StopAsked from None
        return


def _failure(place: Place, log: Path, said: list[str]) -> CannotRun:
    if any(NO_SPACE_TEXT in line for line in said):
        return DiskFull(f"a new database in {place.data}")
    return ServerFailed("A new database could not be made", log, said)


def _demand_room(data: Path) -> None:
    free = shutil.disk_usage(data.parent).free
    if free < _ROOM_NEEDED:
        needed = f"{_ROOM_NEEDED >> 20} MB, and {free >> 20} MB are free"
        raise DiskFull(f"a new database in {data} ({needed})")


def _put_in_place(made: Path, data: Path) -> None:
    if data.is_dir() and any(data.iterdir()):
        message = f"{data} is neither empty nor a database: move it away and start again."
        raise CannotRun(message)
    made.rename(data)
