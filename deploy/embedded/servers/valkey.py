"""The embedded Valkey."""

import signal
from pathlib import Path
from subprocess import Popen

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from deploy.embedded.folder.files import write_private
from deploy.embedded.ports import LOOPBACK
from deploy.embedded.processes import leftovers
from deploy.embedded.processes.spawn import spawn
from deploy.embedded.servers import binaries
from deploy.embedded.servers.server import Server

_LOCK = "valkey.pid"
# "everysec": a power cut may lose a second of messages, and the keeper rings those bells again.
_CONFIG = """\
bind {host}
port {port}
protected-mode yes
requirepass "{password}"
dir "{data}"
pidfile "{lock}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


class Valkey(Server):
    """A Valkey of our own whose data are kept between runs."""

    name = "Valkey"
    last_words = ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0))

    @property
    def url(self) -> str:
        """Where Celery finds it."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def _make_ready(self) -> None:
        self._program = binaries.valkey_server()
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _spawn(self) -> Popen[bytes]:
        lock = self.data / _LOCK
        if lock.exists():
            orphans = leftovers.working_in(self.data, "valkey-server")
            leftovers.end(orphans, signal.SIGTERM, patience=10)
            lock.unlink(missing_ok=True)
        # In a file, since everybody can read the arguments of a process.
        config = self.data / "valkey.conf"
        write_private(config, self._config())
        return spawn([self._program, config], log=self.log, death=signal.SIGTERM)

    def _config(self) -> str:
        return _CONFIG.format(
            host=LOOPBACK,
            port=self.port,
            password=self.password,
            data=_quoted(self.data),
            lock=_quoted(self.data / _LOCK),
        )

    def _answers(self) -> bool:
        client = redis.Redis(
            host=LOOPBACK,
            port=self.port,
            password=self.password,
            socket_timeout=5,
            # We ask again ourselves, sooner than its seconds of patience with a closed port.
            retry=Retry(NoBackoff(), 0),
        )
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
