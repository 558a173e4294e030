"""Where a queued job stands in its queue, and when a job is likely to be finished.

An estimate is honest or nothing: it is made of what was measured lately, and left out where that
says too little. How it comes about is in ``docs/api.md``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from shared import clock
from shared.accounts.tables import Account
from shared.catalog import Catalog
from shared.errors import ModelUnavailable
from shared.jobs.status import Status
from shared.jobs.tables import Attempt, Job, stands
from shared.jobs.times import Seen, Work

# Nobody counts further: what is asked for often must cost the same in a queue of any length.
MOST_COUNTED = 1_000

# A job that is next, and no older than this, is about to be taken.
_FRESH = timedelta(seconds=2)
# Of less progress than this, in per cent, nothing can be concluded.
_TELLING_PROGRESS = 10.0


@dataclass(frozen=True)
class Estimate:
    """When a job is likely to start, if it has not yet, and to be finished, if that is known."""

    starts_at: datetime | None
    finishes_at: datetime | None


@dataclass(frozen=True)
class Outlook:
    """What can be said of a job that is not over."""

    queue_position: int | None = None
    estimate: Estimate | None = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What was counted for a queued job; no count goes beyond :data:`MOST_COUNTED`.

    ``ready`` are the jobs of any account that go before it, ``own`` those of its account that get
    a place before it, ``held`` those of its queue that workers are at, and ``places`` those of its
    account.
    """

    ready: int
    own: int
    held: int
    places: int

    @property
    def position(self) -> int:
        """Its position in the queue: 1 is next."""
        return min(self.ready + self.own, MOST_COUNTED) + 1


def look(session: Session, job: Job, *, seen: Seen, catalog: Catalog) -> Outlook:
    """Say what can be said of a job, loaded with its attempts: one statement if it is queued."""
    now = clock.now()
    match job.status:
        case Status.QUEUED:
            standing = stand(session, job)
            usual = _usual(job, None, seen, catalog)
            per_second = seen.per_second(job.kind)
            estimate = of_queued(job, standing, usual=usual, per_second=per_second, now=now)
            return Outlook(standing.position, estimate)
        case Status.RUNNING:
            attempt = next((one for one in job.attempts if one.id == job.attempt_id), None)
            usual = _usual(job, attempt, seen, catalog)
            return Outlook(estimate=of_running(job, attempt, usual=usual, now=now))
        case _:
            return Outlook()


def stand(session: Session, job: Job) -> Standing:
    """Count who goes before a queued job, each count along a partial index and with an end."""
    of_job = {
        "kind": job.kind,
        "account_id": job.account_id,
        "rank": job.rank,
        "urgency": job.urgency,
    }
    row = session.execute(_counting(is_ready=job.is_ready), of_job).one()
    places, of_held, of_ready, *of_own = row
    return Standing(ready=of_ready, own=sum(of_own), held=of_held, places=places)


def of_queued(
    job: Job, standing: Standing, *, usual: float | None, per_second: float, now: datetime
) -> Estimate | None:
    """Estimate when a queued job starts and is finished.

    The queue moves at least as fast as jobs have left it lately, and at least as fast as those
    that workers are at will usually be finished: the greater of both counts.
    """
    due_at = max(job.created_at, job.due_at or job.created_at)
    if standing.position > MOST_COUNTED:
        return None
    if standing.position == 1 and now - due_at < _FRESH:
        return _from(due_at, usual)
    rate = max(per_second, standing.held / usual if usual else 0.0)
    if not rate:
        return None
    wait = standing.position / rate
    if not job.is_ready and usual:
        # Its account's places become free one after the other.
        wait = max(wait, (standing.own + 1) * usual / standing.places)
    return _from(max(due_at, now + timedelta(seconds=wait)), usual)


def of_running(
    job: Job, attempt: Attempt | None, *, usual: float | None, now: datetime
) -> Estimate | None:
    """Estimate when a running job is finished: by its progress, or else by what is usual."""
    begun_at = attempt.started_at if attempt is not None else _begun_here(job)
    if begun_at is None or job.cancel_requested_at is not None or job.waiting_for == "lost_answer":
        return None
    passed = (now - begun_at).total_seconds()
    if job.progress >= _TELLING_PROGRESS:
        left = passed * (100.0 - job.progress) / job.progress
    else:
        left = (usual or 0.0) - passed
    return Estimate(None, now + timedelta(seconds=left)) if left > 0 else None


def _begun_here(job: Job) -> datetime | None:
    """Return when the work on a job began that no provider has; only the first try tells."""
    return None if job.tries or job.losses else job.started_at


def _from(starts_at: datetime, usual: float | None) -> Estimate:
    return Estimate(starts_at, None if usual is None else starts_at + timedelta(seconds=usual))


def _usual(job: Job, attempt: Attempt | None, seen: Seen, catalog: Catalog) -> float | None:
    """Return how long such a job usually takes with the one who makes it, or who would."""
    provider = attempt.provider if attempt is not None else _first_provider(job, catalog)
    if provider is None:
        return None
    work = Work(job.model, job.operation, provider)
    return seen.seconds(work) or catalog.usual_seconds(job.model, job.operation, provider)


def _first_provider(job: Job, catalog: Catalog) -> str | None:
    model = catalog.find(job.model)
    try:
        return catalog.routes(model)[0].provider if model is not None else None
    except ModelUnavailable:
        return None


@cache
def _counting(*, is_ready: bool) -> Any:
    """Return the statement that counts for a job that is ready, or is not; put together once."""
    kind: Any = bindparam("kind")
    account_id: Any = bindparam("account_id")
    ready = (Job.kind == kind) & stands(Status.QUEUED) & Job.is_ready
    own = (Job.account_id == account_id) & stands(Status.QUEUED) & ~Job.is_ready
    held = (Job.kind == kind) & stands(Status.RUNNING) & Job.worker.is_not(None)
    before = ready & (Job.rank < bindparam("rank")) if is_ready else ready
    counted = [_count(held, Job.due_at), _count(before, Job.rank)]
    if not is_ready:
        counted.append(_count(own & (Job.urgency < bindparam("urgency")), Job.urgency))
    return select(Account.concurrency, *counted).where(Account.id == account_id)


def _count(condition: ColumnElement[bool], order: InstrumentedAttribute[Any]) -> ColumnElement[int]:
    """Count the rows that meet a condition, up to a limit, in the order of the index they are in.

    Without the order, the planner may take another index, and look through many more rows.
    """
    first = select(Job.id).where(condition).order_by(order).limit(MOST_COUNTED).subquery()
    return select(func.count()).select_from(first).scalar_subquery()
