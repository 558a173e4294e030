"""From where images are created by their address: pure."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

# As documented. Their own storage is this server's here.
KNOWN = (
    "*.s3.*.amazonaws.com",
    "*.s3.amazonaws.com",
    "s3.amazonaws.com",
    "*.blob.core.windows.net",
    "*.r2.dev",
    "www.dropbox.com",
    "storage.googleapis.com",
    "drive.google.com",
    "1drv.ms",
)
_PORTS = {"http": 80, "https": 443}


def is_allowed(address: str, *, servers: Iterable[str], patterns: Iterable[str]) -> bool:
    """Say whether this is an address of a known host, of one of these servers, or fits a pattern.

    ``servers`` are addresses themselves; a pattern is a host, and may end in a port.
    """
    found = _place(address)
    if found is None:
        return False
    host, port, is_usual = found
    if any(_place(one) == found for one in servers):
        return True
    names = {f"{host}:{port}", host} if is_usual else {f"{host}:{port}"}
    return any(fnmatchcase(name, one) for one in (*KNOWN, *patterns) for name in names)


def _place(address: str) -> tuple[str, int, bool] | None:
    """Return host, port, and whether that is the usual one; nothing if it is no such address."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        return None
    usual = _PORTS[parts.scheme]
    return parts.hostname, port or usual, port in {None, usual}
