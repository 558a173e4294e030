"""The outbox: deliveries that are owed, written in the transaction of what happened."""

from sqlalchemy import insert
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.jobs.status import Queue
from shared.jobs.tables import Job
from shared.signals import Bell, Errand, after_commit
from shared.webhooks.tables import Delivery, DeliveryStatus, WebhookEvent


def fan_out(session: Session, job: Job, event_type: str) -> None:
    """Owe the job's webhook, if it named one, a delivery of this event."""
    if job.webhook is None:
        return
    event_id, now = ids.new("evt"), clock.now()
    session.execute(
        insert(WebhookEvent).values(
            id=event_id,
            account_id=job.account_id,
            job_id=job.id,
            type=event_type,
            created_at=now,
        )
    )
    session.execute(
        insert(Delivery).values(
            id=ids.new("dlv"),
            event_id=event_id,
            url=job.webhook,
            status=DeliveryStatus.PENDING,
            due_at=now,
        )
    )
    after_commit(session, Bell(Queue.WEBHOOK, Errand.DELIVER, event_id))
