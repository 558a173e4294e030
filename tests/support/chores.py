"""What children of the renderer do in tests, named as ``tests.support.chores:name``."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from shared.errors import InputUnusable
from shared.jobs.status import Role
from workers.providers.render.running.task import Made, Task, Tell


def well(task: Task, tell: Tell) -> Made:
    """Go back and forth in what it tells, and write a file."""
    for fraction in (0.1, 0.5, 0.3, 0.9):
        tell(fraction)
        time.sleep(0.06)
    (task.folder / "result.txt").write_text(str(task.input["word"]))
    (task.folder / "pid").write_text(f"{os.getpid()} {os.getpgid(0)}")
    return Made(files=(("result.txt", Role.RESULT),), warnings=("as it were",))


def endless(task: Task, tell: Tell) -> Made:
    """Work for ever, and say so."""
    (task.folder / "pid").write_text(str(os.getpid()))
    while True:
        tell(0.4)
        time.sleep(0.02)


def silent(task: Task, tell: Tell) -> Made:
    """Be stuck, and deaf to all that can be ignored."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (task.folder / "pid").write_text(str(os.getpid()))
    tell(0.4)
    while True:
        time.sleep(1)


def crash(task: Task, tell: Tell) -> Made:
    """Read where nothing is, as a broken codec does."""
    ctypes.string_at(0)
    raise AssertionError


def refuse(task: Task, tell: Tell) -> Made:
    """Find something wrong with the input."""
    raise InputUnusable("`src` is odd.")


def stumble(task: Task, tell: Tell) -> Made:
    """Make a mistake."""
    raise KeyError("mistake")


def gorge(task: Task, tell: Tell) -> Made:
    """Want more memory than there may be."""
    return Made(files=(), warnings=(str(len(bytearray(8 * 2**30))),))


def flood(task: Task, tell: Tell) -> Made:
    """Write a file larger than it may be."""
    with (task.folder / "large").open("wb") as file:
        for _ in range(64):
            file.write(bytes(2**20))
            file.flush()
    raise AssertionError


def burn(task: Task, tell: Tell) -> Made:
    """Keep a processor busy."""
    while True:
        tell(0.4)


def leave(task: Task, tell: Tell) -> Made:
    """Start a program of its own, and never end."""
    program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (task.folder / "program").write_text(str(program.pid))
    return silent(task, tell)


def started(folder: Path, name: str = "pid") -> int | None:
    """Return the id that a child has written down, if it has."""
    path = folder / name
    text = path.read_text() if path.exists() else ""
    return int(text.split()[0]) if text else None
