"""A worker takes jobs, and looks after them: one statement for any number of them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Boolean, ColumnElement, and_, bindparam, func, literal_column, select, update
from sqlalchemy.orm import Session

from shared import clock
from shared.db.base import NOW
from shared.errors import LeaseLost
from shared.jobs.lifecycle.events import telling
from shared.jobs.status import TRANSITIONS, Queue, Status
from shared.jobs.tables import Job, stands
from shared.signals import JobMoved, after_commit
from shared.webhooks import outbox
from shared.webhooks.types import EventType

_QUIET = {"synchronize_session": False, "populate_existing": True}
_KIND: Any = bindparam("of_kind")
_MOST: Any = bindparam("most")
_WORKER: Any = bindparam("by")
_UNTIL: Any = bindparam("until")


def is_claimable(kind: Any) -> ColumnElement[bool]:
    """Return the condition of a job that a worker may claim now."""
    return and_(Job.kind == kind, stands(Status.QUEUED), Job.is_ready, Job.due_at <= NOW)


def is_to_be_asked(kind: Any) -> ColumnElement[bool]:
    """Return the condition of a parked job whose provider is to be asked now."""
    return and_(Job.kind == kind, stands(Status.RUNNING), Job.worker.is_(None), Job.due_at <= NOW)


def claim(
    session: Session, queue: Queue, *, worker: str, limit: int, lease: timedelta
) -> Sequence[Job]:
    """Take up to ``limit`` due jobs of a queue, in the order of their turns."""
    given = _given(queue, worker=worker, limit=limit, lease=lease)
    taken = session.execute(_CLAIM, given, execution_options=_QUIET).all()
    for job, _ in taken:
        after_commit(session, JobMoved(job.id, job.account_id))
    # Once for each job: it may be claimed again after a failure.
    heard = [job for job, is_heard in taken if is_heard and job.lease == 1]
    if heard:
        outbox.tell_of_jobs(session, EventType.JOB_STARTED, heard)
    return [job for job, _ in taken]


def resume(
    session: Session, queue: Queue, *, worker: str, limit: int, lease: timedelta
) -> Sequence[Job]:
    """Take up to ``limit`` parked jobs that are due, to ask their providers. It is no event."""
    given = _given(queue, worker=worker, limit=limit, lease=lease)
    return session.scalars(_RESUME, given, execution_options=_QUIET).all()


def read_held(session: Session, job: Job) -> Job:
    """Return a job that a worker holds as its row is; raises :class:`LeaseLost`.

    Of a transaction that was rolled back, the job in hand may say what was to be.
    """
    mine = (Job.id == job.id, Job.lease == job.lease, Job.status == Status.RUNNING)
    found = session.scalars(select(Job).where(*mine)).one_or_none()
    if found is None:
        raise LeaseLost
    return found


def look(session: Session, job_ids: Sequence[str]) -> dict[str, tuple[int, bool]]:
    """Return id -> (lease, whether its caller wants it stopped) of those that are running."""
    running = select(Job.id, Job.lease, Job.cancel_requested_at).where(
        Job.id.in_(job_ids), Job.status == Status.RUNNING
    )
    return {
        one.id: (one.lease, one.cancel_requested_at is not None) for one in session.execute(running)
    }


def _given(queue: Queue, *, worker: str, limit: int, lease: timedelta) -> dict[str, Any]:
    return {"of_kind": queue, "most": limit, "by": worker, "until": clock.now() + lease}


def _taking(verb: str, condition: ColumnElement[bool], *, order: Any, **changes: Any) -> Any:
    """Return the statement that takes the first jobs that meet a condition, and nobody else's.

    It is made once: to make it anew each time costs more than to carry it out.
    """
    # A common table expression runs once; a plain subquery may run once a row, past its limit.
    first = (
        select(Job.id)
        .where(condition)
        .order_by(order)
        .limit(_MOST)
        .with_for_update(skip_locked=True)
        .cte("first")
    )
    source, target = TRANSITIONS[verb]
    return (
        update(Job.__table__)
        .where(Job.id == first.c.id, stands(source))
        .values(status=target, lease=Job.lease + 1, worker=_WORKER, due_at=_UNTIL, **changes)
        .returning(*Job.__table__.c)
    )


_CLAIM = select(Job, literal_column("is_heard", Boolean)).from_statement(
    telling(
        _taking(
            "claim",
            is_claimable(_KIND),
            order=Job.rank,
            waiting_for=None,
            started_at=func.coalesce(Job.started_at, NOW),
            deadline=Job.finish_by,
        ),
        "claim",
        heard_as=EventType.JOB_STARTED,
    )
)
_RESUME = select(Job).from_statement(_taking("resume", is_to_be_asked(_KIND), order=Job.due_at))
