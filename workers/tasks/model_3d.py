"""The queue `3d`: carries out 3D jobs."""

from celery import shared_task

from shared.broker import TASKS
from shared.jobs.status import Queue
from workers import current


@shared_task(name=TASKS[Queue.MODEL_3D], send_events=False)
def work(*, subject: str = "", **_newer: object) -> None:  # noqa: ARG001
    """Hear the bell: take what is due, as far as there are free slots."""
    current.process().hear(Queue.MODEL_3D)
