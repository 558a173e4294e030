"""One line of the Procfile: its process, its output, and how often it had to be started."""

import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from honcho.printer import Message
from honcho.process import Popen, Process

from deploy.embedded.processes import group
from deploy.embedded.processes.backoff import Backoff
from deploy.embedded.processes.spawn import dies_with_us

_LINES_KEPT = 12


@dataclass(kw_only=True)
class Supervised:
    """Starts its process in a thread that lives as long as it: see ``dies_with_us``."""

    name: str
    command: str
    environment: Mapping[str, str]
    folder: Path
    colour: str | None
    events: SimpleQueue[Message | None]
    backoff: Backoff
    starts: int = 0
    started_at: float = 0.0
    start_again_at: float | None = None
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))
    _popen: Any = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the process; what it says, and its end, come as events."""
        self.start_again_at, self._popen = None, None
        self.starts += 1
        started = threading.Event()
        # No shell stays in between; `env` lets a line begin with variables of its own.
        process = Process(
            f"exec env {self.command}",
            name=self.name,
            colour=self.colour,
            env=dict(self.environment),
            cwd=str(self.folder),
        )

        def spawn(command: str, **options: Any) -> Any:
            death = dies_with_us(signal.SIGKILL)
            self._popen = Popen(command, stdin=subprocess.DEVNULL, preexec_fn=death, **options)
            started.set()
            return self._popen

        process._child_ctor = spawn
        self._thread = threading.Thread(target=self._attend, args=(process, started), daemon=True)
        self._thread.start()
        started.wait()
        self.started_at = time.time()

    @property
    def pid(self) -> int | None:
        """The process while it runs."""
        return self._popen.pid if self._popen and self._popen.poll() is None else None

    @property
    def is_gone(self) -> bool:
        """Whether nothing runs: neither the process nor what it started."""
        return self.pid is None and (self._popen is None or group.is_empty(self._popen.pid))

    @property
    def awaits_output(self) -> bool:
        """Whether what it said is not read to the end."""
        return self._thread is not None and self._thread.is_alive()

    def ask_to_end(self) -> None:
        """Ask the process, which asks what it started; ask those ourselves if it is gone."""
        self.start_again_at = None
        if self.pid:
            self._popen.terminate()
        elif self._popen:
            group.send(self._popen.pid, signal.SIGTERM)

    def kill_all(self) -> None:
        """End the process and everything it started, at once."""
        if self._popen:
            group.send(self._popen.pid, signal.SIGKILL)

    def kill_orphans(self) -> None:
        """End what a dead process left: it would keep the port and the output open."""
        if self._popen and self.pid is None:
            self.kill_all()

    def after_end(self) -> float | None:
        """Plan the next start; return the pause before it, or None if there will be none."""
        pause = self.backoff.after_end(time.monotonic(), lived=time.time() - self.started_at)
        self.start_again_at = None if pause is None else time.monotonic() + pause
        return pause

    def _attend(self, process: Process, started: threading.Event) -> None:
        try:
            process.run(self.events)
        except OSError as error:
            now = datetime.now().astimezone()
            self.events.put(Message("line", str(error), now, self.name, self.colour))
            self.events.put(Message("stop", {"returncode": 127}, now, self.name, self.colour))
        finally:
            started.set()
