"""Stopping a Limner that runs elsewhere."""

import os
import signal
import time

from deploy.embedded.errors import CannotRun
from deploy.embedded.folder import state
from deploy.embedded.folder.home import Home
from deploy.embedded.folder.state import State

_LOOK = 0.05
# Between taking the folder and writing down who did.
_PATIENCE = 2.0
# What Valkey and Postgres may take after the processes.
_SERVERS = 10.0


def running(home: Home) -> State | None:
    """Return what runs in this folder, if something does."""
    deadline = time.monotonic() + _PATIENCE
    while home.is_kept():
        found = state.load(home.state)
        if found and state.is_alive(found.pid, found.started_at):
            return found
        if time.monotonic() > deadline:
            message = f"Something keeps {home.path}, but does not say who it is; try again."
            raise CannotRun(message)
        time.sleep(_LOOK)
    return None


def down(home: Home, *, grace: float) -> bool:
    """Stop what runs there and wait for its end; return False if nothing did."""
    found = running(home)
    if found is None:
        return False
    os.kill(found.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace + _SERVERS
    while state.is_alive(found.pid, found.started_at):
        if time.monotonic() > deadline:
            message = f"Limner (pid {found.pid}) was asked to stop and has not yet."
            raise CannotRun(message)
        time.sleep(_LOOK)
    return True
