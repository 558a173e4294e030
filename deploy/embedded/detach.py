"""Starting Limner in the background, and waiting until it can be used."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from deploy.embedded.errors import CannotRun
from deploy.embedded.folder import state
from deploy.embedded.folder.files import last_lines, open_private, size_of
from deploy.embedded.folder.home import Home

ERROR_PREFIX = "limner: "
_LOOK = 0.05
_LINES = 40


def start(command: Sequence[str], home: Home) -> None:
    """Start the command in a session of its own; return when it is ready, or say why it is not."""
    home.make()
    said_before = size_of(home.own_log)
    output = open_private(home.own_log, os.O_WRONLY | os.O_APPEND)
    background = subprocess.Popen(  # noqa: S603 - ourselves
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    os.close(output)
    try:
        while not _is_ready(home, background.pid):
            if background.poll() is not None:
                raise _failure(home, said_before)
            time.sleep(_LOOK)
    except KeyboardInterrupt:
        background.terminate()
        background.wait()
        message = "Stopped before it was ready."
        raise CannotRun(message) from None


def again(entry: str, arguments: Sequence[str]) -> list[str]:
    """Return the command that calls ``module:function`` in a new Python with the same paths."""
    module, _, function = entry.partition(":")
    program = (
        "import os, sys; sys.path[:] = sys.argv.pop(1).split(os.pathsep); "
        f"from {module} import {function}; {function}()"
    )
    return [sys.executable, "-c", program, os.pathsep.join(sys.path), *arguments]


def _is_ready(home: Home, pid: int) -> bool:
    found = state.load(home.state)
    return found is not None and found.pid == pid and found.phase == "ready"


def _failure(home: Home, said_before: int) -> CannotRun:
    said = last_lines(home.own_log, count=_LINES, since=said_before)
    starts = [at for at, line in enumerate(said) if line.startswith(ERROR_PREFIX)]
    reason = "\n".join(said[starts[-1] :] if starts else said)
    return CannotRun(reason.removeprefix(ERROR_PREFIX) or f"It ended at once; see {home.own_log}.")
