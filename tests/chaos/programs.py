"""One of our own programs: started, killed, frozen, and started again when it dies."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shared import clock

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Death:
    """A process that was lost to its jobs."""

    program: str
    pid: int
    at: datetime
    how: str


class Program:
    """A process in a session of its own, so that a kill takes all that it started."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.deaths: list[Death] = []
        self._command, self._environment, self._log = command, environment, log
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start it."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=dict(self._environment),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, *, away: float) -> None:
        """Kill it without a warning, and start it again after a while."""
        with self._lock:
            self._die("killed")
            self._signal(signal.SIGKILL)
            time.sleep(away)
            self.start()

    def freeze(self, *, seconds: float) -> None:
        """Let it stand still, and go on as if nothing had been."""
        with self._lock:
            self._die("frozen")
            self._signal(signal.SIGSTOP)
            time.sleep(seconds)
            self._signal(signal.SIGCONT)

    def revive(self) -> None:
        """Start it again if it has died by itself, which it must never do."""
        if not self._lock.acquire(blocking=False):
            return  # it is being killed or frozen
        try:
            if self._process is not None and self._process.poll() is not None:
                self._die("by itself")
                self.start()
        finally:
            self._lock.release()

    def stop(self) -> None:
        """End it, for good."""
        with self._lock:
            self._signal(signal.SIGKILL)
            self._process = None

    def _die(self, how: str) -> None:
        assert self._process is not None
        self.deaths.append(Death(self.name, self._process.pid, clock.now(), how))

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
        if number == signal.SIGKILL:
            self._process.wait()
