"""A webhook receiver in a process of its own: checks signatures, and counts."""

import asyncio
import base64
import hashlib
import hmac
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.stand import ROOT


@dataclass(frozen=True)
class Sink:
    """A sink that listens."""

    url: str

    def counts(self) -> dict[str, int]:
        """Return how many came, how many of them were different, and how many were unsigned."""
        with urllib.request.urlopen(f"{self.url}/counts", timeout=20) as answer:
            counts: dict[str, int] = json.load(answer)
            return counts


@contextmanager
def listening(secret: str) -> Iterator[Sink]:
    """Start a sink, and stop it in the end."""
    command = [sys.executable, "-m", "tests.benchmarks.sink", secret]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Sink(process.stdout.readline().strip())
        finally:
            process.kill()


class _Connection(asyncio.Protocol):
    """Reads requests as they come; a connection is kept."""

    def __init__(self, seen: "_Seen") -> None:
        self._seen, self._buffer = seen, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                return
            body, self._buffer = rest[:length], rest[length:]
            asked = first.startswith("GET")
            answer = self._seen.report() if asked else self._seen.take(headers, body)
            start = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer)
            self._transport.write(start + answer)


class _Seen:
    """What came."""

    def __init__(self, secret: str) -> None:
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self._came = self._unsigned = 0
        self._ids: set[str] = set()

    def take(self, headers: dict[str, str], body: bytes) -> bytes:
        """Count one webhook."""
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = base64.b64encode(hmac.new(self._key, signed, hashlib.sha256).digest()).decode()
        self._came += 1
        self._unsigned += headers["webhook-signature"] != f"v1,{digest}"
        self._ids.add(headers["webhook-id"])
        return b"ok"

    def report(self) -> bytes:
        """Say what came."""
        counts = {"came": self._came, "different": len(self._ids), "unsigned": self._unsigned}
        return json.dumps(counts).encode()


async def _serve(secret: str) -> None:
    seen = _Seen(secret)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(seen), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
