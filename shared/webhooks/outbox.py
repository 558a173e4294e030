"""The outbox: deliveries that are owed, written in the transaction of what happened."""

from collections.abc import Sequence

from sqlalchemy import insert
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.jobs.status import Queue
from shared.jobs.tables import Job
from shared.signals import Bell, Errand, after_commit
from shared.webhooks.tables import Delivery, DeliveryStatus, WebhookEvent

_EVENTS, _DELIVERIES = insert(WebhookEvent.__table__), insert(Delivery.__table__)


def fan_out(session: Session, jobs: Sequence[Job]) -> None:
    """Owe the webhook of each of these jobs that named one a delivery of how the job stands."""
    owed = {ids.new("evt"): job for job in jobs if job.webhook is not None}
    if not owed:
        return
    now = clock.now()
    events = [
        {
            "id": event_id,
            "account_id": job.account_id,
            "job_id": job.id,
            "type": f"job.{job.status}",
            "created_at": now,
        }
        for event_id, job in owed.items()
    ]
    deliveries = [
        {
            "id": ids.new("dlv"),
            "event_id": event_id,
            "url": job.webhook,
            "status": DeliveryStatus.PENDING,
            "due_at": now,
        }
        for event_id, job in owed.items()
    ]
    session.execute(_EVENTS, events)
    session.execute(_DELIVERIES, deliveries)
    after_commit(session, Bell(Queue.WEBHOOK, Errand.DELIVER, next(iter(owed))))
