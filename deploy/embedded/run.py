"""One run of Limner: what it consists of, and the record of it that others read."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from deploy.embedded.folder import state
from deploy.embedded.folder.files import shorten
from deploy.embedded.folder.home import Home
from deploy.embedded.folder.state import ProcessState, State
from deploy.embedded.processes.supervisor import Supervisor
from deploy.embedded.servers.server import Server

_LOOK_SECONDS = 0.5


@dataclass(kw_only=True)
class Run:
    """What this process keeps running; ``servers`` by the setting that would replace each."""

    home: Home
    mark: str = field(default_factory=lambda: secrets.token_hex(8))
    phase: str = "starting"
    api_url: str | None = None
    flower_url: str | None = None
    servers: dict[str, Server] = field(default_factory=dict)
    supervisor: Supervisor | None = None
    _started_at: float = field(default_factory=lambda: state.start_time(os.getpid()))
    _recorded: State | None = None
    _looked_at: float = 0.0

    def enter(self, phase: str) -> None:
        """Begin a phase: starting, ready, stopping."""
        self.phase = phase
        self.record()

    def record(self) -> None:
        """Write down how everything is, if that changed."""
        now = self._state()
        if now != self._recorded:
            # A full disk must not stop what runs: it may have room again before anybody looks.
            with suppress(OSError):
                state.save(self.home.state, now)
                self._recorded = now

    def look_after(self) -> None:
        """Do what is due now and then; raise if a server is lost."""
        if time.monotonic() - self._looked_at < _LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        for server in self.servers.values():
            server.check()
        self.record()
        with suppress(OSError):
            for log in self.home.log.glob("*.log"):
                shorten(log)

    def forget(self) -> None:
        """Remove what told others of this run."""
        for path in (self.home.state, self.home.runtime_env):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _state(self) -> State:
        processes = self.supervisor.states() if self.supervisor else ()
        return State(
            run=self.mark,
            pid=os.getpid(),
            started_at=self._started_at,
            phase=self.phase,
            home=str(self.home.path),
            api_url=self.api_url,
            flower_url=self.flower_url,
            processes=(*self._server_states(), *processes),
        )

    def _server_states(self) -> Iterator[ProcessState]:
        for server in self.servers.values():
            yield ProcessState(
                name=server.name.lower(),
                pid=server.pid,
                started_at=server.started_at,
                restarts=server.restarts,
                state="running" if server.pid else "restarting",
                server=True,
            )
