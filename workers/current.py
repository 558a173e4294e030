"""The worker process that this is: opened once, and anew after a fork."""

import os
import threading

from shared import settings
from shared.ground import Ground
from workers.process import WorkerProcess
from workers.telling import Teller

teller = Teller()

_lock = threading.Lock()
_process: WorkerProcess | None = None


def process() -> WorkerProcess:
    """Return this process's part; opens it the first time."""
    global _process
    with _lock:
        if _process is None:
            _process = WorkerProcess(Ground.open(settings.load(os.environ)), teller)
        return _process


def opened() -> WorkerProcess | None:
    """Return this process's part if it is open."""
    return _process


def _forget() -> None:
    global _process
    _process = None


# A child has neither the threads of its parent nor a right to its connections.
os.register_at_fork(after_in_child=_forget)
