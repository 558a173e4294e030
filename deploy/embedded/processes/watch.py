"""One server process, started again when it dies, in a thread of its own."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence

from deploy.embedded.processes.backoff import Backoff, Pace

Spawn = Callable[[], subprocess.Popen[bytes]]
Step = tuple[signal.Signals, float]

# Short, since everything waits for a server; one that keeps dying is given up soon enough.
SERVER_PACE = Pace(first=0.2, longest=1.0)
_LOOK = 0.05


def never() -> bool:
    """Nobody is in a hurry."""
    return False


class Watch:
    """Starts a server, waits for its end, and starts it again once it was worth keeping.

    All starts happen in one thread that lives as long as the server: see ``dies_with_us``.
    """

    def __init__(self, name: str, spawn: Spawn) -> None:
        self.restarts = 0
        self.started_at = 0.0
        self.gave_up = False
        self._spawn = spawn
        self._process: subprocess.Popen[bytes] | None = None
        self._error: OSError | None = None
        self._kept = False
        self._ending = threading.Event()
        self._started = threading.Event()
        # Between "is it still wanted?" and the start nobody may decide that it is not.
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"watch-{name}", daemon=True)

    def begin(self) -> None:
        """Start the server; raise what the operating system says if it cannot be started."""
        self._thread.start()
        self._started.wait()
        if self._error:
            raise self._error

    def keep(self) -> None:
        """From now on, start it again whenever it dies."""
        self._kept = True

    @property
    def pid(self) -> int | None:
        """The process that runs now, if one does."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    @property
    def is_over(self) -> bool:
        """Whether it has ended, and will not be started again."""
        return not self._thread.is_alive()

    def end(self, steps: Sequence[Step], *, hurry: Callable[[], bool] = never) -> None:
        """Send one signal after another, each with its patience, until the server has ended."""
        with self._lock:
            self._kept = False
            self._ending.set()
        for number, patience in steps:
            if self.is_over:
                return
            self._signal(number)
            self._wait(patience, hurry)

    def _run(self) -> None:
        backoff = Backoff(SERVER_PACE)
        while self._started_process():
            code = self._process.wait() if self._process else None
            lived = time.time() - self.started_at
            if not self._kept or code is None:
                return
            pause = backoff.after_end(time.monotonic(), lived=lived)
            if pause is None:
                self.gave_up = True
                return
            self._ending.wait(pause)

    def _started_process(self) -> bool:
        try:
            with self._lock:
                return not self._ending.is_set() and self._start()
        finally:
            # Whatever came of it: begin() waits for nothing else.
            self._started.set()

    def _start(self) -> bool:
        again = self._process is not None
        try:
            self._process = self._spawn()
        except OSError as error:
            self._error, self.gave_up = error, again
            return False
        self.restarts += again
        self.started_at = time.time()
        return True

    def _signal(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)

    def _wait(self, patience: float, hurry: Callable[[], bool]) -> None:
        deadline = time.monotonic() + patience
        hurried = hurry()
        while not self.is_over and time.monotonic() < deadline:
            self._thread.join(_LOOK)
            if hurry() and not hurried:
                return
