"""Taking jobs on: from here on, they are ours to end."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.jobs import turns
from shared.jobs.lifecycle import events
from shared.jobs.requests import Draft
from shared.jobs.status import Queue, Status
from shared.jobs.tables import Job
from shared.jobs.turns import Newcomer, Place
from shared.signals import Bell, Errand, after_commit

_INSERT = insert(Job.__table__)

# Keeps jobs that come in together in their order.
_NEXT = timedelta(microseconds=1)


def submit(session: Session, *, account_id: str, origin: str, draft: Draft) -> Job:
    """Write a new job down as queued; its queue's bell rings once this is committed.

    ``origin`` names the contract through which it came.
    """
    now = _now()
    urgency = turns.urgency(now, draft.priority)
    place = turns.take_place(session, account_id, urgent=urgency, is_urgent=draft.priority > 0)
    row = _row(draft, place, urgency, now)
    return _write(session, [row | {"account_id": account_id, "origin": origin}])[0]


def submit_many(
    session: Session, *, account_id: str, origin: str, drafts: Sequence[Draft]
) -> Sequence[Job]:
    """Write new jobs down as queued, in few statements; returns them in the order of the drafts."""
    if not drafts:
        return []
    now = _now()
    newcomers = list(_newcomers(drafts, now))
    places = turns.take_places(session, account_id, newcomers)
    rows = [
        _row(draft, place, newcomer.urgency, now) | {"account_id": account_id, "origin": origin}
        for draft, place, newcomer in zip(drafts, places, newcomers, strict=True)
    ]
    return _write(session, rows)


def _now() -> datetime:
    # Kept as it is shown, so that a moment that was read can be asked for again.
    return clock.in_milliseconds(clock.now())


def _newcomers(drafts: Sequence[Draft], now: datetime) -> Iterator[Newcomer]:
    for position, draft in enumerate(drafts):
        urgency = turns.urgency(now, draft.priority) + position * _NEXT
        yield Newcomer(urgency, is_urgent=draft.priority > 0)


def _row(draft: Draft, place: Place, urgency: datetime, now: datetime) -> dict[str, Any]:
    deadlines = [moment for moment in (draft.start_by, draft.finish_by) if moment is not None]
    return {
        "id": ids.new("job"),
        "kind": draft.kind,
        "operation": draft.operation,
        "model": draft.model.name,
        "input": dict(draft.input),
        "job_metadata": dict(draft.metadata),
        "webhook": draft.webhook,
        "priority": draft.priority,
        "start_by": draft.start_by,
        "finish_by": draft.finish_by,
        "retry_of": draft.retry_of,
        "is_test": draft.is_test,
        "status": Status.QUEUED,
        "progress": 0.0,
        "warnings": [],
        "deadline": min(deadlines, default=None),
        "is_ready": place.is_ready,
        "waiting_for": None if place.is_ready else turns.NO_PLACE,
        "rank": place.rank,
        "urgency": urgency,
        "due_at": now,
        "lease": 0,
        "tries": 0,
        "losses": 0,
        "created_at": now,
    }


def _write(session: Session, rows: list[dict[str, Any]]) -> Sequence[Job]:
    session.execute(_INSERT, rows)
    jobs = [Job(**row) for row in rows]
    for job in jobs:
        if job.is_ready:
            after_commit(session, Bell(Queue(job.kind), Errand.WORK, job.id))
    events.record(session, "submit", jobs)
    return jobs
