"""Taking a job on: from here on, it is ours to end."""

from datetime import timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.jobs import lifecycle
from shared.jobs.requests import Draft
from shared.jobs.status import Queue, Status
from shared.jobs.tables import Job
from shared.signals import Bell, after_commit

# One step of priority is worth this much waiting: so an urgent job overtakes, and an old one of
# low priority is overtaken only by what came soon enough after it.
_PRIORITY_STEP = timedelta(minutes=1)


def submit(session: Session, *, account_id: str, origin: str, draft: Draft) -> Job:
    """Write a new job down as queued; its queue's bell rings once this is committed.

    ``origin`` names the contract through which it came.
    """
    # Kept as it is shown, so that a moment that was read can be asked for again.
    now = clock.in_milliseconds(clock.now())
    job = session.scalars(
        insert(Job).returning(Job),
        {
            "id": ids.new("job"),
            "account_id": account_id,
            "origin": origin,
            "kind": draft.kind,
            "operation": draft.operation,
            "model": draft.model.name,
            "input": dict(draft.input),
            "job_metadata": dict(draft.metadata),
            "webhook": draft.webhook,
            "priority": draft.priority,
            "status": Status.QUEUED,
            "progress": 0.0,
            "rank": now - draft.priority * _PRIORITY_STEP,
            "due_at": now,
            "created_at": now,
        },
    ).one()
    job.artifacts = []
    lifecycle.record(session, "submit", [job])
    after_commit(session, Bell(Queue(draft.kind), job.id))
    return job
