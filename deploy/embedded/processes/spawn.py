"""Starting programs that do not outlive us."""

import ctypes
import functools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.embedded.folder.files import open_private
from deploy.embedded.processes.unprivileged import Account, identity

_PR_SET_PDEATHSIG = 1
# Looked up here: between fork and exec, a program may only call what is ready.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def dies_with_us(death: signal.Signals) -> Callable[[], None] | None:
    """Return what to run between fork and exec so that the kernel ends the program with us.

    Linux only, and tied to the *thread* that starts the program: it must wait for it to end.
    Elsewhere the next start ends what was left.
    """
    return functools.partial(_ask_kernel, os.getpid(), death) if _prctl else None


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    death: signal.Signals,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server: in a session of its own, with all that it says in its log."""
    output = open_private(log, os.O_WRONLY | os.O_APPEND)
    try:
        return subprocess.Popen(  # noqa: S603 - programs of the wheels
            [str(word) for word in command],
            # Ours may be a folder that the account cannot enter.
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={"PATH": os.defpath, "LC_ALL": "C", **(environment or {})},
            start_new_session=True,
            preexec_fn=dies_with_us(death),
            **identity(account),
        )
    finally:
        os.close(output)


def _ask_kernel(parent: int, death: signal.Signals) -> None:
    if _prctl:
        _prctl(_PR_SET_PDEATHSIG, int(death))
        if os.getppid() != parent:  # we died in between
            os._exit(1)
