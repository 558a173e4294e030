"""The life of a job: the only place that writes a status.

Each verb is one guarded statement: it names the statuses from which it may start, and, for a
worker's verbs, the lease under which it may write. No row back means that this move does not
apply now: somebody else was first, or the worker was given up for dead. Every move appends an
event in the same transaction.

A running job is either with a worker, on lease, or *parked*: at a provider, with no worker, to be
asked for when it is due.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Float,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    column,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.types import TypeEngine

from shared import clock
from shared.errors import DeadlineExceeded, JobIsOver, LeaseLost, ServiceError, WorkerLost
from shared.jobs import turns
from shared.jobs.status import Queue, Status
from shared.jobs.tables import Artifact, Job, JobEvent, stands
from shared.signals import Bell, Errand, JobEnded, after_commit
from shared.webhooks import outbox

TRANSITIONS: dict[str, tuple[frozenset[Status], Status]] = {
    "claim": (frozenset({Status.QUEUED}), Status.RUNNING),
    "park": (frozenset({Status.RUNNING}), Status.RUNNING),
    "resume": (frozenset({Status.RUNNING}), Status.RUNNING),
    "succeed": (frozenset({Status.RUNNING}), Status.SUCCEEDED),
    "fail": (frozenset({Status.RUNNING}), Status.FAILED),
    "retry": (frozenset({Status.RUNNING}), Status.QUEUED),
    "defer": (frozenset({Status.RUNNING}), Status.QUEUED),
    "rescue": (frozenset({Status.RUNNING}), Status.QUEUED),
    "repark": (frozenset({Status.RUNNING}), Status.RUNNING),
    "cancel": (frozenset({Status.QUEUED}), Status.CANCELED),
    "abort": (frozenset({Status.RUNNING}), Status.CANCELED),
    "expire": (frozenset({Status.QUEUED}), Status.CANCELED),
}

# What a job that no worker has does not have.
_AT_REST: dict[str, Any] = {"worker": None, "stage": None, "waiting_for": None}
# What a job that is over does not have.
_OVER: dict[str, Any] = {**_AT_REST, "due_at": None, "deadline": None, "attempt_id": None}

# What a worker knows of the jobs that it holds.
_HELD: dict[str, TypeEngine[Any]] = {
    "id": Text(),
    "lease": Integer(),
    "progress": Float(),
    "due_at": DateTime(timezone=True),
}

_QUIET = {"synchronize_session": False, "populate_existing": True}


# --- a worker takes jobs


def is_claimable(kind: str) -> ColumnElement[bool]:
    """Return the condition of a job that a worker may claim now."""
    return and_(Job.kind == kind, stands(Status.QUEUED), Job.is_ready, Job.due_at <= clock.now())


def is_to_be_asked(kind: str) -> ColumnElement[bool]:
    """Return the condition of a parked job whose provider is to be asked now."""
    return and_(
        Job.kind == kind,
        stands(Status.RUNNING),
        Job.worker.is_(None),
        Job.due_at <= clock.now(),
    )


def claim(
    session: Session, queue: Queue, *, worker: str, limit: int, lease: timedelta
) -> Sequence[Job]:
    """Take up to ``limit`` due jobs of a queue, in the order of their turns."""
    now = clock.now()
    return _move(
        session,
        "claim",
        _first(is_claimable(queue), order=Job.rank, limit=limit),
        lease=Job.lease + 1,
        worker=worker,
        waiting_for=None,
        started_at=func.coalesce(Job.started_at, now),
        deadline=Job.finish_by,
        due_at=now + lease,
    )


def resume(
    session: Session, queue: Queue, *, worker: str, limit: int, lease: timedelta
) -> Sequence[Job]:
    """Take up to ``limit`` parked jobs that are due, to ask their providers."""
    return _move(
        session,
        "resume",
        _first(is_to_be_asked(queue), order=Job.due_at, limit=limit),
        is_told=False,
        lease=Job.lease + 1,
        worker=worker,
        due_at=clock.now() + lease,
    )


def renew(session: Session, held: Mapping[str, tuple[int, float]], *, lease: timedelta) -> None:
    """Prolong the leases of held jobs, given as id -> (lease, progress in per cent), in one go."""
    due_at = clock.now() + lease
    mine = _rows({job_id: (*of_job, due_at) for job_id, of_job in held.items()})
    session.execute(
        update(Job)
        .where(
            Job.id == mine.c.id,
            Job.lease == mine.c.lease,
            Job.status == Status.RUNNING,
            Job.worker.is_not(None),
        )
        .values(due_at=mine.c.due_at, progress=mine.c.progress)
        .execution_options(synchronize_session=False)
    )


def look(session: Session, job_ids: Sequence[str]) -> dict[str, tuple[int, bool]]:
    """Return id -> (lease, whether its caller wants it stopped) of those that are running."""
    running = select(Job.id, Job.lease, Job.cancel_requested_at).where(
        Job.id.in_(job_ids), Job.status == Status.RUNNING
    )
    return {
        one.id: (one.lease, one.cancel_requested_at is not None) for one in session.execute(running)
    }


# --- a worker lets go of a job that is not over


def park(session: Session, job: Job, *, due_at: datetime, **changes: Any) -> Job:
    """Leave a job at its provider, to be asked for at ``due_at``; it holds no slot meanwhile."""
    return _move_held(
        session, "park", job, due_at=due_at, **(_AT_REST | {"waiting_for": "provider"} | changes)
    )


def park_again(session: Session, held: Mapping[str, tuple[int, float, datetime]]) -> None:
    """Leave jobs, given as id -> (lease, progress in per cent, due), where they were, in one go.

    It is no event: nothing has changed.
    """
    mine = _rows(held)
    session.execute(
        update(Job)
        .where(Job.id == mine.c.id, Job.lease == mine.c.lease, Job.status == Status.RUNNING)
        .values(worker=None, due_at=mine.c.due_at, progress=mine.c.progress)
        .execution_options(synchronize_session=False)
    )


def retry(session: Session, job: Job, *, due_at: datetime, error: ServiceError) -> Job:
    """Give a job back to its queue after a failed attempt, to be taken up again at ``due_at``."""
    detail = {"error": error.code, "due_at": clock.rfc3339(due_at)}
    changes = _AT_REST | {"waiting_for": "retry", "attempt_id": None}
    return _move_held(session, "retry", job, detail, due_at=due_at, tries=Job.tries + 1, **changes)


def defer(session: Session, job: Job, *, due_at: datetime, waiting_for: str) -> Job:
    """Give a job back to its queue because something has no room for it; no attempt was made."""
    changes = _AT_REST | {"waiting_for": waiting_for}
    return _move_held(session, "defer", job, {"for": waiting_for}, due_at=due_at, **changes)


def release(session: Session, job: Job) -> Job:
    """Give a job back at once: its worker stops before it is finished."""
    detail, changes = {"for": "worker_stopping"}, {**_AT_REST, "due_at": clock.now()}
    is_at_provider = job.attempt_id is not None
    done = _move_held(session, "repark" if is_at_provider else "defer", job, detail, **changes)
    after_commit(session, Bell(Queue(done.kind), _errand(done), done.id))
    return done


# --- a worker ends a job


def succeed(
    session: Session,
    job: Job,
    *,
    provider: str,
    artifacts: Sequence[Artifact],
    warnings: Sequence[Mapping[str, str]] = (),
) -> Job:
    """Close a job whose artifacts are stored."""
    done = _end_held(
        session,
        "succeed",
        job,
        provider=provider,
        progress=100.0,
        warnings=list(warnings),
        # It may have been too late for its deadline, and yet was finished.
        error_code=None,
        error_message=None,
    )
    session.add_all(artifacts)
    set_committed_value(done, "artifacts", list(artifacts))
    _tell(session, "succeed", [done])
    return done


def fail(session: Session, job: Job, error: ServiceError) -> Job:
    """Close a job that cannot be carried out, and say why."""
    done = _end_held(session, "fail", job, error_code=error.code, error_message=error.message)
    _tell(session, "fail", [done])
    return done


def abort(session: Session, job: Job) -> Job:
    """Close a running job that is no longer wanted, once nothing of it runs any more."""
    done = _end_held(session, "abort", job)
    _tell(session, "abort", [done])
    return done


# --- callers and clocks


def cancel(session: Session, job: Job) -> Job:
    """Grant or note the wish to stop a job.

    A queued job is canceled at once; a running one is marked, and a worker stops it. Raises
    :class:`JobIsOver` if there is nothing left to stop.
    """
    this = Job.id == job.id
    done = [*_end_queued(session, "cancel", this)] or [*_wish(session, this)]
    return done[0] if done else _refuse(job)


def cancel_many(
    session: Session, which: ColumnElement[bool], *, account_id: str, limit: int
) -> tuple[Sequence[Job], Sequence[Job]]:
    """Grant or note the wish to stop up to ``limit`` of an account's jobs.

    Returns those that are canceled and those that are being stopped. One that somebody moves at
    this moment is passed over: nothing waits here for many locks at once.
    """
    wanted = (
        select(Job.id)
        .where(Job.account_id == account_id, which, can_be_canceled())
        .order_by(Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    these = Job.id.in_(session.scalars(wanted).all())
    return _end_queued(session, "cancel", these), _wish(session, these)


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
    reason = {"error_code": why.code, "error_message": why.message, "deadline": None}
    for job in late:
        this = Job.id == job.id
        _end_queued(session, "expire", this, **reason) or _wish(session, this, **reason)
    return late


def rescue(session: Session, *, limit: int, most_losses: int) -> Sequence[Job]:
    """Take running jobs away from workers whose lease has run out.

    One that may be at a provider is parked again, due now: its provider is asked. Any other goes
    back to its queue. One that has lost more workers than that fails: it may be what kills them.
    """
    lost = session.scalars(
        select(Job)
        .where(stands(Status.RUNNING), Job.worker.is_not(None), Job.due_at <= clock.now())
        .order_by(Job.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for job in lost:
        _rescue_one(session, job, most_losses)
    return lost


def lost_leases(session: Session, job: Job) -> Sequence[int]:
    """Return the leases under which workers lost this job; they may have stored something."""
    taken_away = select(JobEvent.detail["lease"].as_integer()).where(
        JobEvent.job_id == job.id, JobEvent.detail.has_key("lease")
    )
    return session.scalars(taken_away).all()


def _rescue_one(session: Session, job: Job, most_losses: int) -> None:
    changes = {**_AT_REST, "due_at": clock.now(), "losses": Job.losses + 1}
    detail = {"worker": job.worker, "lease": job.lease}
    if job.attempt_id is not None:
        done = _move_held(session, "repark", job, detail, **changes)
    elif job.cancel_requested_at is not None:
        abort(session, job)
        return
    elif job.losses + 1 >= most_losses:
        fail(session, job, WorkerLost())
        return
    else:
        done = _move_held(session, "rescue", job, detail, **changes)
    after_commit(session, Bell(Queue(done.kind), _errand(done), done.id))


def _end_queued(
    session: Session, verb: str, which: ColumnElement[bool], **changes: Any
) -> Sequence[Job]:
    now = clock.now()
    ended = _move(
        session,
        verb,
        which,
        **(_OVER | {"finished_at": now, "cancel_requested_at": now} | changes),
    )
    _make_room(session, ended)
    _tell(session, verb, ended)
    return ended


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
        execution_options=_QUIET,
    ).all()
    for job in wished:
        if job.worker is None:
            after_commit(session, Bell(Queue(job.kind), Errand.POLL, job.id))
    return wished


def _refuse(job: Job) -> Job:
    raise JobIsOver(f"The job has already ended: it is {job.status}.")


# --- how it is done


def _end_held(session: Session, verb: str, job: Job, **changes: Any) -> Job:
    done = _move_held(session, verb, job, finished_at=clock.now(), **(_OVER | changes))
    _make_room(session, [done])
    return done


def _make_room(session: Session, jobs: Sequence[Job]) -> None:
    """Let the accounts' next jobs have the places of those that are over."""
    for account_id, count in Counter(job.account_id for job in jobs if job.is_ready).items():
        turns.give_back(session, account_id, count=count)


def _tell(session: Session, verb: str, jobs: Sequence[Job]) -> None:
    outbox.fan_out(session, jobs, f"job.{TRANSITIONS[verb][1]}")
    for job in jobs:
        after_commit(session, JobEnded(job.id))


def _errand(job: Job) -> Errand:
    return Errand.WORK if job.attempt_id is None else Errand.POLL


def _first(condition: ColumnElement[bool], *, order: Any, limit: int) -> ColumnElement[bool]:
    """Return the condition of the first jobs that meet one and that nobody else is moving."""
    # A common table expression runs once; a plain subquery may run once a row, past its limit.
    first = (
        select(Job.id)
        .where(condition)
        .order_by(order)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("first")
    )
    return Job.id.in_(select(first.c.id))


def _rows(held: Mapping[str, tuple[int, float, datetime]]) -> Any:
    """Return held jobs as a table, made of arrays: one statement does for any number of them."""
    by_column = zip(*((job_id, *of_job) for job_id, of_job in held.items()), strict=True)
    arrays = (
        bindparam(None, list(values), ARRAY(kind))
        for kind, values in zip(_HELD.values(), by_column, strict=True)
    )
    columns = (column(name, kind) for name, kind in _HELD.items())
    return func.unnest(*arrays).table_valued(*columns, name="mine").render_derived()


def _move_held(
    session: Session, verb: str, job: Job, detail: dict[str, Any] | None = None, **changes: Any
) -> Job:
    """Move a job under the lease with which it was claimed, or raise :class:`LeaseLost`."""
    fence = (Job.id == job.id) & (Job.lease == job.lease)
    moved = _move(session, verb, fence, detail, **changes)
    if not moved:
        raise LeaseLost
    return moved[0]


def _move(
    session: Session,
    verb: str,
    which: Any,
    detail: dict[str, Any] | None = None,
    *,
    is_told: bool = True,
    **changes: Any,
) -> Sequence[Job]:
    """Carry out one verb on every job that it applies to, and append their events."""
    sources, target = TRANSITIONS[verb]
    moved = session.scalars(
        update(Job)
        .where(which, Job.status.in_(sources))
        .values(status=target, **changes)
        .returning(Job),
        execution_options=_QUIET,
    ).all()
    if moved and is_told:
        record(session, verb, moved, detail)
    return moved


def record(
    session: Session, verb: str, jobs: Sequence[Job], detail: dict[str, Any] | None = None
) -> None:
    """Append one event to each job."""
    now = clock.now()
    rows = [{"job_id": job.id, "at": now, "verb": verb, "detail": detail or {}} for job in jobs]
    session.execute(insert(JobEvent), rows)
