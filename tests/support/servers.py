"""The servers that tests talk to, from the same wheels as `limner up`."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.servers.postgres import Postgres
from deploy.embedded.servers.valkey import Valkey


@dataclass(frozen=True)
class Servers:
    """Where Postgres and Valkey are."""

    database_url: str
    broker_url: str


@contextmanager
def running() -> Iterator[Servers]:
    """Start Postgres and Valkey in a folder of their own, and remove it in the end."""
    with tempfile.TemporaryDirectory(prefix="limner-tests-") as name:
        folder = Path(name)
        # As root, Postgres runs as somebody else, who must be able to reach its data.
        folder.chmod(0o711)
        with _running_in(folder) as servers:
            yield servers


@contextmanager
def _running_in(folder: Path) -> Iterator[Servers]:
    password = secrets.token_urlsafe(16)
    # Without fsync: nobody needs these data after a power cut.
    unsafe = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    postgres = Postgres(
        folder / "postgres",
        log=folder / "postgres.log",
        port=None,
        password=password,
        settings=unsafe,
    )
    valkey = Valkey(folder / "valkey", log=folder / "valkey.log", port=None, password=password)
    with postgres, valkey:
        yield Servers(postgres.url, valkey.url)
