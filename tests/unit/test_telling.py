"""What Flower is told of jobs: through Celery's own dispatcher, gathered."""

from typing import Any

import pytest
from celery import Celery
from celery.events import EventDispatcher

from shared.jobs.status import Status
from shared.jobs.tables import Job
from workers.telling import Teller


class Consumer:
    """A worker's consumer, whose dispatcher sends into this process's memory."""

    def __init__(self) -> None:
        self.app = Celery(broker="memory://")
        self.connect()

    def connect(self) -> None:
        """Begin anew, as after the broker was away."""
        self.event_dispatcher = EventDispatcher(self.app.connection_for_write(), app=self.app)

    def heard(self) -> list[Any]:
        """Return what was sent until now, message by message."""
        return self._heard

    def listen(self) -> None:
        """Note what is published from now on."""
        self._heard: list[Any] = []
        self.event_dispatcher.producer = self  # type: ignore[attr-defined]

    def publish(self, event: Any, **_: Any) -> None:
        """Take one message."""
        self._heard.append(event)


@pytest.fixture
def consumer() -> Consumer:
    found = Consumer()
    found.listen()
    return found


def a_job() -> Job:
    return Job(
        id="job_1", account_id="acc_1", kind="image", operation="generate", model="flux", input={}
    )


def test_what_happens_within_a_second_is_told_in_one_message(consumer: Consumer) -> None:
    teller, job = Teller(), a_job()
    teller.connect(consumer)

    teller.started(job)
    teller.ended(job, Job(status=Status.CANCELED))
    assert consumer.heard() == []
    teller.flush()

    [events] = consumer.heard()
    assert [(one["type"], one["uuid"]) for one in events] == [
        ("task-received", "job_1"),
        ("task-started", "job_1"),
        ("task-revoked", "job_1"),
    ]


def test_another_dispatcher_gathers_too(consumer: Consumer) -> None:
    teller = Teller()
    teller.connect(consumer)
    consumer.connect()
    consumer.listen()

    teller.started(a_job())
    assert consumer.heard() == []
    teller.flush()

    assert len(consumer.heard()) == 1


def test_without_a_consumer_nobody_is_told() -> None:
    teller = Teller()

    teller.started(a_job())
    teller.flush()
