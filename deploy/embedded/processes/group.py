"""A process and everything that it started in its session's group."""

import contextlib
import os
import signal

import psutil


def send(leader: int, number: signal.Signals) -> None:
    """Signal every process of the group, if there is one left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: nothing but zombies
        os.killpg(leader, number)


def is_empty(leader: int) -> bool:
    """Tell whether nothing of the group runs any more."""
    try:
        os.killpg(leader, 0)
    except (ProcessLookupError, PermissionError):
        return True
    # Zombies that nobody collects, as under a container's first process, do not run.
    return not any(_runs_in(leader, process) for process in psutil.process_iter())


def _runs_in(leader: int, process: psutil.Process) -> bool:
    try:
        in_group = os.getpgid(process.pid) == leader
        return in_group and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False
