"""The line before a provider that is full: whoever leaves it calls the next, in order of turns.

Jobs in line are queued and not due for long, so that they are not claimed in vain, over and over.
"""

from typing import Any

from sqlalchemy import bindparam, literal, select, update
from sqlalchemy.orm import Session

from shared.db.base import NOW
from shared.jobs.status import Queue, Status
from shared.jobs.tables import Job, stands
from shared.signals import Bell, Errand, after_commit

IN_LINE = "provider_capacity"


def call_next(session: Session, provider: str) -> str | None:
    """Make the first job due that waits for room at a provider; returns its id, if there is one."""
    called = session.execute(_CALL, {"at": provider}).one_or_none()
    if called is None:
        return None
    after_commit(session, Bell(Queue(called.kind), Errand.WORK, called.id))
    return str(called.id)


def _calling() -> Any:
    first = (
        select(Job.id)
        .where(
            Job.provider == bindparam("at"),
            stands(Status.QUEUED),
            Job.waiting_for == literal(IN_LINE, literal_execute=True),
            # Whoever is due already was called before, or waits no longer.
            Job.due_at > NOW,
        )
        .order_by(Job.rank)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("first")
    )
    return (
        update(Job.__table__)
        .where(Job.id == first.c.id)
        .values(due_at=NOW)
        .returning(Job.id, Job.kind)
    )


_CALL = _calling()
