"""A receiver that hangs keeps nobody else waiting."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from shared import clock
from shared.ground import Ground
from shared.jobs.status import Queue
from shared.webhooks import outbox
from shared.webhooks.tables import Delivery
from shared.webhooks.types import EventType
from tests.conftest import Api, MakeCaller, MakeSettings
from tests.integration.test_webhook_endpoints import deliver, make
from tests.support.patience import eventually
from tests.support.receiver import Receiver, listening
from workers.process import WorkerProcess
from workers.telling import Teller

HUNDREDS = 300


@pytest.fixture
def worker(make_settings: MakeSettings, ground: Ground) -> Iterator[WorkerProcess]:
    """A worker that waits for a receiver for longer than any test here takes."""
    patient = Ground.open(make_settings(LIMNER_WEBHOOK_TIMEOUT="60"))
    process = WorkerProcess(patient, Teller())
    yield process
    process.stop()


def owe(ground: Ground, account_id: str, count: int) -> None:
    with ground.transaction() as session:
        for number in range(count):
            outbox.tell_account(session, EventType.CREDITS_LOW, account_id, {"balance": number})


def on_lease(ground: Ground) -> int:
    with ground.transaction() as session:
        under_way = select(func.count()).where(Delivery.due_at > clock.now())
        return session.scalar(under_way) or 0


def test_hundreds_owed_to_one_that_hangs_do_not_delay_anothers(
    api: Api, make_caller: MakeCaller, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    other = Api(api.http, make_caller("bob"))
    with listening() as hanging:
        hanging.is_free.clear()
        make(api, hanging.url, "credits.low")
        owe(ground, api.caller.account.id, HUNDREDS)
        deliver(worker)
        hanging.wait_for(1)

        # It was owed later than all of those, and is behind them in the order of time.
        make(other, webhook.url, "credits.low")
        owe(ground, other.caller.account.id, 3)
        deliver(worker)

        webhook.wait_for(3)
        assert len(hanging.received) == 1


def test_one_that_answered_quickly_and_then_hangs_keeps_few_slots(
    api: Api, make_caller: MakeCaller, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    other = Api(api.http, make_caller("bob"))
    with listening() as hanging:
        make(api, hanging.url, "credits.low")
        owe(ground, api.caller.account.id, 1)
        deliver(worker)
        hanging.wait_for(1)
        hanging.is_free.clear()
        owe(ground, api.caller.account.id, HUNDREDS)
        assert eventually(lambda: not on_lease(ground))
        deliver(worker)

        each = ground.settings.webhook.slots_each
        hanging.wait_for(1 + each)
        make(other, webhook.url, "credits.low")
        owe(ground, other.caller.account.id, 3)
        deliver(worker)

        webhook.wait_for(3)
        assert len(hanging.received) == 1 + each


def test_many_that_hang_leave_half_of_the_slots_to_those_that_answer(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    half = ground.settings.webhook.slots // 2
    make(api, webhook.url, "credits.low")
    owe(ground, api.caller.account.id, 1)
    deliver(worker)
    webhook.wait_for(1)
    assert eventually(lambda: not on_lease(ground))
    with listening() as hanging:
        hanging.is_free.clear()
        for _ in range(half + 4):
            make(api, hanging.url, "webhook.exhausted")
        with ground.transaction() as session:
            outbox.tell_account(
                session, EventType.WEBHOOK_EXHAUSTED, api.caller.account.id, {"reason": "test"}
            )
        deliver(worker)
        hanging.wait_for(half)

        owe(ground, api.caller.account.id, 20)
        deliver(worker)

        webhook.wait_for(21)
        assert len(hanging.received) == half


def test_all_that_is_owed_to_one_that_answers_is_sent_after_one_bell(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    make(api, webhook.url, "credits.low")
    owe(ground, api.caller.account.id, HUNDREDS)

    deliver(worker)

    webhook.wait_for(HUNDREDS)
    assert len({one.headers["webhook-id"] for one in webhook.received}) == HUNDREDS


def test_the_webhook_of_a_job_passes_an_endpoint_that_hangs(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    with listening() as hanging:
        hanging.is_free.clear()
        make(api, hanging.url, "credits.low")
        owe(ground, api.caller.account.id, HUNDREDS)
        deliver(worker)
        hanging.wait_for(1)

        job = api.submit(webhook=webhook.url)
        api.post(f"/v1/jobs/{job['id']}/cancel")
        deliver(worker)

        webhook.wait_for(1)


def test_a_job_is_done_while_its_receiver_hangs_and_all_slots_for_such_are_taken(
    api: Api, ground: Ground, worker: WorkerProcess
) -> None:
    half = ground.settings.webhook.slots // 2
    with listening() as hanging:
        hanging.is_free.clear()
        for _ in range(half):
            make(api, hanging.url, "job.*")
        first = api.submit(webhook=hanging.url)
        deliver(worker)
        hanging.wait_for(half)

        second = api.submit(webhook=hanging.url)
        worker.hear(Queue.IMAGE)

        both = (first["id"], second["id"])
        assert eventually(lambda: {api.job(one)["status"] for one in both} == {"succeeded"})
        assert len(hanging.received) == half
