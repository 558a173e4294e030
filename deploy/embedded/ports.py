"""Which ports are free, and which one to take."""

import errno
import socket
from collections.abc import Iterable

from deploy.embedded.errors import CannotRun, PortTaken

LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether a server could listen there now."""
    return _obstacle(port, host) is None


def demand(port: int, host: str, what: str) -> int:
    """Return the port if a server may listen there; say why not otherwise."""
    if obstacle := _obstacle(port, host):
        raise PortTaken(what, port, obstacle)
    return port


def choose(
    preferred: Iterable[int | None], host: str = LOOPBACK, *, not_these: Iterable[int] = ()
) -> int:
    """Return the first of the preferred ports that is free, or else any that is."""
    taken = set(not_these)
    for port in preferred:
        if port and port not in taken and is_free(port, host):
            return port
    while (found := _any(host)) in taken:
        pass
    return found


def reachable(host: str) -> str:
    """Return the address under which this machine reaches a server that listens on ``host``."""
    return {"0.0.0.0": LOOPBACK, "": LOOPBACK, "::": "::1"}.get(host, host)  # noqa: S104


def _any(host: str) -> int:
    with socket.socket(_family(host)) as probe:
        _bind(probe, 0, host)
        port: int = probe.getsockname()[1]
        return port


def _obstacle(port: int, host: str) -> str | None:
    with socket.socket(_family(host)) as probe:
        probe.settimeout(0.5)
        # On macOS, an address can be bound beside a server that listens on all of them.
        if probe.connect_ex((reachable(host), port)) == 0:
            return "something else listens there"
    with socket.socket(_family(host)) as probe:
        try:
            _bind(probe, port, host)
        except PermissionError:
            return "this user may not listen on it"
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return "something else uses it"
    return None


def _bind(probe: socket.socket, port: int, host: str) -> None:
    # As servers do: a port that only old connections still hold counts as free.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise _no_such(host) from error
        raise


def _family(host: str) -> socket.AddressFamily:
    try:
        return socket.getaddrinfo(host or LOOPBACK, None)[0][0]
    except OSError as error:
        raise _no_such(host) from error


def _no_such(host: str) -> CannotRun:
    return CannotRun(f"{host} is not an address of this machine.")
