"""The keeper: looks after what is due and has nobody.

It is called about once a second, from anywhere, by any number of callers. Its cost depends on
what is due, never on how many jobs there are.
"""

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from shared import clock, log
from shared.ground import Ground
from shared.jobs import idempotency, lifecycle, turns
from shared.jobs.status import Kind, Queue
from shared.signals import Bell, Errand, after_commit
from shared.webhooks.tables import Delivery

_logger = log.get(__name__)

_BATCH = 200


def keep(ground: Ground) -> None:
    """Take jobs from dead workers, end what is late, ring for what nobody came for, forget."""
    most_losses = ground.settings.work.max_losses
    with ground.transaction() as session:
        rescued = lifecycle.rescue(session, limit=_BATCH, most_losses=most_losses)
    for job in rescued:
        _logger.warning("worker lost its job", job_id=job.id, status=job.status, losses=job.losses)
    with ground.transaction() as session:
        lifecycle.expire(session, limit=_BATCH)
    with ground.transaction() as session:
        turns.fill_places(session, limit=_BATCH)
    with ground.transaction() as session:
        _ring_again(session)
    with ground.transaction() as session:
        idempotency.forget(session, limit=_BATCH)


def _ring_again(session: Session) -> None:
    now = clock.now()
    for kind in Kind:
        is_waiting = lifecycle.is_claimable(kind, now)
        _ring_if(session, is_waiting, Bell(Queue(kind), Errand.WORK, "keeper"))
        is_parked = lifecycle.is_to_be_asked(kind, now)
        _ring_if(session, is_parked, Bell(Queue(kind), Errand.POLL, "keeper"))
    _ring_if(session, Delivery.due_at <= now, Bell(Queue.WEBHOOK, Errand.DELIVER, "keeper"))


def _ring_if(session: Session, condition: ColumnElement[bool], bell: Bell) -> None:
    """Ring if any row meets the condition: one probe of an index."""
    if session.scalar(select(exists().where(condition))):
        after_commit(session, bell)
