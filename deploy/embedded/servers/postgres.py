"""The embedded Postgres."""

import signal
from collections.abc import Mapping
from pathlib import Path
from subprocess import Popen

import psycopg
from psycopg import sql

from deploy.embedded.errors import CannotRun
from deploy.embedded.ports import LOOPBACK
from deploy.embedded.processes import leftovers
from deploy.embedded.processes.spawn import spawn
from deploy.embedded.servers import cluster, place
from deploy.embedded.servers.place import Place
from deploy.embedded.servers.server import Server

DATABASE = "limner"
_LOCK = "postmaster.pid"
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    # No file in /tmp: others could be there first, and paths of sockets are short.
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    # A logout may remove a user's shared memory (RemoveIPC) under a server that stays.
    "dynamic_shared_memory_type": "mmap",
    "log_line_prefix": "%m [%p] ",
}


class Postgres(Server):
    """A Postgres of our own with one database, its data kept between runs."""

    name = "Postgres"
    # Fast, then at once with repair at the next start, then by force.
    last_words = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

    def __init__(
        self,
        data: Path,
        *,
        log: Path,
        port: int | None,
        password: str,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data, log=log, port=port, password=password)
        self.settings = {**_SETTINGS, **(settings or {})}
        self._place: Place | None = None

    @property
    def url(self) -> str:
        """Where SQLAlchemy finds the database."""
        return (
            f"postgresql+psycopg://{cluster.USER}:{self.password}@{LOOPBACK}:{self.port}/{DATABASE}"
        )

    def _make_ready(self) -> None:
        self._place = place.find(self.data)
        if not cluster.exists(self._place):
            durable = self.settings.get("fsync") != "off"
            cluster.create(
                self._place,
                password=self.password,
                log=self.log,
                durable=durable,
                stopping=self._stopping,
            )

    def _spawn(self) -> Popen[bytes]:
        where = self._where()
        _clear_lock(where.data)
        settings = {**self.settings, "port": str(self.port)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        return spawn(
            [where.programs / "postgres", "-D", where.data, *options],
            log=self.log,
            death=signal.SIGINT,
            account=where.account,
        )

    def _answers(self) -> bool:
        if not _says_ready(self._where().data / _LOCK, self.pid):
            return False
        try:
            self._connect(DATABASE).close()
        except psycopg.OperationalError as error:
            return self._overcome(error)
        return True

    def _overcome(self, refusal: psycopg.OperationalError) -> bool:
        # A refused connection carries no code, only the server's (English) words.
        if "password authentication failed" in str(refusal):
            raise _other_password(self.data) from None
        if f'database "{DATABASE}" does not exist' not in str(refusal):
            return False
        self._create_database()
        return True

    def _create_database(self) -> None:
        with self._connect("postgres") as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=LOOPBACK,
            port=self.port,
            user=cluster.USER,
            password=self.password,
            dbname=database,
            autocommit=True,
            connect_timeout=10,
        )

    def _where(self) -> Place:
        assert self._place is not None, "start() finds it"
        return self._place


def _says_ready(lock: Path, pid: int | None) -> bool:
    """Tell whether this process wrote that it takes connections; asking it would fill its log."""
    try:
        lines = lock.read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _clear_lock(data: Path) -> None:
    """Remove the lock of a Postgres that was killed, once none of its processes is left.

    Postgres does so by itself unless the number in it now belongs to another process.
    """
    lock = data / _LOCK
    if lock.exists():
        orphans = leftovers.working_in(data, "postgres")
        leftovers.end(orphans, signal.SIGQUIT, patience=10)
        lock.unlink(missing_ok=True)


def _other_password(data: Path) -> CannotRun:
    return CannotRun(
        f"The database in {data} has another password than secrets.json: put the secrets.json "
        f"back that it was made with, or move the folder away to begin with an empty database."
    )
