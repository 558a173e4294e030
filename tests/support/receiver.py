"""A webhook receiver: a small real HTTP server that keeps what it was sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came in, and what is answered: the statuses in turn, then 200.

    While ``is_free`` is not set, nothing is answered.
    """

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    is_free: threading.Event = field(default_factory=threading.Event)
    received: list[Received] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, seconds: float = 20) -> list[Received]:
        """Wait until so many requests have come, and return them."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.received) >= count, seconds), self.received
            return list(self.received)

    def take(self, one: Received) -> int:
        """Keep a request; returns the status to answer."""
        with self.news:
            self.received.append(one)
            self.news.notify_all()
            return self.statuses.pop(0) if self.statuses else 200


@contextmanager
def listening() -> Iterator[Receiver]:
    """Listen on a free loopback port."""
    receiver = Receiver()
    receiver.is_free.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.take(Received(self.path, headers, body))
            receiver.is_free.wait()
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.is_free.set()
        server.shutdown()
        server.server_close()
        thread.join()
