"""Tells Flower what is being worked on: each job as a task of its own.

Bells are Celery's tasks, but they say nothing to a reader: one may stand for many jobs. So their
events are off, and each job sends the events of a task under its own id. They are gathered, and
sent once a second: as messages of their own they would cost a job more than its claim does.
"""

import time
from collections.abc import Callable
from typing import Any

from shared import log
from shared.jobs.status import Status
from shared.jobs.tables import Job

_logger = log.get(__name__)

# Celery's own name for the events of tasks.
_GATHERED = frozenset({"task"})


class Teller:
    """Sends a job's events as Celery's event protocol has them for a task."""

    def __init__(self) -> None:
        self._consumer: Any = None
        self._begun: dict[str, float] = {}

    def connect(self, consumer: Any) -> None:
        """Send through this worker's consumer, once it is ready."""
        self._consumer = consumer

    def started(self, job: Job) -> None:
        """A job is being carried out from now on."""
        self._begun[job.id] = time.monotonic()
        about = {"job": job.id, "account": job.account_id, "model": job.model}
        name = f"{job.kind}.{job.operation}"
        self._send("task-received", job, name=name, args="()", kwargs=repr(about), retries=0)
        self._send("task-started", job)

    def ended(self, job: Job, after: Job | None) -> None:
        """A job is no longer carried out here; ``after`` is how it stands now."""
        seconds = time.monotonic() - self._begun.pop(job.id, time.monotonic())
        match after and after.status:
            case Status.SUCCEEDED:
                made = ", ".join(one.id for one in after.artifacts) if after else ""
                self._send("task-succeeded", job, result=repr(made), runtime=seconds)
            case Status.FAILED:
                why = f"{after.error_code}: {after.error_message}" if after else ""
                self._send("task-failed", job, exception=why, traceback="")
            case Status.QUEUED:
                self._send("task-retried", job, exception="to be tried again", traceback="")
            case Status.RUNNING:
                pass  # it is at its provider: still the same task to a reader
            case _:
                self._send("task-revoked", job, terminated=True, signum="", expired=False)

    def flush(self) -> None:
        """Send what was gathered."""
        self._dispatch(lambda dispatcher: dispatcher.flush())

    def _send(self, event: str, job: Job, **fields: Any) -> None:
        self._dispatch(lambda dispatcher: dispatcher.send(event, uuid=job.id, **fields))

    def _dispatch(self, call: Callable[[Any], None]) -> None:
        # Looked up each time: after the broker was away, the consumer has another one.
        dispatcher = getattr(self._consumer, "event_dispatcher", None)
        if dispatcher is None:
            return
        try:
            # Else Celery sends what it has gathered as soon as its loop has a moment.
            dispatcher.buffer_group, dispatcher.on_send_buffered = _GATHERED, None
            call(dispatcher)
        except Exception as error:  # noqa: BLE001 - a dashboard never stands in a job's way
            _logger.debug("events not sent", error=str(error))
