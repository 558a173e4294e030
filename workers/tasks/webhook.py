"""The queue `webhook`: delivers what is owed."""

from celery import shared_task

from shared.broker import TASKS
from shared.jobs.status import Queue
from shared.signals import Errand
from workers import current


@shared_task(name=TASKS[Queue.WEBHOOK, Errand.DELIVER], send_events=False)
def deliver(*, subject: str = "", **_newer: object) -> None:  # noqa: ARG001
    """Hear the bell: deliver what is due, as far as there are free slots."""
    current.process().hear(Queue.WEBHOOK, Errand.DELIVER)
