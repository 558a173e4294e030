"""Starts the emulator in a process of its own, and speaks to it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Emulator:
    """A provider that listens."""

    url: str
    key: str
    _http: urllib3.PoolManager = field(repr=False)

    @property
    def api_url(self) -> str:
        """Where requests are listed."""
        return f"{self.url}/v1"

    def counts(self, *, by_key: bool = False) -> dict[str, Any]:
        """Return what was really asked of it."""
        counts: dict[str, Any] = self._ask("GET", f"counts{'?by_key=1' if by_key else ''}")
        return counts

    def orders(self) -> list[dict[str, Any]]:
        """Return what was ordered: ``endpoint`` and ``input`` of each, the first one first."""
        orders: list[dict[str, Any]] = self._ask("GET", "orders")
        return orders

    def fault(self, kind: str, **order: Any) -> None:
        """Let something go wrong; see ``faults.KINDS``."""
        self._ask("POST", "faults", {"kind": kind, **order})

    def clear_faults(self) -> None:
        """Let nothing more go wrong."""
        self._ask("POST", "calm", {})

    def pace(self, **seconds: float) -> None:
        """Set how long later jobs are ``queued`` and run: ``seconds``, or up to ``seconds_to``."""
        self._ask("POST", "pace", seconds)

    def reset(self) -> None:
        """Forget jobs, counts and orders; go back to the first pace and the first chance."""
        self._ask("POST", "reset", {})

    def download(self, url: str) -> urllib3.BaseHTTPResponse:
        """Fetch a file as anybody may."""
        return self._http.request("GET", url, redirect=False)

    def _ask(self, method: str, path: str, document: Any = None) -> Any:
        answer = self._http.request(method, f"{self.url}/_control/{path}", json=document)
        assert answer.status == 200, answer.data
        return answer.json()


@contextmanager
def running(**options: Any) -> Iterator[Emulator]:
    """Start an emulator with the options of its command line, and stop it in the end."""
    flags = [
        text
        for name, value in options.items()
        for text in (f"--{name.replace('_', '-')}", str(value))
    ]
    command = [sys.executable, "-m", "tests.support.emulator", "--until-eof", *flags]
    with (
        subprocess.Popen(
            command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
        urllib3.PoolManager(retries=False, timeout=20.0) as http,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Emulator(**json.loads(process.stdout.readline()), _http=http)
        finally:
            process.stdin.close()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
