"""The keeper: looks after what is due and has nobody.

It is called about once a second, from anywhere, by any number of callers. Its cost depends on
what is due, never on how many jobs there are.
"""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from shared import clock, log
from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.status import Kind, Queue, Status
from shared.jobs.tables import Job
from shared.signals import Bell, after_commit
from shared.webhooks.tables import Delivery

_logger = log.get(__name__)

_BATCH = 200


def keep(ground: Ground) -> None:
    """Take jobs from dead workers, and ring again for what nobody came for."""
    with ground.transaction() as session:
        rescued = lifecycle.rescue(
            session, limit=_BATCH, max_claims=ground.settings.work.max_claims
        )
    for job in rescued:
        _logger.warning("worker lost its job", job_id=job.id, worker=job.worker, status=job.status)
    with ground.transaction() as session:
        _ring_again(session)


def _ring_again(session: Session) -> None:
    now = clock.now()
    for kind in Kind:
        waiting = exists().where(Job.kind == kind, Job.status == Status.QUEUED, Job.due_at <= now)
        if session.scalar(select(waiting)):
            after_commit(session, Bell(Queue(kind), "keeper"))
    if session.scalar(select(exists().where(Delivery.due_at <= now))):
        after_commit(session, Bell(Queue.WEBHOOK, "keeper"))
