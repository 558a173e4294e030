"""A caller over HTTP: submits jobs and asks for them until they are over."""

import http.client
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_CONNECTIONS = 8
_LOOK_ALONE, _LOOK_AMONG_MANY = 0.02, 0.2
_PATIENCE = 300.0


@dataclass
class Caller:
    """Somebody with a job to be done again and again."""

    port: int
    path: str
    body: bytes
    headers: Mapping[str, str]
    reads: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def one_by_one(self, count: int) -> None:
        """Have each job done before the next one is submitted."""
        connection = self._connect()
        for _ in range(count):
            self._wait(connection, self._submit(connection), _LOOK_ALONE)
        connection.close()

    def all_at_once(self, count: int) -> None:
        """Submit all from several connections, then wait for all."""
        shares = [len(range(start, count, _CONNECTIONS)) for start in range(_CONNECTIONS)]
        failures: list[BaseException] = []

        def call(share: int) -> None:
            try:
                connection = self._connect()
                for job_id in [self._submit(connection) for _ in range(share)]:
                    self._wait(connection, job_id, _LOOK_AMONG_MANY)
                connection.close()
            except BaseException as error:  # noqa: BLE001 - raised below, where it is seen
                failures.append(error)

        threads = [threading.Thread(target=call, args=(share,)) for share in shares]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def _submit(self, connection: http.client.HTTPConnection) -> str:
        job_id: str = self._ask(connection, "POST", self.path, self.body, 202)["id"]
        return job_id

    def _wait(self, connection: http.client.HTTPConnection, job_id: str, look: float) -> None:
        until = time.monotonic() + _PATIENCE
        while True:
            time.sleep(look)
            with self._lock:
                self.reads += 1
            status = self._ask(connection, "GET", f"{self.path}/{job_id}", None, 200)["status"]
            if status == "succeeded":
                return
            assert status in {"queued", "running"}, status
            assert time.monotonic() < until, job_id

    def _ask(
        self, connection: Any, method: str, path: str, body: bytes | None, expected: int
    ) -> dict[str, Any]:
        connection.request(method, path, body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == expected, content
        document: dict[str, Any] = json.loads(content)
        return document
