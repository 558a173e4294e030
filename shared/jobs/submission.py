"""Taking jobs on: from here on, they are ours to end."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.accounts import ledger
from shared.accounts.access import Access
from shared.errors import InsufficientCredits
from shared.jobs import inputs, turns
from shared.jobs.requests import Draft
from shared.jobs.status import Queue, Status
from shared.jobs.tables import Job
from shared.jobs.turns import Newcomer, News, Place
from shared.signals import Bell, Errand, JobMoved, after_commit
from shared.webhooks import credits, outbox
from shared.webhooks.types import EventType

# The jobs, their first events, and what is held for them.
_PUT = """
WITH put AS (
    INSERT INTO jobs ({columns})
    SELECT {columns} FROM jsonb_populate_recordset(CAST(NULL AS jobs), CAST(:jobs AS jsonb))
    RETURNING id, account_id, key_id, price
), told AS (
    INSERT INTO job_events (job_id, account_id, at, verb)
    SELECT id, account_id, :now, 'submit' FROM put
)
INSERT INTO ledger_entries (id, account_id, job_id, key_id, verb, balance, held, at)
SELECT entry, account_id, put.id, key_id, 'hold', 0, price, :now
FROM put JOIN unnest(CAST(:ids AS text[]), CAST(:entries AS text[])) AS entries (id, entry)
    ON entries.id = put.id
WHERE price > 0
"""

# Keeps jobs that come in together in their order.
_NEXT = timedelta(microseconds=1)


def submit(
    session: Session, *, account_id: str, origin: str, draft: Draft, by: Access | None = None
) -> Job:
    """Write a new job down as queued; its queue's bell rings once this is committed.

    ``origin`` names the contract through which it came, and ``by`` the key. Its price is held, or
    it is refused: raises :class:`shared.errors.InsufficientCredits`.
    """
    now = _now()
    urgency = turns.urgency(now, draft.priority)
    place, news = turns.take_place(
        session, account_id, urgent=urgency, is_urgent=draft.priority > 0, price=draft.price
    )
    ledger.spend(session, by, draft.price)
    row = _row(draft, place, urgency, now)
    return _write(session, [row | _sender(account_id, origin, by)], [draft], news)[0]


def foresee(session: Session, *, account_id: str, draft: Draft) -> Job:
    """Return the job that a draft would be at this moment; nothing is written."""
    now = _now()
    row = _row(draft, turns.foresee(session, account_id), turns.urgency(now, draft.priority), now)
    return Job(**row, account_id=account_id)


def submit_many(
    session: Session,
    *,
    account_id: str,
    origin: str,
    drafts: Sequence[Draft],
    by: Access | None = None,
    all_or_nothing: bool = False,
) -> Sequence[Job | InsufficientCredits]:
    """Write new jobs down as queued, in few statements; returns them in the order of the drafts.

    In that order each takes what it costs of what is left; one for which too little is left is
    refused, and returned as that. Or else they are refused all together: raises
    :class:`shared.errors.InsufficientCredits`.
    """
    if not drafts:
        return []
    # Nobody else spends of it until this transaction is over.
    turns.hold(session, account_id)
    refused = refusals(session, account_id, drafts, by, all_or_nothing=all_or_nothing)
    paid = [draft for draft, why in zip(drafts, refused, strict=True) if why is None]
    jobs = iter(_submit_paid(session, paid, _sender(account_id, origin, by), by))
    return [next(jobs) if why is None else why for why in refused]


def refusals(
    session: Session,
    account_id: str,
    drafts: Sequence[Draft],
    by: Access | None,
    *,
    all_or_nothing: bool,
) -> list[InsufficientCredits | None]:
    """Say of each draft why it cannot be paid now, if it cannot, and those before it are."""
    purse = ledger.look(session, account_id, by)
    if all_or_nothing and (why := purse.refusal(sum(draft.price for draft in drafts))):
        raise why
    refused: list[InsufficientCredits | None] = []
    for draft in drafts:
        refused.append(purse.refusal(draft.price))
        if refused[-1] is None:
            purse.take(draft.price)
    return refused


def _submit_paid(
    session: Session, drafts: Sequence[Draft], sender: dict[str, Any], by: Access | None
) -> Sequence[Job]:
    if not drafts:
        return []
    now = _now()
    newcomers = list(_newcomers(drafts, now))
    price = sum(draft.price for draft in drafts)
    places, news = turns.take_places(session, sender["account_id"], newcomers, price=price)
    ledger.spend(session, by, price)
    rows = [
        _row(draft, place, newcomer.urgency, now) | sender
        for draft, place, newcomer in zip(drafts, places, newcomers, strict=True)
    ]
    return _write(session, rows, drafts, news)


def _sender(account_id: str, origin: str, by: Access | None) -> dict[str, Any]:
    return {"account_id": account_id, "origin": origin, "key_id": by and by.key_id}


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
        "price": draft.price,
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


def _write(
    session: Session, rows: list[dict[str, Any]], drafts: Sequence[Draft], news: News
) -> Sequence[Job]:
    _put(session, rows)
    jobs = [Job(**row) for row in rows]
    for job in jobs:
        if job.is_ready:
            after_commit(session, Bell(Queue(job.kind), Errand.WORK, job.id))
        after_commit(session, JobMoved(job.id, job.account_id))
    inputs.hold(session, jobs, drafts)
    if news.is_heard:
        outbox.tell_of_jobs(session, EventType.JOB_QUEUED, jobs)
    if news.is_low_now:
        credits.tell_low(session, jobs[0].account_id)
    return jobs


def _put(session: Session, rows: list[dict[str, Any]]) -> None:
    values = {
        "jobs": json.dumps(
            [{_COLUMNS[name]: value for name, value in row.items()} for row in rows],
            default=datetime.isoformat,
        ),
        "ids": [row["id"] for row in rows],
        "entries": [ids.new("led") for _ in rows],
        "now": clock.now(),
    }
    session.execute(_putting(tuple(rows[0])), values)


@cache
def _putting(names: tuple[str, ...]) -> TextClause:
    return text(_PUT.format(columns=", ".join(_COLUMNS[name] for name in names)))


_COLUMNS = {one.key: one.name for one in Job.__table__.c}
