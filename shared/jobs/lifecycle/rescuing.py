"""The keeper takes jobs from workers that are gone."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from shared import clock
from shared.db.base import NOW
from shared.errors import WorkerLost
from shared.jobs.lifecycle.ending import abort, fail
from shared.jobs.lifecycle.resting import rest, ring
from shared.jobs.status import Status
from shared.jobs.tables import Job, JobEvent, stands


def is_lost() -> ColumnElement[bool]:
    """Return the condition of a job whose worker has not been heard of for a whole lease."""
    return and_(stands(Status.RUNNING), Job.worker.is_not(None), Job.due_at <= NOW)


def rescue(session: Session, *, limit: int, most_losses: int) -> Sequence[Job]:
    """Take running jobs away from workers whose lease has run out.

    One that may be at a provider is parked again, due now: its provider is asked. Any other goes
    back to its queue. One that has lost more workers than that fails: it may be what kills them.
    """
    lost = session.scalars(
        select(Job)
        .where(is_lost())
        .order_by(Job.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    # In the order in which everybody locks several accounts.
    for job in sorted(lost, key=lambda one: one.account_id):
        _rescue_one(session, job, most_losses)
    return lost


def lost_leases(session: Session, job: Job) -> Sequence[int]:
    """Return the leases under which workers lost this job; they may have stored something."""
    taken_away = select(JobEvent.detail["lease"].as_integer()).where(
        JobEvent.job_id == job.id, JobEvent.detail.has_key("lease")
    )
    return session.scalars(taken_away).all()


def _rescue_one(session: Session, job: Job, most_losses: int) -> None:
    detail = {"worker": job.worker, "lease": job.lease}
    verb = "rescue" if job.attempt_id is None else "repark"
    if verb == "rescue" and job.cancel_requested_at is not None:
        abort(session, job)
    elif verb == "rescue" and job.losses + 1 >= most_losses:
        fail(session, job, WorkerLost())
    else:
        rest(session, verb, job, due_at=clock.now(), detail=detail, losses=1)
        ring(session, job)
