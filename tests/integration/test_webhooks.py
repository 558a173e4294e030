"""Webhooks, delivered to a real receiver."""

import json
from datetime import timedelta

from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from shared import clock
from shared.ground import Ground
from shared.jobs.status import Queue
from shared.signals import Errand
from shared.webhooks.tables import Delivery, DeliveryAttempt
from shared.webhooks.types import DeliveryStatus
from tests.conftest import Api, Caller, MakeSettings
from tests.support.patience import eventually
from tests.support.receiver import Receiver
from workers import delivery
from workers.lanes import Lanes
from workers.process import WorkerProcess
from workers.telling import Teller


def deliveries(ground: Ground) -> list[Delivery]:
    with ground.transaction() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def attempts(ground: Ground) -> list[DeliveryAttempt]:
    with ground.transaction() as session:
        return list(session.scalars(select(DeliveryAttempt).order_by(DeliveryAttempt.number)))


def test_the_receiver_is_told_once_and_can_check_who_told_it(
    api: Api, ground: Ground, caller: Caller, worker: WorkerProcess, webhook: Receiver
) -> None:
    job = api.submit(webhook=webhook.url, metadata={"order": "Grüße"})

    worker.hear(Queue.IMAGE)
    assert eventually(lambda: api.job(job["id"])["status"] == "succeeded")
    worker.hear(Queue.WEBHOOK, Errand.DELIVER)

    [received] = webhook.wait_for(1)
    Webhook(caller.account.webhook_secret).verify(received.body, received.headers)
    message = json.loads(received.body)
    assert message["type"] == "job.succeeded"
    assert message["data"] == api.job(job["id"])
    assert eventually(lambda: deliveries(ground)[0].status == DeliveryStatus.DELIVERED)
    worker.hear(Queue.WEBHOOK, Errand.DELIVER)
    assert len(webhook.received) == 1


def test_a_canceled_job_is_told_too(api: Api, worker: WorkerProcess, webhook: Receiver) -> None:
    job = api.submit(webhook=webhook.url)
    api.post(f"/v1/jobs/{job['id']}/cancel")

    worker.hear(Queue.WEBHOOK, Errand.DELIVER)

    [received] = webhook.wait_for(1)
    assert json.loads(received.body)["type"] == "job.canceled"


def test_a_job_without_a_webhook_owes_nothing(
    api: Api, ground: Ground, worker: WorkerProcess
) -> None:
    job = api.submit()

    worker.hear(Queue.IMAGE)

    assert eventually(lambda: api.job(job["id"])["status"] == "succeeded")
    assert deliveries(ground) == []


def test_a_refusal_is_written_down_and_tried_again_under_the_same_id(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    webhook.statuses = [500]
    job = api.submit(webhook=webhook.url)
    api.post(f"/v1/jobs/{job['id']}/cancel")
    worker.hear(Queue.WEBHOOK, Errand.DELIVER)
    assert eventually(lambda: len(attempts(ground)) == 1)
    [owed] = deliveries(ground)
    assert owed.status == DeliveryStatus.PENDING
    assert owed.due_at is not None

    with ground.transaction() as session:
        session.get_one(Delivery, owed.id).due_at = clock.now()
    worker.hear(Queue.WEBHOOK, Errand.DELIVER)

    first, second = webhook.wait_for(2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert eventually(lambda: [one.http_status for one in attempts(ground)] == [500, 200])
    assert attempts(ground)[0].answer == "ok"


def test_a_delivery_whose_worker_died_is_made_by_another(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    job = api.submit(webhook=webhook.url)
    api.post(f"/v1/jobs/{job['id']}/cancel")
    with ground.transaction() as session:
        delivery.claim(
            session, ground, Lanes(slots=32, each=8), limit=10, lease=-timedelta(seconds=1)
        )

    worker.hear(Queue.WEBHOOK, Errand.DELIVER)

    webhook.wait_for(1)


def test_a_private_address_is_not_called_unless_it_is_allowed(
    api: Api, ground: Ground, make_settings: MakeSettings, webhook: Receiver
) -> None:
    strict = Ground.open(make_settings(LIMNER_WEBHOOK_ALLOW_NETWORKS=""))
    process = WorkerProcess(strict, Teller())
    job = api.submit(webhook=webhook.url)
    api.post(f"/v1/jobs/{job['id']}/cancel")

    process.hear(Queue.WEBHOOK, Errand.DELIVER)
    assert eventually(lambda: len(attempts(ground)) == 1)
    process.stop()

    assert webhook.received == []
    assert "may not be reached" in (attempts(ground)[0].error or "")
