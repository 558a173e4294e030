"""What runs right now, written down for `limner status`, `limner down` and the next start."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from deploy.embedded.folder.files import read_json, write_private

# The clock that process times are counted from is corrected now and then, by less than this.
CLOCK_SLACK = 2.0


@dataclass(frozen=True, kw_only=True)
class ProcessState:
    """One process that Limner keeps running."""

    name: str
    pid: int | None
    started_at: float
    restarts: int
    state: str
    server: bool = False


@dataclass(frozen=True, kw_only=True)
class State:
    """One run of Limner: ``run`` is a mark that its processes carry in their environment."""

    run: str
    pid: int
    started_at: float
    phase: str
    home: str
    api_url: str | None = None
    flower_url: str | None = None
    processes: tuple[ProcessState, ...] = ()


def save(path: Path, state: State) -> None:
    """Write it down in one step."""
    write_private(path, json.dumps(asdict(state), indent=1) + "\n")


def load(path: Path) -> State | None:
    """Read what was written; None if there is nothing, or nothing that we understand."""
    found = read_json(path)
    try:
        processes = tuple(ProcessState(**one) for one in (found or {}).pop("processes"))
        return State(**(found or {}), processes=processes)
    except (KeyError, TypeError):
        return None


def is_alive(pid: int, started_at: float) -> bool:
    """Tell whether this very process still runs, and not a later one with its number."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started_at) < CLOCK_SLACK
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def start_time(pid: int | None) -> float:
    """Return when a process began; 0 if it is gone already."""
    try:
        return psutil.Process(pid).create_time() if pid else 0.0
    except psutil.Error:
        return 0.0
