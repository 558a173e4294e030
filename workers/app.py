"""What `celery --app workers.app` loads: the application, its tasks and its signals."""

import os
import sys
from typing import Any

from celery.signals import setup_logging, worker_ready, worker_shutdown, worker_shutting_down

from shared import broker, log, settings
from shared.jobs.status import Queue
from workers import current
from workers.tasks import image, maintenance, model_3d, render, video, webhook

__all__ = ["app", "image", "maintenance", "model_3d", "render", "video", "webhook"]

try:
    _settings = settings.load(os.environ)
except settings.SettingsError as error:
    sys.exit(f"limner worker: the settings are not usable.\n{error}")

app = broker.celery_app(_settings.broker)
app.conf.update(
    beat_schedule={
        "keep": {
            "task": broker.TASKS[Queue.MAINTENANCE],
            "schedule": 1.0,
            # A round that nobody made in time is not made up for: the next one does it all.
            "options": {"queue": str(Queue.MAINTENANCE), "expires": 2.0},
        }
    },
    # The schedule is the same at every start, so there is nothing to keep in a file.
    beat_scheduler="celery.beat:Scheduler",
    beat_max_loop_interval=1.0,
)


@setup_logging.connect
def _configure_logging(**_: Any) -> None:
    log.configure(_settings.log)


@worker_ready.connect
def _meet_flower(sender: Any, **_: Any) -> None:
    current.teller.connect(sender)


@worker_shutting_down.connect
def _claim_no_more(**_: Any) -> None:
    process = current.opened()
    if process is not None:
        process.close()


@worker_shutdown.connect
def _finish_what_is_held(**_: Any) -> None:
    process = current.opened()
    if process is not None:
        process.stop()
