"""What whoever starts Limner may choose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.embedded.errors import CannotRun
from deploy.embedded.ports import LOOPBACK
from deploy.embedded.processes.backoff import Pace

DEFAULT_GRACE = 30.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of `limner up`, and the environment that it was called in."""

    environment: Mapping[str, str]
    host: str = LOOPBACK
    port: int | None = None
    flower_port: int | None = None
    procfile: Path | None = None
    timeout: float = 60.0
    quiet: bool = False
    detached: bool = False
    pace: Pace = field(default_factory=Pace)


def stop_grace(environment: Mapping[str, str]) -> float:
    """Return how many seconds the processes may take to end."""
    given = environment.get("LIMNER_STOP_GRACE") or DEFAULT_GRACE
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        message = f"LIMNER_STOP_GRACE is a number of seconds, not {given!r}."
        raise CannotRun(message)
    return seconds
