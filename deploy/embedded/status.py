"""How a running Limner is, for people and for programs."""

import time
from dataclasses import asdict
from typing import Any

from deploy.embedded.folder.state import ProcessState, State

_COLUMNS = "  {:<14}{:>9}  {:<12}{:>10}{:>10}"


def as_text(state: State) -> str:
    """Return it as lines."""
    lines = [f"Limner in {state.home}: {state.phase} (pid {state.pid})", ""]
    lines += [f"  API     {state.api_url}"] if state.api_url else []
    lines += [f"  Flower  {state.flower_url}"] if state.flower_url else []
    lines += ["", _COLUMNS.format("PROCESS", "PID", "STATE", "UPTIME", "RESTARTS")]
    lines += [_row(one) for one in state.processes]
    return "\n".join(lines)


def as_document(state: State) -> dict[str, Any]:
    """Return it as JSON says it."""
    processes = [
        {**asdict(one), "uptime_seconds": round(_uptime(one), 1)} for one in state.processes
    ]
    return {"running": True, **asdict(state), "processes": processes}


def _row(process: ProcessState) -> str:
    return _COLUMNS.format(
        process.name,
        process.pid or "-",
        process.state,
        _in_words(_uptime(process)) if process.pid else "-",
        process.restarts,
    )


def _uptime(process: ProcessState) -> float:
    return max(time.time() - process.started_at, 0.0) if process.pid else 0.0


def _in_words(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d {hours}h"
    if hours:
        return f"{hours}h {minutes}m"
    return f"{minutes}m {rest}s" if minutes else f"{rest}s"
