"""Callers and clocks want a job stopped: at once if it waits, else by whoever has it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.orm import Session

from shared import clock
from shared.errors import DeadlineExceeded, JobIsOver
from shared.jobs.lifecycle.ending import Ending, end
from shared.jobs.status import Queue, Status
from shared.jobs.tables import Job
from shared.signals import Bell, Errand, after_commit


def cancel(session: Session, job: Job) -> Job:
    """Grant or note the wish to stop a job.

    A queued job is canceled at once; a running one is marked, and a worker stops it. Raises
    :class:`JobIsOver` if there is nothing left to stop.
    """
    done = end(session, [Ending(job, "cancel")]) or _wish(session, Job.id == job.id)
    if not done:
        raise JobIsOver(f"The job has already ended: it is {job.status}.")
    return done[0]


def cancel_many(
    session: Session, which: ColumnElement[bool], *, account_id: str, limit: int
) -> tuple[Sequence[Job], Sequence[Job]]:
    """Grant or note the wish to stop up to ``limit`` of an account's jobs.

    Returns those that are canceled and those that are being stopped. One that somebody moves at
    this moment is passed over: nothing waits here for many locks at once.
    """
    wanted = session.scalars(
        select(Job)
        .where(Job.account_id == account_id, which, can_be_canceled())
        .order_by(Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    queued = [job for job in wanted if job.status == Status.QUEUED]
    running = [job.id for job in wanted if job.status == Status.RUNNING]
    canceled = end(session, [Ending(job, "cancel") for job in queued])
    return canceled, _wish(session, Job.id.in_(running))


def can_be_canceled() -> ColumnElement[bool]:
    """Return the condition of a job that is not over, and of which nobody wished so yet."""
    return Job.status.in_({Status.QUEUED, Status.RUNNING}) & Job.cancel_requested_at.is_(None)


def expire(session: Session, *, limit: int) -> Sequence[Job]:
    """End jobs whose deadline has passed, as if their callers had canceled them then."""
    late = session.scalars(
        select(Job)
        .where(Job.deadline <= clock.now())
        .order_by(Job.deadline)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    why = DeadlineExceeded()
    reason = {"error_code": why.code, "error_message": why.message}
    running = [one.id for one in late if one.status == Status.RUNNING]
    queued = [one for one in late if one.status == Status.QUEUED]
    end(session, [Ending(job, "expire", changes=reason) for job in queued])
    _wish(session, Job.id.in_(running), **reason, deadline=None)
    return late


def _wish(session: Session, which: ColumnElement[bool], **changes: Any) -> Sequence[Job]:
    """Mark running jobs; a parked one becomes due, so that its provider is told."""
    now = clock.now()
    wished = session.scalars(
        update(Job)
        .where(which, Job.status == Status.RUNNING)
        .values(
            cancel_requested_at=func.coalesce(Job.cancel_requested_at, now),
            due_at=case((Job.worker.is_(None), now), else_=Job.due_at),
            **changes,
        )
        .returning(Job),
        execution_options={"synchronize_session": False, "populate_existing": True},
    ).all()
    for job in wished:
        if job.worker is None:
            after_commit(session, Bell(Queue(job.kind), Errand.POLL, job.id))
    return wished
