"""The queue `image`: carries out image jobs."""

from celery import shared_task

from shared.broker import TASKS
from shared.jobs.status import Queue
from workers import current


@shared_task(name=TASKS[Queue.IMAGE], send_events=False)
def work(*, subject: str = "", **_newer: object) -> None:  # noqa: ARG001
    """Hear the bell: take what is due, as far as there are free slots."""
    current.process().hear(Queue.IMAGE)
