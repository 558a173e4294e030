"""The one HTTP client of all vendor adapters: it says what is known after a request went wrong.

A POST hands over work that costs money, so nothing is ever sent twice in here: no retries, no
redirects. What failed while connecting was never sent (:class:`NotSubmitted`). What failed later
may have arrived: after a POST that is :class:`OutcomeUnknown`, after anything else it is
:class:`ProviderUnavailable`, for asking again is free.
"""

import json
import math
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationValueError
from urllib3.filepost import encode_multipart_formdata
from urllib3.util import parse_url

from shared import clock
from shared.errors import (
    NotSubmitted,
    OutcomeUnknown,
    ProviderBusy,
    ProviderLostJob,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderUnavailable,
    ServiceError,
)

# The fields of a form: of a file, its name, its bytes and its type.
Form = Sequence[tuple[str, str | tuple[str, bytes, str]]]

_LONGEST_RETRY_AFTER = 600.0
_ERROR_BYTES = 65_536
_EXCERPT = 500
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Reply:
    """An answer that came in whole. Of a refusal, only the beginning of the body is kept."""

    method: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the provider did what it was asked."""
        return 200 <= self.status < 300

    def document(self) -> dict[str, Any]:
        """Return the JSON object in the body; without one, the answer counts as lost."""
        found = self.peek()
        if found is None:
            raise lost(self.method, f"The answer with status {self.status} is no JSON object.")
        return found

    def peek(self) -> dict[str, Any] | None:
        """Return the JSON object in the body, if there is one."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


class Client:
    """Sends requests; several threads may use it at the same time.

    ``read_seconds`` bounds each silence, ``deadline_seconds`` the time from the first byte sent
    to the last one read.
    """

    def __init__(
        self,
        *,
        connect_seconds: float = 5.0,
        read_seconds: float = 30.0,
        deadline_seconds: float = 60.0,
        max_bytes: int = 32 * 1024 * 1024,
        connections: int = 64,
    ) -> None:
        self._timeout = urllib3.Timeout(connect=connect_seconds, read=read_seconds)
        self._max_bytes = max_bytes
        self._pool_classes = _pool_classes(read_seconds, deadline_seconds)
        self._tls = ssl.create_default_context()
        self._tls.sslsocket_class = _TlsSocket
        self._kept = self._pools(connections)

    def get(self, url: str, *, headers: Mapping[str, str]) -> Reply:
        """Read something."""
        return self._ask(self._kept, "GET", url, headers, None)

    def put(self, url: str, *, headers: Mapping[str, str]) -> Reply:
        """Ask for something that may be asked for twice."""
        return self._ask(self._kept, "PUT", url, headers, None)

    def post(self, url: str, *, headers: Mapping[str, str], document: Any) -> Reply:
        """Hand over a JSON document, once.

        On a connection of its own: one that was kept may be closed by the other side at any
        moment, and a POST that met its end could not be told from one that was taken.
        """
        body = json.dumps(document).encode()
        with self._pools(1) as fresh:
            return self._ask(
                fresh, "POST", url, {**headers, "Content-Type": "application/json"}, body
            )

    def post_form(self, url: str, *, headers: Mapping[str, str], fields: Form) -> Reply:
        """Hand over a form (multipart/form-data), once; likewise on a connection of its own."""
        body, kind = encode_multipart_formdata(list(fields))
        with self._pools(1) as fresh:
            return self._ask(fresh, "POST", url, {**headers, "Content-Type": kind}, body)

    def close(self) -> None:
        """Close the connections that are kept."""
        self._kept.clear()

    def _pools(self, connections: int) -> urllib3.PoolManager:
        pools = urllib3.PoolManager(
            retries=False,
            timeout=self._timeout,
            maxsize=connections,
            ssl_context=self._tls,
        )
        pools.pool_classes_by_scheme = self._pool_classes
        return pools

    def _ask(
        self,
        pools: urllib3.PoolManager,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Reply:
        try:
            response = pools.request(
                method, url, body=body, headers=dict(headers), redirect=False, preload_content=False
            )
            with response:
                content = self._read(method, response)
        except LocationValueError as error:
            raise NotSubmitted(f"The provider's address is none: {error}") from error
        except (HTTPError, OSError) as error:
            raise lost(method, f"{type(error).__name__}: {error}") from error
        return Reply(method, response.status, response.headers, content)

    def _read(self, method: str, response: urllib3.BaseHTTPResponse) -> bytes:
        if not 200 <= response.status < 300:
            # The status alone says enough: a refusal is one even if its text breaks off.
            try:
                return response.read(_ERROR_BYTES)
            except (HTTPError, OSError):
                return b""
        length = response.headers.get("Content-Length", "")
        announced = int(length) if length.isdecimal() and len(length) < 20 else 0
        content = b"" if announced > self._max_bytes else response.read(self._max_bytes + 1)
        if max(announced, len(content)) > self._max_bytes:
            too_large = f"The answer is larger than {self._max_bytes} bytes."
            raise lost(method, too_large) if method == "POST" else ProviderMisbehaved(too_large)
        return content


def lost(method: str, message: str) -> ServiceError:
    """Return the error for an answer that did not come, or cannot be read."""
    return OutcomeUnknown(message) if method == "POST" else ProviderUnavailable(message)


def refusal(reply: Reply, *, says: str = "", is_ticket: bool = False) -> ServiceError | None:
    """Return the error that a status stands for, or nothing if it is a success.

    ``says`` is the provider's own explanation. ``is_ticket`` means that the address is that of
    an order which the provider has taken.
    """
    message = f"The provider answered {reply.status}{': ' if says else '.'}{says[:_EXCERPT]}"
    wait = retry_after(reply.headers, clock.now())
    match reply.status:
        case status if reply.is_success:
            return None
        case 401 | 402 | 403:
            return ProviderMisconfigured(message)
        case 404 if is_ticket:
            return ProviderLostJob(message)
        case 429:
            return ProviderBusy(message, retry_after=wait)
        case status if 400 <= status < 500 and status != 408:
            return ProviderRefused(message)
    if reply.method == "POST":
        # A time-out, a failure behind a gateway, an address to look at: it may have been taken.
        return OutcomeUnknown(message)
    if 300 <= reply.status < 400:
        return ProviderMisbehaved(message)
    return ProviderUnavailable(message, retry_after=wait)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read how many seconds to wait from ``Retry-After``: a number or a date, within reason."""
    text = headers.get("Retry-After", "").strip()
    try:
        seconds = float(text) if text[:1].isdigit() else _seconds_until(text, now)
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)


def _seconds_until(text: str, now: datetime) -> float:
    moment = parsedate_to_datetime(text)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()


def origin(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port of an address, read as the client itself reads it."""
    try:
        parts = parse_url(url)
    except HTTPError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.host:
        return None
    return parts.scheme, parts.host, parts.port or _DEFAULT_PORTS[parts.scheme]


class _PlainSocket(socket.socket):
    """A socket whose every step ends at one moment, however slowly the bytes drip in."""

    until = math.inf

    def recv_into(self, *args: Any, **rest: Any) -> int:
        _shorten(self, self.until)
        return super().recv_into(*args, **rest)


class _TlsSocket(ssl.SSLSocket):
    """The same, encrypted."""

    until = math.inf

    def recv_into(self, *args: Any, **rest: Any) -> int:
        _shorten(self, self.until)
        return super().recv_into(*args, **rest)


def _shorten(sock: socket.socket, until: float) -> None:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("The deadline has passed.")
    if left < (sock.gettimeout() or math.inf):
        sock.settimeout(left)


def _pool_classes(read_seconds: float, deadline_seconds: float) -> dict[str, Any]:
    """Return urllib3's pools with connections that tell what was sent, and that have an end."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            found = super()._new_conn()
            seconds = found.gettimeout()
            timed = _PlainSocket(fileno=found.detach())
            timed.settimeout(seconds)
            return timed

        def connect(self) -> None:
            with _nothing_sent():
                super().connect()

        def request(self, *args: Any, **rest: Any) -> None:
            if self.sock is None:
                self.connect()
            if isinstance(self.sock, _PlainSocket | _TlsSocket):
                self.sock.until = time.monotonic() + deadline_seconds
            super().request(*args, **rest)

        def send(self, data: Any) -> None:
            # urllib3 would give sending only as long as connecting.
            self.sock.settimeout(read_seconds)
            super().send(data)

    class Tls(Plain, HTTPSConnection):
        """The certificate is checked as always."""

    class Pool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Tls

    return {"http": Pool, "https": TlsPool}


@contextmanager
def _nothing_sent() -> Iterator[None]:
    """Around connecting: whatever goes wrong in here, no byte of the request has left."""
    try:
        yield
    except (HTTPError, OSError, ValueError) as error:
        raise NotSubmitted(f"The provider was not reached: {error}") from error
