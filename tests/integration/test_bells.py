"""Bells on a real Valkey: one wakes a worker for all, and a lost one is rung again."""

import pytest
import redis

from shared.broker import Broker, celery_app
from shared.ground import Ground
from shared.jobs import requests, submission
from shared.jobs.status import Queue
from shared.settings import BrokerSettings
from shared.signals import Bell, Errand
from tests.conftest import Caller, MakeSettings
from tests.support import jobs
from tests.support.hanging import hanging
from workers import keeper


class RegretError(Exception):
    """Something went wrong after the submission."""


def waiting(ground: Ground, queue: Queue) -> int:
    """Count the messages that wait in a queue."""
    with redis.Redis.from_url(ground.settings.broker.url) as client:
        return int(client.llen(queue))


def test_many_submissions_ring_one_bell_until_it_is_heard(ground: Ground, caller: Caller) -> None:
    for _ in range(5):
        jobs.submit(ground, caller.account.id)

    assert waiting(ground, Queue.IMAGE) == 1


def test_a_bell_that_was_heard_may_ring_again(ground: Ground, caller: Caller) -> None:
    jobs.submit(ground, caller.account.id)

    ground.broker.heard(Queue.IMAGE, Errand.WORK)
    jobs.submit(ground, caller.account.id)

    assert waiting(ground, Queue.IMAGE) == 2


def test_nothing_rings_for_a_submission_that_was_rolled_back(
    ground: Ground, caller: Caller
) -> None:
    draft = requests.read({"kind": "image", "input": {"prompt": "x"}}, ground.catalog)

    def submit_and_regret() -> None:
        with ground.transaction() as session:
            submission.submit(session, account_id=caller.account.id, origin="test", draft=draft)
            raise RegretError

    with pytest.raises(RegretError):
        submit_and_regret()

    assert waiting(ground, Queue.IMAGE) == 0


def test_the_keeper_rings_for_what_nobody_came_for(ground: Ground, caller: Caller) -> None:
    jobs.submit(ground, caller.account.id)
    with redis.Redis.from_url(ground.settings.broker.url) as client:
        client.flushall()

    keeper.keep(ground)

    assert waiting(ground, Queue.IMAGE) == 1
    assert waiting(ground, Queue.VIDEO) == 0


def test_a_broker_that_is_away_stops_nobody(make_settings: MakeSettings) -> None:
    broker = Broker(make_settings(LIMNER_BROKER_URL="redis://127.0.0.1:1/0").broker)

    broker.send([Bell(Queue.IMAGE, Errand.WORK, "test")])
    broker.heard(Queue.IMAGE, Errand.WORK)

    broker.close()


def test_a_broker_that_hangs_is_rung_once_in_a_while() -> None:
    with hanging() as server:
        broker = Broker(BrokerSettings(url=server.redis_url))
        for _ in range(500):
            broker.send([Bell(Queue.IMAGE, Errand.WORK, "test")])
        broker.close()

        assert 0 < server.asked < 5


def test_a_bell_that_is_acknowledged_too_late_does_not_end_the_worker(ground: Ground) -> None:
    app = celery_app(ground.settings.broker)
    app.send_task("image.work", queue="image")
    connection = app.connection_for_read()
    message = connection.SimpleQueue("image").get(timeout=5)

    connection.close()
    message.ack()

    app.close()


def test_a_lost_connection_with_an_unread_bell_does_not_end_the_worker(ground: Ground) -> None:
    app = celery_app(ground.settings.broker)
    app.send_task("image.work", queue="image")
    connection = app.connection_for_read()
    connection.SimpleQueue("image").get(timeout=5)

    # What Celery's consumer finds when it closes a connection that it has already given up.
    connection.transport.client = None
    connection.default_channel.close()  # type: ignore[attr-defined]

    app.close()
