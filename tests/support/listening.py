"""Somebody on this machine who counts who calls: nobody is to."""

import socket
import threading


class Listener:
    """Counts who connects to its address, which begins with ``url``."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.hits = 0
        self._thread = threading.Thread(target=self._count)
        self._thread.start()

    def _count(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                if connection.recv(16) == b"done":
                    return
                self.hits += 1

    def close(self) -> None:
        """Stop listening."""
        with socket.create_connection(self._socket.getsockname()) as connection:
            connection.sendall(b"done")
        self._thread.join()
        self._socket.close()
