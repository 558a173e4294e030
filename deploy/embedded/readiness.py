"""Whether the API and Flower answer yet."""

import http.client
import threading
from dataclasses import dataclass, field

_PAUSE = 0.1
_PATIENCE = 5.0


@dataclass(kw_only=True)
class Readiness:
    """Asks again and again, in a thread, until both have answered."""

    host: str
    api_port: int
    flower_port: int | None
    missing: str | None = "the API"
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Readiness":
        threading.Thread(target=self._ask_until_ready, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def _ask_until_ready(self) -> None:
        while self.missing and not self._over.wait(_PAUSE):
            self.missing = self._first_missing()

    def _first_missing(self) -> str | None:
        if _status(self.host, self.api_port, "/readyz") != http.client.OK:
            return "the API"
        if self.flower_port and _status("127.0.0.1", self.flower_port, "/") is None:
            return "Flower"
        return None


def _status(host: str, port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
