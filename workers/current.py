"""The worker process that this is, opened when its first task comes: after any fork."""

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
    """Return this process's part if a task has come by now."""
    return _process
