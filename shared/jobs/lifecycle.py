"""The life of a job: the only place that writes a status.

Each verb is one guarded statement: it names the statuses from which it may start, and, for a
worker's verbs, the lease under which it may write. No row back means that this move does not
apply now: somebody else was first, or the worker was given up for dead. Every move appends an
event in the same transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Float, Integer, Text, column, func, insert, select, update, values
from sqlalchemy.orm import Session

from shared import clock
from shared.errors import JobIsOver, LeaseLost, ServiceError, WorkerLost
from shared.jobs.status import Queue, Status
from shared.jobs.tables import Artifact, Job, JobEvent
from shared.signals import Bell, JobEnded, after_commit
from shared.webhooks import outbox

TRANSITIONS: dict[str, tuple[frozenset[Status], Status]] = {
    "claim": (frozenset({Status.QUEUED}), Status.RUNNING),
    "succeed": (frozenset({Status.RUNNING}), Status.SUCCEEDED),
    "fail": (frozenset({Status.RUNNING}), Status.FAILED),
    "retry": (frozenset({Status.RUNNING}), Status.QUEUED),
    "rescue": (frozenset({Status.RUNNING}), Status.QUEUED),
    "cancel": (frozenset({Status.QUEUED}), Status.CANCELED),
    "abort": (frozenset({Status.RUNNING}), Status.CANCELED),
}

# What a job that is not being worked on does not have.
_AT_REST: dict[str, Any] = {"worker": None, "stage": None, "waiting_for": None}


def claim(
    session: Session, queue: Queue, *, worker: str, limit: int, lease: timedelta
) -> Sequence[Job]:
    """Take up to ``limit`` due jobs of a queue, in the order of their rank."""
    now = clock.now()
    # A common table expression runs once; a plain subquery may run once a row, past its limit.
    due = (
        select(Job.id)
        .where(Job.kind == queue, Job.status == Status.QUEUED, Job.due_at <= now)
        .order_by(Job.rank)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return _move(
        session,
        "claim",
        Job.id.in_(select(due.c.id)),
        lease=Job.lease + 1,
        worker=worker,
        started_at=func.coalesce(Job.started_at, now),
        due_at=now + lease,
    )


def renew(session: Session, held: Mapping[str, tuple[int, float]], *, lease: timedelta) -> None:
    """Prolong the leases of held jobs, given as id -> (lease, progress in per cent), in one go."""
    rows = [(job_id, *of_job) for job_id, of_job in held.items()]
    mine = values(
        column("id", Text), column("lease", Integer), column("progress", Float), name="mine"
    ).data(rows)
    session.execute(
        update(Job)
        .where(Job.id == mine.c.id, Job.lease == mine.c.lease, Job.status == Status.RUNNING)
        .values(due_at=clock.now() + lease, progress=mine.c.progress)
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


def succeed(
    session: Session,
    job: Job,
    *,
    provider: str,
    artifacts: Sequence[Artifact],
    warnings: Sequence[Mapping[str, str]] = (),
) -> Job:
    """Close a job whose artifacts are stored."""
    done = _end(session, "succeed", job, provider=provider, progress=100.0, warnings=list(warnings))
    session.add_all(artifacts)
    done.artifacts = list(artifacts)
    return done


def fail(session: Session, job: Job, error: ServiceError) -> Job:
    """Close a job that cannot be carried out, and say why."""
    return _end(session, "fail", job, error_code=error.code, error_message=error.message)


def abort(session: Session, job: Job) -> Job:
    """Close a running job that its caller no longer wants."""
    return _end(session, "abort", job)


def retry(session: Session, job: Job, *, due_at: datetime, error: ServiceError) -> Job:
    """Give a job back to its queue, to be taken up again at ``due_at``."""
    detail = {"error": error.code, "due_at": clock.rfc3339(due_at)}
    return _move_held(session, "retry", job, detail=detail, due_at=due_at, **_AT_REST)


def release(session: Session, job: Job) -> Job:
    """Give a job back at once: its worker stops and has not begun, or has not finished."""
    done = _move_held(session, "retry", job, due_at=clock.now(), **_AT_REST)
    after_commit(session, Bell(Queue(done.kind), done.id))
    return done


def cancel(session: Session, job: Job) -> Job:
    """Grant or note the wish to stop a job.

    A queued job is canceled at once; a running one is marked, and its worker stops it. Raises
    :class:`JobIsOver` if there is nothing left to stop.
    """
    now = clock.now()
    ended = _move(
        session, "cancel", Job.id == job.id, finished_at=now, due_at=None, cancel_requested_at=now
    )
    if ended:
        _tell(session, ended[0], "cancel")
        return ended[0]
    wished = session.scalars(
        update(Job)
        .where(Job.id == job.id, Job.status == Status.RUNNING)
        .values(cancel_requested_at=now)
        .returning(Job)
    ).one_or_none()
    if wished is None:
        raise JobIsOver(f"The job has already ended: it is {job.status}.")
    return wished


def rescue(session: Session, *, limit: int, max_claims: int) -> Sequence[Job]:
    """Take running jobs away from workers whose lease has run out.

    They go back to their queue; one that has been claimed ``max_claims`` times fails instead,
    since it may be what kills its workers.
    """
    now = clock.now()
    lost = session.scalars(
        select(Job)
        .where(Job.status == Status.RUNNING, Job.due_at <= now)
        .order_by(Job.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for job in lost:
        if job.cancel_requested_at is not None:
            abort(session, job)
        elif job.lease >= max_claims:
            fail(session, job, WorkerLost())
        else:
            _move_held(session, "rescue", job, {"worker": job.worker}, due_at=now, **_AT_REST)
            after_commit(session, Bell(Queue(job.kind), job.id))
    return lost


def _end(session: Session, verb: str, job: Job, **changes: Any) -> Job:
    done = _move_held(
        session, verb, job, finished_at=clock.now(), due_at=None, **(_AT_REST | changes)
    )
    _tell(session, done, verb)
    return done


def _tell(session: Session, job: Job, verb: str) -> None:
    outbox.fan_out(session, job, f"job.{TRANSITIONS[verb][1]}")
    after_commit(session, JobEnded(job.id))


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
    session: Session, verb: str, which: Any, detail: dict[str, Any] | None = None, **changes: Any
) -> Sequence[Job]:
    """Carry out one verb on every job that it applies to, and append their events."""
    sources, target = TRANSITIONS[verb]
    moved = session.scalars(
        update(Job)
        .where(which, Job.status.in_(sources))
        .values(status=target, **changes)
        .returning(Job),
        execution_options={"populate_existing": True, "synchronize_session": False},
    ).all()
    if moved:
        record(session, verb, moved, detail)
    return moved


def record(
    session: Session, verb: str, jobs: Sequence[Job], detail: dict[str, Any] | None = None
) -> None:
    """Append one event to each job."""
    now = clock.now()
    rows = [{"job_id": job.id, "at": now, "verb": verb, "detail": detail or {}} for job in jobs]
    session.execute(insert(JobEvent), rows)
