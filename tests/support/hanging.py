"""A server that takes connections and never says a word."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Hanging:
    """Such a server on loopback; ``asked`` counts who has come."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self._take)
        self._thread.start()

    @property
    def redis_url(self) -> str:
        """Its address, for those who take it for Redis."""
        return f"redis://127.0.0.1:{self._server.getsockname()[1]}/0"

    @property
    def asked(self) -> int:
        """How many connections there were."""
        return len(self._connections)

    def close(self) -> None:
        """Hang up."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for one in [self._server, *self._connections]:
            one.close()

    def _take(self) -> None:
        while True:
            try:
                self._connections.append(self._server.accept()[0])
            except OSError:
                return


@contextmanager
def hanging() -> Iterator[Hanging]:
    """Run one for as long as the context lasts."""
    server = Hanging()
    try:
        yield server
    finally:
        server.close()
