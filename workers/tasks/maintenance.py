"""The queue `maintenance`: the keeper's rounds, and what is no longer kept."""

from celery import shared_task

from shared.broker import TASKS
from shared.jobs.status import Queue
from shared.signals import Errand
from workers import current


@shared_task(name=TASKS[Queue.MAINTENANCE, Errand.KEEP], send_events=False)
def keep(**_newer: object) -> None:
    """Look after what is due and has nobody."""
    current.process().keep()


@shared_task(name=TASKS[Queue.MAINTENANCE, Errand.EXPIRE], send_events=False)
def expire(**_newer: object) -> None:
    """Let go what accounts keep no longer."""
    current.process().expire()


@shared_task(name=TASKS[Queue.MAINTENANCE, Errand.SWEEP], send_events=False)
def sweep(**_newer: object) -> None:
    """Remove objects that nothing names any more."""
    current.process().hear(Queue.MAINTENANCE, Errand.SWEEP)
