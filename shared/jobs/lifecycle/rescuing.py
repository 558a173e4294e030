"""The keeper takes jobs from workers that are gone."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from shared import clock
from shared.db.base import NOW
from shared.errors import ServiceError, WorkerLost
from shared.jobs import attempts
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
    back to its queue. One that has lost so many workers in a row fails: it may be what kills them.
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
    """Return the leases before this one that were lost; who had them may have stored something.

    This one may be lost, too: taken from a worker that stood still, and that finishes after all
    before anybody else has the job.
    """
    lease = JobEvent.detail["lease"].as_integer()
    before = JobEvent.detail.has_key("lease") & (lease < job.lease)
    return session.scalars(select(lease).where(JobEvent.job_id == job.id, before)).all()


def _rescue_one(session: Session, job: Job, most_losses: int) -> None:
    is_at_provider = job.attempt_id is not None
    if job.cancel_requested_at is not None and not is_at_provider:
        abort(session, job)
    elif _lost_all(session, job, most_losses):
        _give_up(session, job, WorkerLost())
    else:
        verb = "repark" if is_at_provider else "rescue"
        detail = {"worker": job.worker, "lease": job.lease}
        rest(session, verb, job, due_at=clock.now(), detail=detail, losses=1)
        ring(session, job)


def _lost_all(session: Session, job: Job, count: int) -> bool:
    """Say whether a job that is lost again was lost by each of so many workers that had it last.

    Whoever lets go of a job in order, to wait or to ask again later, breaks the row: what happens
    to hit a job now and then, in an hour at a provider, must not cost what was paid there.
    """
    before = range(job.lease - count + 1, job.lease)
    return job.losses + 1 >= count and {*before} <= {*lost_leases(session, job)}


def _give_up(session: Session, job: Job, error: ServiceError) -> None:
    if job.attempt_id is not None:
        attempts.close(session, job.attempt_id, attempts.Outcome.FAILED, error)
    fail(session, job, error)
