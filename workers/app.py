"""What `celery --app workers.app worker` loads: the tasks, and how a worker begins and ends."""

import os
from typing import Any

from celery.signals import (
    celeryd_after_setup,
    setup_logging,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)

from shared import catalog, log, settings
from shared.broker import celery_app
from shared.jobs.status import Queue
from workers import current
from workers.tasks import image, maintenance, model_3d, render, video, webhook

__all__ = ["app", "image", "maintenance", "model_3d", "render", "video", "webhook"]

_settings = settings.load_or_exit(os.environ, of="limner worker")
# Looked at here, used later: a worker must not start, and then fail at every job.
catalog.load_or_exit(_settings.catalog, of="limner worker")

app = celery_app(_settings.broker)


@setup_logging.connect
def _configure_logging(**_: Any) -> None:
    log.configure(_settings.log)


# Not at worker_ready, which waits for the broker.
@celeryd_after_setup.connect
def _attend_to_its_queues(instance: Any, **_: Any) -> None:
    consumed = instance.app.amqp.queues.consume_from
    current.process().attend({queue for queue in Queue if queue in consumed})


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
