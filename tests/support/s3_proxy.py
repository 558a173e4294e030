"""A proxy before an S3 server, which can answer in its place, and cut connections."""

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect"}
_SECONDS = 30


class Fault(StrEnum):
    """What goes wrong with every request."""

    INTERNAL_ERROR = "500 InternalError"
    SLOW_DOWN = "503 SlowDown"
    CUT_BEFORE = "cut before it was passed on"
    CUT_WITHIN = "cut when half of it was passed on"
    CUT_AFTER = "cut before its answer"


class S3Proxy:
    """Passes everything on, unless a fault is set."""

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target).netloc
        self.fault: Fault | None = None
        self.struck: Counter[str] = Counter()
        self.url = ""


@contextmanager
def proxying(target: str) -> Iterator[S3Proxy]:
    """Listen on a free loopback port."""
    proxy = S3Proxy(target)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.proxy = proxy
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    proxy: S3Proxy

    def handle_error(self, *_: object) -> None:
        pass  # a caller that was killed in the middle is what this is for


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS
    server: _Server

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._pass_on
        raise AttributeError(name)

    def _pass_on(self) -> None:
        proxy = self.server.proxy
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size)
        if len(body) < size:
            self.close_connection = True
        elif (fault := proxy.fault) is None:
            self._answer(*_ask(proxy.target, self, body))
        else:
            proxy.struck[fault] += 1
            self._strike(fault, body)

    def _strike(self, fault: Fault, body: bytes) -> None:
        match fault:
            case Fault.INTERNAL_ERROR | Fault.SLOW_DOWN:
                status, code = fault.split()
                text = f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode()
                self._answer(int(status), [("Content-Type", "application/xml")], text)
                return
            case Fault.CUT_WITHIN:
                _ask_half(self.server.proxy.target, self, body)
            case Fault.CUT_AFTER:
                _ask(self.server.proxy.target, self, body)
        self.close_connection = True

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        has_body = self.command != "HEAD"
        if has_body:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if has_body:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _ask(
    target: str, request: BaseHTTPRequestHandler, body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = _begin(target, request, len(body))
    try:
        connection.send(body)
        answer = connection.getresponse()
        kept = _HOP_BY_HOP - ({"content-length"} if request.command == "HEAD" else set())
        headers = [one for one in answer.getheaders() if one[0].lower() not in kept]
        return answer.status, headers, answer.read()
    finally:
        connection.close()


def _ask_half(target: str, request: BaseHTTPRequestHandler, body: bytes) -> None:
    connection = _begin(target, request, len(body))
    connection.send(body[: len(body) // 2])
    connection.close()


def _begin(target: str, request: BaseHTTPRequestHandler, size: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(target, timeout=_SECONDS)
    connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
    # With its Host as it came: that is what was signed.
    for name, value in request.headers.items():
        if name.lower() not in _HOP_BY_HOP:
            connection.putheader(name, value)
    connection.putheader("Content-Length", str(size))
    connection.endheaders()
    return connection
