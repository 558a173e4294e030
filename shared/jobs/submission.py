"""Taking a job on: from here on, it is ours to end."""

from sqlalchemy import insert
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from shared import clock, ids
from shared.jobs import lifecycle, turns
from shared.jobs.requests import Draft
from shared.jobs.status import Queue, Status
from shared.jobs.tables import Job
from shared.signals import Bell, Errand, after_commit


def submit(session: Session, *, account_id: str, origin: str, draft: Draft) -> Job:
    """Write a new job down as queued; its queue's bell rings once this is committed.

    ``origin`` names the contract through which it came.
    """
    # Kept as it is shown, so that a moment that was read can be asked for again.
    now = clock.in_milliseconds(clock.now())
    urgency = turns.urgency(now, draft.priority)
    place = turns.take_place(session, account_id, urgent=urgency, is_urgent=draft.priority > 0)
    deadlines = [moment for moment in (draft.start_by, draft.finish_by) if moment is not None]
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
            "start_by": draft.start_by,
            "finish_by": draft.finish_by,
            "deadline": min(deadlines, default=None),
            "is_ready": place.is_ready,
            "waiting_for": None if place.is_ready else turns.NO_PLACE,
            "rank": place.rank,
            "urgency": urgency,
            "due_at": now,
            "created_at": now,
        },
    ).one()
    # As if loaded: it is new, so there is nothing to ask the database for.
    set_committed_value(job, "artifacts", [])
    set_committed_value(job, "attempts", [])
    lifecycle.record(session, "submit", [job])
    if place.is_ready:
        after_commit(session, Bell(Queue(draft.kind), Errand.WORK, job.id))
    return job
