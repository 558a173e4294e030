"""The queue `maintenance`: the keeper's rounds."""

from celery import shared_task

from shared.broker import TASKS
from shared.jobs.status import Queue
from shared.signals import Errand
from workers import current


@shared_task(name=TASKS[Queue.MAINTENANCE, Errand.KEEP], send_events=False)
def keep(**_newer: object) -> None:
    """Look after what is due and has nobody."""
    current.process().keep()
