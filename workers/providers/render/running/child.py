"""A process for each render: started warm, listened to, and gone with whoever started it."""

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from shared.errors import InputUnusable, ServiceError
from shared.jobs.status import Role
from workers.providers.render.errors import RenderFailed, RenderTooLarge
from workers.providers.render.running import confined
from workers.providers.render.running.task import Made, Task

# How often whoever waits is told: as soon it can be told to stop.
_TICK_SECONDS = 0.2
# How long a child may take to be gone.
_LAST_SECONDS = 1.0
_LONGEST_MESSAGE = 1024 * 1024
_ERRORS: dict[str, type[ServiceError]] = {
    one.code: one for one in (InputUnusable, RenderTooLarge, RenderFailed)
}

# Imports what a render needs once; its children begin with all of it.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["__main__", "workers.providers.render.running.rendering"])
# Of multiprocessing's own books.
_lock = threading.Lock()


class ChildBroken(Exception):
    """The child met a mistake of ours; the message is what Python said of it there."""


def run(
    work: str, task: Task, *, on_progress: Callable[[float], None], stall_seconds: float
) -> Made:
    """Have a child do the work of this name, ``module:function``, and return what it made.

    Its function is a :data:`~workers.providers.render.running.task.Work`, loaded in the child only.
    ``on_progress`` is called several times a second; what it raises ends the child, which is gone
    when this returns. One that says nothing new for so many seconds is ended too. Raises
    :class:`RenderFailed` if the child broke off, and what it raised.
    """
    ours, theirs = _context.Pipe()
    process = _context.Process(target=confined.main, args=(theirs, work, task), daemon=True)
    with _lock:
        process.start()
    theirs.close()
    try:
        return _listen(ours, process, on_progress, stall_seconds)
    finally:
        _end(process, ours)


def _listen(
    line: Connection,
    process: ForkServerProcess,
    on_progress: Callable[[float], None],
    stall_seconds: float,
) -> Made:
    done, heard_at = 0.0, time.monotonic()
    while True:
        if line.poll(_TICK_SECONDS):
            message = _received(line, process)
            if "done" not in message:
                return _made(message)
            done, heard_at = float(message["done"]), time.monotonic()
        elif time.monotonic() > heard_at + stall_seconds:
            raise RenderFailed(f"The renderer has done nothing for {stall_seconds:g} seconds.")
        on_progress(done)


def _received(line: Connection, process: ForkServerProcess) -> dict[str, Any]:
    try:
        message: dict[str, Any] = json.loads(line.recv_bytes(_LONGEST_MESSAGE))
    except (EOFError, OSError, ValueError):
        raise _why_gone(process) from None
    return message


def _made(message: dict[str, Any]) -> Made:
    if "failed" in message:
        raise _ERRORS.get(message["failed"], RenderFailed)(message["message"])
    if "broken" in message:
        raise ChildBroken(message["broken"])
    made = message["made"]
    return Made(
        files=tuple((name, Role(role)) for name, role in made["files"]),
        warnings=tuple(made["warnings"]),
    )


def _why_gone(process: ForkServerProcess) -> ServiceError:
    with _lock:
        process.join(_LAST_SECONDS)
        code = process.exitcode
    if code == -signal.SIGXCPU:
        return RenderTooLarge("It takes more time of a processor than it may.")
    if code is not None and code < 0:
        return RenderFailed(f"The renderer broke off: {signal.Signals(-code).name}.")
    return RenderFailed()


def _end(process: ForkServerProcess, line: Connection) -> None:
    """See the child gone: its end of the line is closed when it is, and not before."""
    if process.pid and not _is_over(line, 0.0):
        # It has nothing to save: its folder is its parent's.
        for kill in (os.killpg, os.kill):
            with suppress(ProcessLookupError, PermissionError):
                kill(process.pid, signal.SIGKILL)
        _is_over(line, _LAST_SECONDS)
    line.close()
    with _lock:
        process.join(_LAST_SECONDS)


def _is_over(line: Connection, seconds: float) -> bool:
    """Wait for the child to be gone, past all that it still says."""
    deadline = time.monotonic() + seconds
    try:
        while line.poll(max(0.0, deadline - time.monotonic())):
            line.recv_bytes()
    except (EOFError, OSError):
        return True
    return False
