"""A web site: a small real HTTP server with files, that counts who asks for them."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """Its files by their paths, and how often each was asked for."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    is_silent: threading.Event = field(default_factory=threading.Event)

    def put(self, name: str, content: bytes) -> str:
        """Offer a file, and return its address."""
        self.files[f"/{name}"] = content
        return f"{self.url}/{name}"


@contextmanager
def online() -> Iterator[Site]:
    """Listen on a free loopback port."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked[self.path] += 1
            while site.is_silent.is_set():
                time.sleep(0.01)
            content = site.files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.is_silent.clear()
        server.shutdown()
        server.server_close()
        thread.join()
