"""The one guarded door to addresses that callers give us.

A name is resolved once, every address behind it is checked, and the connection goes to an address
that was checked: so a name that changes between check and call gains nothing. Redirects are not
followed. Only public addresses pass, and the private networks that a setting allows.
"""

import ipaddress
import math
import socket
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, cast
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from shared.declaring import Network
from shared.errors import AddressRefused, FileTooLarge, Temporary

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SITE_LOCAL = ipaddress.ip_network("fec0::/10")
_EXCERPT_BYTES = 2_048
_of_thread = threading.local()
_CHUNK_BYTES = 256 * 1024
_IN_MEMORY_BYTES = 1024 * 1024
_CONNECTIONS_PER_HOST = 32
_REDIRECTS = urllib3.Retry(0, redirect=3, raise_on_redirect=True)


class ReceiverUnreachable(Temporary):
    """The address did not answer."""

    code = "receiver_unreachable"


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers, and the beginning of the body as text."""

    status: int
    headers: Mapping[str, str]
    excerpt: str


class _Deadline:
    """Cuts the connections that this thread uses meanwhile when the time is over.

    A time-out of a socket begins anew with each byte; who sends them slowly enough could hold us
    for ever.
    """

    def __init__(self, watchman: "_Watchman") -> None:
        self._watchman = watchman
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self.is_past = False

    def __enter__(self) -> "_Deadline":
        _of_thread.deadline = self
        self._watchman.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        _of_thread.deadline = None
        self._watchman.remove(self)
        with self._lock:
            for one in self._sockets:
                one.close()
            self._sockets.clear()

    def watch(self, connected: socket.socket) -> None:
        """Cut this connection too."""
        # A duplicate: TLS takes the original over, and a duplicate ends the same connection.
        duplicate = socket.fromfd(connected.fileno(), connected.family, connected.type)
        with self._lock:
            self._sockets.append(duplicate)
            if self.is_past:
                duplicate.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """Let the time be over."""
        with self._lock:
            self.is_past = True
            for one in self._sockets:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


class _Watchman:
    """Ends deadlines when their time has come: one thread for all of them.

    All take equally long, so the first that began is the first that ends.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends: dict[_Deadline, float] = {}
        self._changed = threading.Condition()
        self._is_on_watch = False

    def add(self, deadline: _Deadline) -> None:
        """End this one when its time has come."""
        with self._changed:
            self._ends[deadline] = time.monotonic() + self._seconds
            if not self._is_on_watch:
                self._is_on_watch = True
                threading.Thread(target=self._watch, name="deadlines", daemon=True).start()
            elif len(self._ends) == 1:
                self._changed.notify()

    def remove(self, deadline: _Deadline) -> None:
        """Forget this one."""
        with self._changed:
            self._ends.pop(deadline, None)

    def _watch(self) -> None:
        while True:
            self._next().cut()

    def _next(self) -> _Deadline:
        """Wait for the next deadline that is past, and take it off."""
        with self._changed:
            while True:
                first, end = next(iter(self._ends.items()), (None, math.inf))
                wait = end - time.monotonic()
                if first is not None and wait <= 0:
                    del self._ends[first]
                    return first
                self._changed.wait(None if first is None else wait)


class Outbound:
    """Calls addresses that callers named, under one rule of which may be reached."""

    def __init__(self, *, allow: Iterable[Network] = (), timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._watchman = _Watchman(timeout_seconds)
        self._pools = urllib3.PoolManager(
            num_pools=50,
            # As many as may call one host at once; with fewer, connections would be thrown away.
            maxsize=_CONNECTIONS_PER_HOST,
            timeout=urllib3.Timeout(total=timeout_seconds),
            retries=False,
        )
        self._pools.pool_classes_by_scheme = _guarded_pools(tuple(allow))

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a body once, and return what was answered, whatever the status.

        Raises :class:`AddressRefused` if the address may not be called, and
        :class:`ReceiverUnreachable` if no answer came in time.
        """
        try:
            with _Deadline(self._watchman) as deadline:
                return self._post(url, body, headers, deadline)
        except (HTTPError, OSError, ValueError) as error:
            raise ReceiverUnreachable(f"{type(error).__name__}: {error}") from error

    def _post(
        self, url: str, body: bytes, headers: Mapping[str, str], deadline: "_Deadline"
    ) -> Answer:
        response = self._pools.request(
            "POST",
            url,
            body=body,
            headers=dict(headers),
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        if deadline.is_past:
            # What was cut off looks like a short answer.
            raise ReceiverUnreachable("No whole answer came in time.")
        return Answer(response.status, response.headers, _beginning(response))

    @contextmanager
    def fetch(self, url: str, *, most_bytes: int) -> Iterator[BinaryIO]:
        """Download a file, and open it at its beginning; it is gone when the block ends.

        Raises :class:`AddressRefused`, :class:`FileTooLarge`, and :class:`ReceiverUnreachable` if
        it does not come, or not in time. Redirects are followed and checked like any address.
        """
        until = time.monotonic() + self._timeout_seconds
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as file:
            try:
                self._download(url, file, most_bytes=most_bytes, until=until)
            except (HTTPError, OSError, ValueError) as error:
                raise ReceiverUnreachable(f"{type(error).__name__}: {error}") from error
            file.seek(0)
            yield cast(BinaryIO, file)

    def _download(self, url: str, file: IO[bytes], *, most_bytes: int, until: float) -> None:
        response = self._pools.request(
            "GET", url, preload_content=False, redirect=True, retries=_REDIRECTS
        )
        try:
            if response.status != 200:
                raise ReceiverUnreachable(f"The file's address answered {response.status}.")
            for chunk in response.stream(_CHUNK_BYTES, decode_content=False):
                file.write(chunk)
                if file.tell() > most_bytes:
                    raise FileTooLarge(f"The file is larger than {most_bytes} bytes.")
                if time.monotonic() > until:
                    raise ReceiverUnreachable("The file did not come in time.")
        finally:
            response.close()


def _beginning(response: urllib3.BaseHTTPResponse) -> str:
    """Read the beginning of a body; the connection is kept for others if that was all of it."""
    try:
        excerpt = response.read(_EXCERPT_BYTES + 1)
    except (HTTPError, OSError):
        # The status is what counts; of the body we only wanted to see the beginning.
        response.close()
        return ""
    if len(excerpt) > _EXCERPT_BYTES:
        # What is left of the body is not ours to wait for.
        response.close()
    else:
        response.release_conn()
    return excerpt[:_EXCERPT_BYTES].decode("utf-8", "replace")


def may_be_reached(address: Address, allow: Iterable[Network]) -> bool:
    """Say whether an address is public, or in a network that is allowed."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return may_be_reached(inner, allow)
    if any(address in network for network in allow):
        return True
    is_special = address.is_multicast or address.is_reserved or address in _SITE_LOCAL
    return address.is_global and not is_special


def is_refused(url: str, allow: Iterable[Network]) -> bool:
    """Say whether an address names, in numbers, what may not be reached.

    Names are resolved when they are called, and not before: they may mean something else by then.
    """
    host = urlsplit(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not may_be_reached(address, allow)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for: mapped, 6to4 or NAT64."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _resolve(host: str, port: int, allow: tuple[Network, ...]) -> list[str]:
    """Return the addresses of a host, all of which may be reached, or raise."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    for address in addresses:
        if not may_be_reached(ipaddress.ip_address(address), allow):
            raise AddressRefused(f"{host} is at {address}, which may not be reached.")
    return addresses


def _guarded_pools(allow: tuple[Network, ...]) -> dict[str, Any]:
    """Return urllib3's pools with connections that check where they go."""

    class Guarded(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            try:
                addresses = _resolve(self._dns_host, self.port, allow)
            except socket.gaierror as error:
                raise NameResolutionError(self.host, self, error) from error
            connected = _connect(self, addresses)
            _watch(connected)
            return connected

        def request(self, *arguments: Any, **named: Any) -> None:
            if self.sock is not None:
                _watch(self.sock)
            super().request(*arguments, **named)

    class GuardedTls(Guarded, HTTPSConnection):
        """The certificate is still checked against the name, not the address."""

    class Pool(urllib3.HTTPConnectionPool):
        ConnectionCls = Guarded

    class TlsPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = GuardedTls

    return {"http": Pool, "https": TlsPool}


def _watch(connected: socket.socket) -> None:
    """Let this thread's deadline, if it has one, cut this connection."""
    deadline: _Deadline | None = getattr(_of_thread, "deadline", None)
    if deadline is not None:
        deadline.watch(connected)


def _connect(connection: HTTPConnection, addresses: list[str]) -> socket.socket:
    """Connect to the first address that answers."""
    failure: OSError | None = None
    for address in addresses:
        try:
            return create_connection(
                (address, connection.port),
                connection.timeout,
                source_address=connection.source_address,
                socket_options=connection.socket_options,
            )
        except OSError as error:
            failure = error
    raise NewConnectionError(connection, f"Cannot connect: {failure}")
