"""The folder that one Limner lives in: its parts, its secrets, and the lock that guards it."""

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.embedded.errors import HomeInUse, HomeUnusable
from deploy.embedded.folder import state
from deploy.embedded.folder.files import open_private, read_json, write_private

# A look by `limner status` holds the lock for an instant; that is no reason to give up.
LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Secrets:
    """What only the parts of this Limner know; made once, kept with the data."""

    database_password: str
    broker_password: str
    secret_key: str
    flower_password: str


@dataclass(frozen=True)
class Home:
    """Where everything of one Limner lies."""

    path: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Home":
        """Return the folder that the environment names, or ``.limner`` here."""
        return cls(Path(environment.get("LIMNER_HOME") or ".limner").absolute())

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    @property
    def storage(self) -> Path:
        return self.path / "storage"

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def own_log(self) -> Path:
        return self.log / "limner.log"

    @property
    def state(self) -> Path:
        return self.path / "run" / "state.json"

    @property
    def _ports(self) -> Path:
        return self.path / "run" / "ports.json"

    @property
    def runtime_env(self) -> Path:
        return self.path / "runtime.env"

    @property
    def demo_env(self) -> Path:
        return self.path / "demo.env"

    @property
    def _lock(self) -> Path:
        return self.path / "run" / "lock"

    def make(self) -> None:
        """Make the folder and its parts, as far as they are missing."""
        # Postgres cannot run as root: its account must pass through here, and may not look around.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        try:
            if not self.path.is_dir():
                self.path.mkdir(parents=True)
                self.path.chmod(mode)
            for part in (self.valkey, self.storage, self.log, self.path / "run"):
                part.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise HomeUnusable(self.path, error.strerror or str(error)) from error

    def secrets(self) -> Secrets:
        """Return the secrets, made on first use."""
        path = self.path / "secrets.json"
        if not path.exists():
            fresh = Secrets(*(secrets.token_urlsafe(size) for size in (24, 24, 32, 12)))
            write_private(path, json.dumps(asdict(fresh), indent=2) + "\n", durable=True)
        try:
            return Secrets(**(read_json(path) or {}))
        except TypeError as error:
            raise HomeUnusable(self.path, "secrets.json is damaged") from error

    def last_ports(self) -> dict[str, int]:
        """Return the ports of the last run by name."""
        found = read_json(self._ports) or {}
        return {name: port for name, port in found.items() if isinstance(port, int)}

    def remember_ports(self, used: Mapping[str, int]) -> None:
        """Keep the ports of this run, to take them again."""
        write_private(self._ports, json.dumps({**self.last_ports(), **used}) + "\n")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep the folder for us alone; the kernel frees it however we end."""
        with _opened(self._lock) as lock:
            deadline = time.monotonic() + LOOK_SECONDS
            while not _try(lock, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    raise self._in_use()
                time.sleep(0.02)
            yield

    def _in_use(self) -> HomeInUse:
        holder = state.load(self.state)
        if holder is None:
            return HomeInUse(self.path, None, None)
        return HomeInUse(self.path, holder.pid, holder.api_url)

    def is_kept(self) -> bool:
        """Tell whether a Limner runs here now."""
        if not self._lock.exists():
            return False
        with _opened(self._lock) as lock:
            return not _try(lock, fcntl.LOCK_SH)


@contextlib.contextmanager
def _opened(lock: Path) -> Iterator[int]:
    try:
        descriptor = open_private(lock, os.O_RDWR)
    except OSError as error:
        raise HomeUnusable(lock.parent.parent, error.strerror or str(error)) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _try(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
