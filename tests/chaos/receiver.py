"""A webhook receiver that can be away: it counts what it was sent, by address and event."""

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OF_JOB, OF_ENDPOINT = "/job", "/endpoint"


class Receiver:
    """Listens on one port for as long as it is up."""

    def __init__(self) -> None:
        self.heard: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self.up()

    @property
    def url(self) -> str:
        """Where the webhooks of jobs are to be sent."""
        return f"http://127.0.0.1:{self._port}{OF_JOB}"

    @property
    def endpoint_url(self) -> str:
        """Where an account's endpoint is to be told."""
        return f"http://127.0.0.1:{self._port}{OF_ENDPOINT}"

    def up(self) -> None:
        """Listen, at the same address as before."""
        self._server = _Server(("127.0.0.1", self._port), _handler(self))
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def take(self, path: str, event_id: str) -> None:
        """Count one delivery."""
        with self._lock:
            self.heard[path, event_id] += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            receiver.take(self.path, self.headers["webhook-id"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
