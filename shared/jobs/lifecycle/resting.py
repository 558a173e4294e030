"""A worker lets go of a job that is not over: parked at its provider, or back in its queue."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from shared import clock
from shared.errors import LeaseLost, ServiceError
from shared.jobs.lifecycle.events import telling
from shared.jobs.status import TRANSITIONS, Queue, Status
from shared.jobs.tables import Job, stands
from shared.signals import Bell, Errand, JobMoved, after_commit


def park(session: Session, job: Job, *, due_at: datetime, waiting_for: str = "provider") -> Job:
    """Leave a job at its provider, to be asked for at ``due_at``; it holds no slot meanwhile."""
    return rest(session, "park", job, due_at=due_at, waiting_for=waiting_for)


def retry(session: Session, job: Job, *, due_at: datetime, error: ServiceError) -> Job:
    """Give a job back to its queue after a failed attempt, to be taken up again at ``due_at``."""
    detail = {"error": error.code, "due_at": clock.rfc3339(due_at)}
    return rest(session, "retry", job, due_at=due_at, waiting_for="retry", detail=detail, tries=1)


def defer(session: Session, job: Job, *, due_at: datetime, waiting_for: str, provider: str) -> Job:
    """Give a job back to its queue since there is no room for it now; no attempt was made."""
    detail = {"for": waiting_for, "provider": provider}
    job.provider = provider
    return rest(session, "defer", job, due_at=due_at, waiting_for=waiting_for, detail=detail)


def release(session: Session, job: Job) -> Job:
    """Give a job back at once: its worker stops before it is finished."""
    verb = "defer" if job.attempt_id is None else "repark"
    done = rest(session, verb, job, due_at=clock.now(), detail={"for": "worker_stopping"})
    ring(session, done)
    return done


def ring(session: Session, job: Job) -> None:
    """Call somebody for a job that is due now."""
    errand = Errand.WORK if job.attempt_id is None else Errand.POLL
    after_commit(session, Bell(Queue(job.kind), errand, job.id))


def rest(
    session: Session,
    verb: str,
    job: Job,
    *,
    due_at: datetime,
    waiting_for: str | None = None,
    detail: Mapping[str, Any] | None = None,
    tries: int = 0,
    losses: int = 0,
) -> Job:
    """Take a job from its worker, under the lease with which it was claimed.

    ``tries`` and ``losses`` are what is added to the job's. Raises :class:`LeaseLost`.
    """
    given = {
        "of_job": job.id,
        "under": job.lease,
        "until": due_at,
        "wait": waiting_for,
        "more_tries": tries,
        "more_losses": losses,
        "by": job.provider,
        "detail": detail or {},
    }
    if session.execute(_REST[verb], given).one_or_none() is None:
        raise LeaseLost
    shown = {
        "status": TRANSITIONS[verb][1],
        "worker": None,
        "stage": None,
        "waiting_for": waiting_for,
        "due_at": due_at,
        "tries": job.tries + tries,
        "losses": job.losses + losses,
        "attempt_id": None if tries else job.attempt_id,
    }
    for name, value in shown.items():
        set_committed_value(job, name, value)
    if TRANSITIONS[verb][1] is Status.QUEUED:
        after_commit(session, JobMoved(job.id, job.account_id))
    return job


def _resting(verb: str) -> Any:
    """Return the statement of a verb. It is made once: that costs more than to carry it out."""
    source, target = TRANSITIONS[verb]
    tries: Any = bindparam("more_tries")
    resting = (
        update(Job.__table__)
        .where(Job.id == bindparam("of_job"), Job.lease == bindparam("under"), stands(source))
        .values(
            status=target,
            worker=None,
            stage=None,
            waiting_for=bindparam("wait"),
            due_at=bindparam("until"),
            tries=Job.tries + tries,
            losses=Job.losses + bindparam("more_losses"),
            provider=bindparam("by"),
            # A try that has failed is over.
            attempt_id=case((tries == 0, Job.attempt_id)),
        )
        .returning(Job.id, Job.account_id)
    )
    return telling(resting, verb)


_REST = {verb: _resting(verb) for verb in ("park", "retry", "defer", "repark", "rescue")}
