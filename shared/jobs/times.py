"""How long jobs usually take, and how quickly queues move: measured from what really happened.

Workers gather what they see and write it down together, every few seconds; whoever wants to know
reads both small tables as seldom.
"""

import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared import clock, log
from shared.db.database import AWAY, Database
from shared.jobs.tables import Departure, UsualTime

_logger = log.get(__name__)

# So many of the last jobs make up what is usual: after as many new ones, little is left of the old.
_MEMORY = 50
_SLOT_SECONDS = 10
_SLOTS = 12
# Over how many seconds it is seen how quickly a queue moves: if it began to later, over fewer.
_WINDOW_SECONDS = 60
_SHORTEST_WINDOW_SECONDS = 20
_READ_EVERY_SECONDS = 10.0


@dataclass(frozen=True, order=True)
class Work:
    """What is alike in how long it takes."""

    model: str
    operation: str
    provider: str


def record(
    session: Session, taken: Mapping[Work, Sequence[float]], left: Mapping[str, int]
) -> None:
    """Write down how many seconds jobs took, and how many have left each queue just now."""
    if taken:
        _record_times(session, taken)
    if left:
        _record_departures(session, left, clock.now())


def _record_times(session: Session, taken: Mapping[Work, Sequence[float]]) -> None:
    # In one order, so that two who write at once never wait for each other.
    rows = [
        {
            "model": work.model,
            "operation": work.operation,
            "provider": work.provider,
            "log_seconds": sum(math.log(max(one, 0.001)) for one in seconds) / len(seconds),
            "count": len(seconds),
        }
        for work, seconds in sorted(taken.items())
    ]
    new = insert(UsualTime).values(rows)
    old_weight = func.least(UsualTime.count, _MEMORY)
    mean = (UsualTime.log_seconds * old_weight + new.excluded.log_seconds * new.excluded.count) / (
        old_weight + new.excluded.count
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=["model", "operation", "provider"],
            # Counted on until it is as many as are remembered: what was long ago weighs no more.
            set_={
                "log_seconds": mean,
                "count": func.least(UsualTime.count + new.excluded.count, 1_000_000_000),
            },
        )
    )


def _record_departures(session: Session, left: Mapping[str, int], now: datetime) -> None:
    number = int(now.timestamp()) // _SLOT_SECONDS
    begun_at = datetime.fromtimestamp(number * _SLOT_SECONDS, UTC)
    rows = [
        {"queue": queue, "slot": number % _SLOTS, "begun_at": begun_at, "count": count}
        for queue, count in sorted(left.items())
    ]
    new = insert(Departure).values(rows)
    is_same_round = Departure.begun_at == new.excluded.begun_at
    before = case((is_same_round, Departure.count), else_=0)
    session.execute(
        new.on_conflict_do_update(
            index_elements=["queue", "slot"],
            set_={"begun_at": new.excluded.begun_at, "count": before + new.excluded.count},
        )
    )


@dataclass(frozen=True)
class Seen:
    """What was measured by some moment."""

    usual: Mapping[Work, float] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)

    def seconds(self, work: Work) -> float | None:
        """Return how long such work usually takes, from its start to its end."""
        return self.usual.get(work)

    def per_second(self, queue: str) -> float:
        """Return how many jobs have left a queue in a second lately."""
        return self.rates.get(queue, 0.0)


class Measured:
    """What was measured, read anew every few seconds by the first who asks.

    Do not ask within a transaction: it may take another connection. While the database is away
    it answers as it last did.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen = Seen()
        self._read_at = -math.inf
        self._lock = threading.Lock()

    def look(self) -> Seen:
        """Return what was measured, as it was a few seconds ago at most."""
        is_old = time.monotonic() - self._read_at >= _READ_EVERY_SECONDS
        # Whoever else asks meanwhile is not held up by a database that is slow to answer.
        if is_old and self._lock.acquire(blocking=False):
            try:
                self._seen = self._read()
            except AWAY as error:
                _logger.warning("measured times not read", error=str(error))
            finally:
                self._read_at = time.monotonic()
                self._lock.release()
        return self._seen

    def _read(self) -> Seen:
        now = clock.now()
        with self._database.connection() as connection:
            times = connection.execute(
                select(
                    UsualTime.model,
                    UsualTime.operation,
                    UsualTime.provider,
                    func.exp(UsualTime.log_seconds),
                )
            ).all()
            counts = connection.execute(
                select(Departure.queue, func.sum(Departure.count), func.min(Departure.begun_at))
                .where(Departure.begun_at >= now - timedelta(seconds=_WINDOW_SECONDS))
                .group_by(Departure.queue)
            ).all()
        return Seen(
            usual={Work(*key): seconds for *key, seconds in times},
            rates={queue: _rate(count, now - first) for queue, count, first in counts},
        )


def _rate(count: int, since_first: timedelta) -> float:
    """Return how many left in a second, since the first of them."""
    return count / max(since_first.total_seconds(), _SHORTEST_WINDOW_SECONDS)
