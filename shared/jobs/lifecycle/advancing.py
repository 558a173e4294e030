"""Jobs go on with those who hold them: leases are prolonged, and how far the work is gets told."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from shared import clock
from shared.jobs.lifecycle.events import telling_progress
from shared.jobs.lifecycle.held import MINE, given
from shared.jobs.status import Status
from shared.jobs.tables import Job
from shared.signals import JobMoved, after_commit
from shared.webhooks import outbox
from shared.webhooks.audience import is_heard
from shared.webhooks.tables import WebhookEvent
from shared.webhooks.types import EventType

_OF_JOB, _OF_EVENT = Job.__table__.c, WebhookEvent.__table__.c

# Per cent. Each step is an event at most once in a try, so a job of hours has no more than a short.
_STEP = 10.0


def renew(
    session: Session,
    jobs: Mapping[str, tuple[int, float]],
    *,
    lease: timedelta,
    apart: timedelta,
) -> None:
    """Prolong the leases of held jobs, given as id -> (lease, progress in per cent), in one go.

    Progress is an event at each tenth. Endpoints are told of one job's so far ``apart`` at least.
    """
    due_at = clock.now() + lease
    rows = {job_id: (*of_job, due_at) for job_id, of_job in jobs.items()}
    _advance(session, _RENEW, rows, apart)


def park_again(
    session: Session, jobs: Mapping[str, tuple[int, float, datetime]], *, apart: timedelta
) -> None:
    """Leave jobs, given as id -> (lease, progress in per cent, due), where they were, in one go.

    Only progress is an event, at each tenth: nothing else has changed. Endpoints are told of one
    job's so far ``apart`` at least.
    """
    _advance(session, _PARK_AGAIN, jobs, apart)


def _advance(
    session: Session,
    statement: Any,
    rows: Mapping[str, tuple[int, float, datetime]],
    apart: timedelta,
) -> None:
    values = given(rows) | {"long_ago": clock.now() - apart}
    found = session.execute(statement, values).all()
    for job, is_event, _ in found:
        if is_event:
            after_commit(session, JobMoved(job.id, job.account_id))
    heard = [job for job, _, is_heard in found if is_heard]
    if heard:
        data = {job.id: {"progress": job.progress} for job in heard}
        outbox.tell_of_jobs(session, EventType.JOB_PROGRESS, heard, data)


def _telling(moving: Any) -> Any:
    """Return a statement that moves jobs, and returns those whose progress is to be told now.

    Each with whether it is an event, and whether endpoints are told of it.
    """
    moved = moving.returning(*_OF_JOB, _BEFORE.progress.label("was")).cte("moved")
    is_event = func.floor(moved.c.progress / _STEP) > func.floor(moved.c.was / _STEP)
    was_told = (
        exists()
        .where(
            _OF_EVENT.job_id == moved.c.id,
            _OF_EVENT.type == EventType.JOB_PROGRESS,
            or_(
                _OF_EVENT.created_at > bindparam("long_ago"),
                _OF_EVENT.data["progress"].as_float() >= moved.c.progress,
            ),
        )
        .correlate(moved)
    )
    heard = is_heard(moved.c.account_id, EventType.JOB_PROGRESS, within=moved)
    is_told = and_(moved.c.progress > 0, heard, ~was_told)
    to_tell = (
        select(moved, is_event.label("is_event"), is_told.label("is_heard"))
        .where(or_(is_event, is_told))
        .add_cte(telling_progress(moved, is_event=is_event))
    )
    whether = (literal_column(name, Boolean) for name in ("is_event", "is_heard"))
    return select(Job, *whether).from_statement(to_tell)


_BEFORE = Job.__table__.alias("before").c
_IS_MINE = (
    _OF_JOB.id == MINE.c.id,
    _BEFORE.id == MINE.c.id,
    _OF_JOB.lease == MINE.c.lease,
    _OF_JOB.status == Status.RUNNING,
)
_WITH_PROGRESS: dict[str, Any] = {"due_at": MINE.c.due_at, "progress": MINE.c.progress}
_RENEW = _telling(
    update(Job.__table__).where(*_IS_MINE, _OF_JOB.worker.is_not(None)).values(_WITH_PROGRESS)
)
_PARK_AGAIN = _telling(
    update(Job.__table__).where(*_IS_MINE).values(_WITH_PROGRESS | {"worker": None})
)
