"""What beat and Flower load: the names of the tasks and when the keeper goes round, no more.

They carry nothing out, so they need neither the database nor what makes media.
"""

import os
from typing import Any

from celery.signals import setup_logging

from shared import log, settings
from shared.broker import TASKS, celery_app
from shared.jobs.status import Queue
from shared.signals import Errand

_settings = settings.load_or_exit(os.environ, of="limner")

app = celery_app(_settings.broker)
app.conf.update(
    beat_schedule={
        "keep": {
            "task": TASKS[Queue.MAINTENANCE, Errand.KEEP],
            "schedule": 1.0,
            # A round that nobody made in time is not made up for: the next one does it all.
            "options": {"queue": str(Queue.MAINTENANCE), "expires": 2.0},
        },
        "expire": {
            "task": TASKS[Queue.MAINTENANCE, Errand.EXPIRE],
            "schedule": 60.0,
            "options": {"queue": str(Queue.MAINTENANCE), "expires": 60.0},
        },
    },
    # The schedule is the same at every start, so there is nothing to keep in a file.
    beat_scheduler="celery.beat:Scheduler",
    beat_max_loop_interval=1.0,
)


@setup_logging.connect
def _configure_logging(**_: Any) -> None:
    log.configure(_settings.log)
