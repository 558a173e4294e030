"""The queue `video`: carries out video jobs, and asks for those at providers."""

from celery import shared_task

from shared.broker import TASKS
from shared.jobs.status import Queue
from shared.signals import Errand
from workers import current


@shared_task(name=TASKS[Queue.VIDEO, Errand.WORK], send_events=False)
def work(*, subject: str = "", **_newer: object) -> None:  # noqa: ARG001
    """Hear the bell: take what is due, as far as there are free slots."""
    current.process().hear(Queue.VIDEO, Errand.WORK)


@shared_task(name=TASKS[Queue.VIDEO, Errand.POLL], send_events=False)
def poll(*, subject: str = "", **_newer: object) -> None:  # noqa: ARG001
    """Hear the bell: ask for what is due at its provider."""
    current.process().hear(Queue.VIDEO, Errand.POLL)
