"""How long jobs stood still after their worker died: from its death until they were taken away."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from shared.ground import Ground
from tests.chaos.programs import Death

GOAL_SECONDS = 15.0

_TAKEN_AWAY = (
    "SELECT at, detail ->> 'worker' AS worker FROM job_events"
    " WHERE verb IN ('rescue', 'repark') AND detail ->> 'worker' IS NOT NULL ORDER BY id"
)


@dataclass(frozen=True)
class Rescue:
    """One job that was taken from a worker, and what had become of that worker."""

    how: str
    since: datetime
    at: datetime

    @property
    def seconds(self) -> float:
        """How long the job had stood still."""
        return (self.at - self.since).total_seconds()


def measure(ground: Ground, deaths: Iterable[Death]) -> list[Rescue]:
    """Join the jobs that were taken from a worker with the last blow to it before."""
    by_pid: dict[str, list[Death]] = {}
    for death in deaths:
        by_pid.setdefault(str(death.pid), []).append(death)
    with ground.database.connection() as connection:
        taken = connection.execute(text(_TAKEN_AWAY)).all()
    return [_rescue(at, by_pid.get(worker.rpartition(":")[2], [])) for at, worker in taken]


def quantile(seconds: Sequence[float], share: float) -> float:
    """Return what this share of the values does not exceed."""
    return sorted(seconds)[max(0, math.ceil(share * len(seconds)) - 1)]


def _rescue(at: datetime, deaths: Sequence[Death]) -> Rescue:
    before = [one for one in deaths if one.at <= at]
    if not before:
        return Rescue("alive", at, at)
    # A worker that was frozen, went on and was killed: only one of the two can explain the loss.
    last = before[-1]
    return Rescue(last.how, last.at, at)
