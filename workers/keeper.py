"""The keeper: looks after what is due and has nobody.

Any number of processes may go round at the same time. A round begins with one statement that asks
whether anything is to be done; mostly nothing is. Its cost depends on what is due, never on how
many jobs there are.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute

from shared import log
from shared.db.base import NOW
from shared.ground import Ground
from shared.jobs import idempotency, lifecycle, turns
from shared.jobs.lifecycle import is_claimable, is_to_be_asked
from shared.jobs.status import Kind, Queue
from shared.jobs.tables import Answered, Job
from shared.retention.tables import UnwantedObject
from shared.signals import Bell, Errand
from shared.webhooks.tables import Delivery
from workers.outages import Outages

_logger = log.get(__name__)

_BATCH = 200


def _earliest(moment: InstrumentedAttribute[Any]) -> ColumnElement[datetime]:
    # Not "exists one that is due": of that a plan for any moment expects so many rows that it
    # reads the table instead of the index.
    return select(func.min(moment)).scalar_subquery()


_CLAIMABLE: Mapping[Bell, ColumnElement[bool]] = {
    **{Bell(Queue(k), Errand.WORK, "keeper"): exists().where(is_claimable(k)) for k in Kind},
    **{Bell(Queue(k), Errand.POLL, "keeper"): exists().where(is_to_be_asked(k)) for k in Kind},
    Bell(Queue.WEBHOOK, Errand.DELIVER, "keeper"): _earliest(Delivery.due_at) <= NOW,
    Bell(Queue.MAINTENANCE, Errand.SWEEP, "keeper"): _earliest(UnwantedObject.due_at) <= NOW,
}
_TO_BE_MOVED: Mapping[str, ColumnElement[bool]] = {
    "lost": exists().where(lifecycle.is_lost()),
    "late": _earliest(Job.deadline) <= NOW,
    "without_place": exists().where(turns.has_room_for_waiting()),
    "old_answer": _earliest(Answered.created_at) <= NOW - max(idempotency.KEPT_FOR.values()),
}


def _name(bell: Bell) -> str:
    return f"{bell.queue} {bell.errand}"


# Built once, and one probe of an index for each question.
_LOOK = select(
    *(question.label(name) for name, question in _TO_BE_MOVED.items()),
    *(question.label(_name(bell)) for bell, question in _CLAIMABLE.items()),
)


class Keeper:
    """One process's keeper, who remembers when the database was away."""

    def __init__(self, ground: Ground, outages: Outages | None = None) -> None:
        lease = timedelta(seconds=ground.settings.work.lease_seconds)
        self._ground = ground
        # Leases are renewed when a third of their time has passed, at the next beat.
        self._outages = outages or Outages(harmless=lease / 2)

    def keep(self) -> None:
        """Go round, and ring for what nobody came for."""
        self._ground.broker.send([*self.go_round()])

    def go_round(self) -> Sequence[Bell]:
        """Take jobs from dead workers, end what is late, fill places, forget.

        Returns the bells for all that could be claimed after that.
        """
        found = self._look()
        if any(found[name] for name in _TO_BE_MOVED):
            self._move(found)
            found = self._look()
        return [bell for bell in _CLAIMABLE if found[_name(bell)]]

    @property
    def is_needed_soon(self) -> bool:
        """Whether a round could not do everything, as the database is or was away."""
        return self._outages.is_going_on or self._outages.is_just_over

    def _look(self) -> RowMapping:
        with self._outages.watched(), self._ground.transaction() as session:
            return session.execute(_LOOK).mappings().one()

    def _move(self, found: RowMapping) -> None:
        ground = self._ground
        if found["lost"]:
            self._rescue()
        if found["late"]:
            with ground.transaction() as session:
                lifecycle.expire(session, limit=_BATCH)
        if found["without_place"]:
            with ground.transaction() as session:
                turns.fill_places(session, limit=_BATCH)
        if found["old_answer"]:
            with ground.transaction() as session:
                idempotency.forget(session, limit=_BATCH)

    def _rescue(self) -> None:
        if self._outages.is_just_over:
            _logger.info("leases have ended, and their workers get time to come back")
            return
        most_losses = self._ground.settings.work.max_losses
        with self._ground.transaction() as session:
            rescued = lifecycle.rescue(session, limit=_BATCH, most_losses=most_losses)
        for job in rescued:
            _logger.warning(
                "worker lost its job", job_id=job.id, status=job.status, losses=job.losses
            )


def keep(ground: Ground) -> None:
    """Go round once, as a keeper who remembers nothing."""
    Keeper(ground).keep()
