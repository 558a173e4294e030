"""What runs in a child: limits first, then the work, and an end as soon as nobody listens."""

import ctypes
import errno
import json
import os
import pkgutil
import resource
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from shared.errors import ServiceError
from workers.providers.render.errors import RenderFailed, RenderTooLarge
from workers.providers.render.running import workspace
from workers.providers.render.running.task import Limits, Made, Task, Work

_MOST_FILES = 512
_NICENESS = 5
# How often progress is told at most, in seconds; and at least, if there is any.
_SELDOM, _OFTEN = 0.5, 0.05
_STEP = 0.005
# By their numbers in the headers of Linux and of glibc.
_NO_NEW_PRIVILEGES, _MOST_ARENAS = 38, -8


def main(line: Connection, work: str, task: Task) -> None:
    """Work, and say on the line what came of it; what is said is JSON."""
    with suppress(OSError):
        os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(line, task), daemon=True).start()
    _confine(task.limits)
    with suppress(BrokenPipeError):
        _send(line, **_answer(line, work, task))


def _answer(line: Connection, name: str, task: Task) -> dict[str, Any]:
    try:
        work: Work = pkgutil.resolve_name(name)
        made = work(task, _Progress(line))
    except ServiceError as error:
        return {"failed": error.code, "message": error.message}
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - told to the parent, which judges
        foreseen = _foreseen(error, task.limits)
        if foreseen is not None:
            return {"failed": foreseen.code, "message": foreseen.message}
        return {"broken": traceback.format_exc()}
    return {"made": _plain(made)}


def _plain(made: Made) -> dict[str, Any]:
    return {"files": [[name, role] for name, role in made.files], "warnings": made.warnings}


def _foreseen(error: Exception, limits: Limits) -> ServiceError | None:
    """Return what an error means that comes from a limit, wherever that was met."""
    number = getattr(error, "errno", None)
    if isinstance(error, MemoryError) or number == errno.ENOMEM:
        return RenderTooLarge(
            f"It takes more memory than the {limits.memory_bytes // 2**20:,} MiB that it may have."
        )
    if number == errno.EFBIG:
        return RenderTooLarge(
            f"A file of it is larger than the {limits.file_bytes // 2**20:,} MiB that it may be."
        )
    if number == errno.ENOSPC:
        return RenderFailed("There is no room left for its files.")
    return None


class _Progress:
    """Tells how far the work is, not too often, and never that it went back."""

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._told, self._at = 0.0, 0.0

    def __call__(self, fraction: float) -> None:
        now, fraction = time.monotonic(), max(self._told, min(1.0, fraction))
        wait = _OFTEN if fraction >= self._told + _STEP else _SELDOM
        if now >= self._at + wait:
            self._told, self._at = fraction, now
            _send(self._line, done=fraction)


def _send(line: Connection, **message: Any) -> None:
    line.send_bytes(json.dumps(message).encode())


def _end_with(line: Connection, task: Task) -> None:
    """Wait for the parent to be gone; then nobody wants this any more."""
    with suppress(EOFError, OSError):
        line.recv_bytes()
    workspace.clear(task.folder)
    os._exit(1)


def _confine(limits: Limits) -> None:
    """Take from this process what the work does not need."""
    _limit(resource.RLIMIT_AS, limits.memory_bytes)
    # Past the first it is told by a signal that has a name, past the second killed.
    _limit(resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 5)
    _limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    _limit(resource.RLIMIT_NOFILE, _MOST_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    with suppress(OSError):
        # The API and the other workers come first.
        os.nice(_NICENESS)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if hasattr(libc, "mallopt"):
            # Else each of the encoders' threads takes 64 MiB of addresses, and uses little of it.
            libc.mallopt(_MOST_ARENAS, 2)
    # Else the encoder writes down its settings each time.
    os.putenv("SVT_LOG", "1")


def _limit(what: int, most: int, hardest: int | None = None) -> None:
    wanted = [most, most if hardest is None else hardest]
    _, given = resource.getrlimit(what)
    if given != resource.RLIM_INFINITY:
        wanted = [min(one, given) for one in wanted]
    # Not every system knows every limit: macOS has none for memory.
    with suppress(ValueError, OSError):
        resource.setrlimit(what, (wanted[0], wanted[1]))
