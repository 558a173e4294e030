"""Keeps the processes of the Procfile running, and ends them together."""

import signal
import time
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue

from honcho.colour import get_colours
from honcho.printer import Message

from deploy.embedded.errors import ProcessFailed
from deploy.embedded.folder.state import ProcessState
from deploy.embedded.processes.backoff import Backoff, Pace
from deploy.embedded.processes.console import Console
from deploy.embedded.processes.procfile import Procfile
from deploy.embedded.processes.supervised import Supervised
from deploy.embedded.processes.watch import never

_LOOK = 0.05
_LAST_OUTPUT = 2.0


class Supervisor:
    """All processes of one run; everything here happens in the thread that calls it."""

    def __init__(
        self,
        procfile: Procfile,
        *,
        environment: Mapping[str, str],
        console: Console,
        events: SimpleQueue[Message | None],
        grace: float,
        pace: Pace,
    ) -> None:
        self._console = console
        self._events = events
        self._grace = grace
        self._pace = pace
        self._stopping = False
        self._members = {
            name: Supervised(
                name=name,
                command=command,
                environment=environment,
                folder=procfile.folder,
                colour=colour,
                events=events,
                backoff=Backoff(pace),
            )
            for (name, command), colour in zip(
                procfile.commands.items(), get_colours(), strict=False
            )
        }

    def start(self) -> None:
        """Start every process."""
        for member in self._members.values():
            member.start()

    def step(self, patience: float) -> None:
        """Wait for something to happen, and answer it; raise if a process cannot be kept."""
        self._answer_events(patience)
        for member in self._members.values():
            if member.pid is None and member.awaits_output:
                member.kill_orphans()
            if member.start_again_at and time.monotonic() >= member.start_again_at:
                member.start()

    def stop(self, *, hurry: Callable[[], bool] = never) -> None:
        """End all processes at once: asked first, killed after the grace time."""
        self._stopping = True
        for member in self._members.values():
            member.ask_to_end()
        self._wait_until_gone(hurry)
        for member in self._members.values():
            if not member.is_gone:
                self._console.say(f"{member.name} did not end in time and was killed.")
                member.kill_all()
        deadline = time.monotonic() + _LAST_OUTPUT
        while time.monotonic() < deadline and any(
            member.awaits_output for member in self._members.values()
        ):
            self._answer_events(_LOOK)
        self._answer_events(0)

    def states(self) -> tuple[ProcessState, ...]:
        """Tell how each process is."""
        return tuple(
            ProcessState(
                name=member.name,
                pid=member.pid,
                started_at=member.started_at,
                restarts=max(member.starts - 1, 0),
                state="running" if member.pid else "restarting",
            )
            for member in self._members.values()
        )

    def last_lines(self, *names: str) -> list[str]:
        """Return what these processes said last; what all said, if there are none of that name."""
        chosen = [self._members[name] for name in names if name in self._members]
        members = chosen or list(self._members.values())
        return [f"{one.name}: {line}" for one in members for line in one.last_lines]

    def _wait_until_gone(self, hurry: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self._grace
        asked_again: set[str] = set()
        while time.monotonic() < deadline and not hurry():
            left = [one for one in self._members.values() if not one.is_gone]
            if not left:
                return
            for member in left:
                if member.pid is None and member.name not in asked_again:
                    asked_again.add(member.name)
                    member.ask_to_end()
            self._answer_events(_LOOK)

    def _answer_events(self, patience: float) -> None:
        """Answer the next event and all that came with it."""
        try:
            self._answer(self._events.get(timeout=patience) if patience else None)
            while True:
                self._answer(self._events.get_nowait())
        except Empty:
            return

    def _answer(self, event: Message | None) -> None:
        if event is None:  # somebody only wants us to look up
            return
        if event.type == "line":
            text = (
                event.data.decode(errors="replace") if isinstance(event.data, bytes) else event.data
            )
            self._members[event.name].last_lines.append(text.rstrip())
            self._console.show(event)
        elif event.type == "stop" and not self._stopping:
            self._start_again(self._members[event.name], event.data["returncode"])

    def _start_again(self, member: Supervised, code: int) -> None:
        member.kill_orphans()
        how = _ending(code)
        pause = member.after_end()
        if pause is None:
            often = f"{self._pace.too_many} times within {self._pace.within:.0f} seconds"
            raise ProcessFailed(
                f"The process {member.name!r} ended {often} (last {how}). It said:",
                member.last_lines,
            )
        self._console.say(f"{member.name} ended {how}; it starts again in {pause:g} s.")


def _ending(code: int) -> str:
    """Say how a process ended: -9 is SIGKILL."""
    if code >= 0:
        return f"with status {code}"
    try:
        return f"by {signal.Signals(-code).name}"
    except ValueError:
        return f"by signal {-code}"
