"""What endpoints hear while a job is on its way."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from shared import clock
from shared.accounts import ledger
from shared.errors import ProviderUnavailable
from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.status import Queue
from shared.jobs.tables import Job
from shared.webhooks.tables import WebhookEvent
from shared.webhooks.types import EventType
from tests.conftest import Api, MakeCaller
from tests.integration.test_many import statements
from tests.integration.test_webhook_endpoints import deliver, make, of_log, told
from tests.support import jobs
from tests.support.patience import eventually
from tests.support.receiver import Receiver
from workers.held import HeldJob, Holdings
from workers.process import WorkerProcess
from workers.reparking import Reparking

AT_ONCE, SELDOM = timedelta(0), timedelta(hours=1)


def heard(webhook: Receiver, count: int) -> dict[str, dict[str, Any]]:
    """Wait for so many events and return what each type of them said."""
    messages = [told(one) for one in webhook.wait_for(count)]
    return {one["type"]: one["data"] for one in messages}


def test_a_job_is_told_from_its_queue_to_its_end_as_it_was_then(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    make(api, webhook.url, "job.*")
    job = api.submit(metadata={"order": "7"})

    worker.hear(Queue.IMAGE)
    assert eventually(lambda: api.job(job["id"])["status"] == "succeeded")
    deliver(worker)

    said = heard(webhook, 3)
    assert {kind: one["status"] for kind, one in said.items()} == {
        "job.queued": "queued",
        "job.started": "running",
        "job.succeeded": "succeeded",
    }
    assert said["job.succeeded"] == api.job(job["id"])
    for early in (said["job.queued"], said["job.started"]):
        assert early.keys() == said["job.succeeded"].keys()
        assert (early["id"], early["metadata"]) == (job["id"], {"order": "7"})
        assert (early["artifacts"], early["finished_at"], early["provider"]) == ([], None, None)


def test_each_job_of_a_batch_is_told(api: Api, worker: WorkerProcess, webhook: Receiver) -> None:
    make(api, webhook.url, "job.queued")
    one = {"kind": "image", "input": {"prompt": "a red fox"}}

    answer = api.post("/v1/jobs/batch", json={"jobs": [one, one, one]})
    deliver(worker)

    accepted = {result["job"]["id"] for result in answer.json["data"]}
    assert {told(received)["data"]["id"] for received in webhook.wait_for(3)} == accepted


def test_a_job_starts_once_though_it_is_tried_again(api: Api, ground: Ground) -> None:
    make(api, "https://example.org/", "job.started")
    jobs.submit(ground, api.caller.account.id)

    for _ in range(2):
        [job] = jobs.claim(ground)
        with ground.transaction() as session:
            lifecycle.retry(session, job, due_at=clock.now(), error=ProviderUnavailable())

    assert [one["event_type"] for one in of_log(api)] == ["job.started"]


def progress(ground: Ground, job: Job, percent: float, *, apart: timedelta = AT_ONCE) -> None:
    with ground.transaction() as session:
        rows = {job.id: (job.lease, percent)}
        lifecycle.renew(session, rows, lease=jobs.LEASE, apart=apart)


def progress_told(ground: Ground) -> list[float]:
    """Return in their order what was told of how far jobs are."""
    of_progress = select(WebhookEvent).where(WebhookEvent.type == EventType.JOB_PROGRESS)
    with ground.transaction() as session:
        found = session.scalars(of_progress.order_by(WebhookEvent.id))
        return [one.data["progress"] for one in found]


def test_progress_is_told_now_and_then_and_only_if_there_was_any(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    make(api, webhook.url, "job.progress")
    jobs.submit(ground, api.caller.account.id)
    [job] = jobs.claim(ground)

    for percent, apart in [
        (0.0, AT_ONCE), (10.0, AT_ONCE), (20.0, SELDOM), (20.0, AT_ONCE), (20.0, AT_ONCE),
        (5.0, AT_ONCE), (30.0, AT_ONCE)
    ]:  # fmt: skip
        progress(ground, job, percent, apart=apart)
    deliver(worker)

    assert progress_told(ground) == [10.0, 20.0, 30.0]
    messages = [told(one)["data"] for one in webhook.wait_for(3)]
    assert {one["progress"] for one in messages} == {10.0, 20.0, 30.0}
    assert {one["status"] for one in messages} == {"running"}


def test_what_a_worker_reports_of_its_work_is_told(api: Api, ground: Ground) -> None:
    make(api, "https://example.org/", "job.progress")
    jobs.submit(ground, api.caller.account.id)
    [job] = jobs.claim(ground)
    holdings = Holdings(ground)
    held = holdings.take(job)

    held.report(0.4)
    holdings.beat()
    held.report(0.5)
    holdings.beat()

    assert progress_told(ground) == [40.0]


def test_how_far_an_order_at_a_provider_is_is_told(api: Api, ground: Ground) -> None:
    make(api, "https://example.org/", "job.progress")
    jobs.submit(ground, api.caller.account.id)
    [job] = jobs.claim(ground)
    held = HeldJob(job)
    held.progress = 25.0
    reparking = Reparking(ground, drop=lambda _: None)

    reparking.add(held, clock.now())
    reparking.flush()

    assert progress_told(ground) == [25.0]


def test_a_worker_that_lost_a_job_tells_nothing_of_it(api: Api, ground: Ground) -> None:
    make(api, "https://example.org/", "job.progress")
    jobs.submit(ground, api.caller.account.id)
    [job] = jobs.claim(ground)
    with ground.transaction() as session:
        lifecycle.fail(session, job, ProviderUnavailable())

    progress(ground, job, 50.0)

    assert progress_told(ground) == []


def balance(api: Api, ground: Ground, credits: int) -> None:
    """Let the account have so many credits."""
    with ground.transaction() as session:
        left = ledger.look(session, api.caller.account.id).available
        ledger.credit(session, api.caller.account.id, credits - left, note="for the test")


def warn_below(api: Api, low_credits: int) -> None:
    answer: Any = api.http.patch(
        "/v1/account", json={"low_credits": low_credits}, headers=api.caller.headers
    )
    assert (answer.status_code, answer.json["low_credits"]) == (200, low_credits)


def test_low_credits_are_told_once_until_they_are_topped_up(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    balance(api, ground, 20)
    warn_below(api, 12)
    make(api, webhook.url, "credits.low")

    api.submit()
    assert of_log(api) == []
    api.submit()
    api.submit()
    deliver(worker)

    [received] = webhook.wait_for(1)
    assert told(received)["type"] == "credits.low"
    assert told(received)["data"] == {
        "balance": 20, "held": 10, "available": 10, "low_credits": 12
    }  # fmt: skip
    assert len(of_log(api)) == 1
    balance(api, ground, 14)
    api.submit()
    assert len(of_log(api)) == 2


def test_a_batch_tells_of_low_credits_once(api: Api, ground: Ground) -> None:
    balance(api, ground, 20)
    warn_below(api, 12)
    make(api, "https://example.org/", "credits.low")
    one = {"kind": "image", "input": {"prompt": "a red fox"}}

    api.post("/v1/jobs/batch", json={"jobs": [one, one, one]})

    assert [one["event_type"] for one in of_log(api)] == ["credits.low"]
    assert api.get("/v1/account").json["low_since"] is not None


def test_credits_that_are_taken_away_may_be_low_and_those_added_are_told(
    api: Api, ground: Ground
) -> None:
    balance(api, ground, 20)
    warn_below(api, 12)
    make(api, "https://example.org/", "credits.*")

    balance(api, ground, 5)
    balance(api, ground, 11)
    assert [one["event_type"] for one in of_log(api)] == ["credits.added", "credits.low"]
    assert api.get("/v1/account").json["low_since"] is not None

    balance(api, ground, 12)
    assert api.get("/v1/account").json["low_since"] is None


def test_a_job_that_is_refused_for_its_price_tells_nothing(api: Api, ground: Ground) -> None:
    balance(api, ground, 4)
    warn_below(api, 100)
    make(api, "https://example.org/", "*")

    answer = api.post("/v1/jobs", json={"kind": "image", "input": {"prompt": "a red fox"}})

    assert answer.status_code == 402
    assert of_log(api) == []
    assert api.get("/v1/account").json["low_since"] is None


@pytest.mark.parametrize("low", [-1, 1.5, "7", None, 10**13])
def test_a_threshold_that_cannot_be_is_refused(api: Api, low: object) -> None:
    answer: Any = api.http.patch(
        "/v1/account", json={"low_credits": low}, headers=api.caller.headers
    )

    assert answer.status_code == 422
    assert [one["path"] for one in answer.json["errors"]] == ["$.low_credits"]


def test_who_has_no_endpoint_pays_for_no_more_statements(
    api: Api, ground: Ground, make_caller: MakeCaller
) -> None:
    make(Api(api.http, make_caller("bob")), "https://example.org/", "*")
    account_id = api.caller.account.id

    with statements() as submitting:
        jobs.submit(ground, account_id)
    with statements() as claiming:
        [job] = jobs.claim(ground)
    with statements() as going_on, ground.transaction() as session:
        lifecycle.renew(session, {job.id: (job.lease, 50.0)}, lease=jobs.LEASE, apart=AT_ONCE)
    with statements() as ending, ground.transaction() as session:
        lifecycle.fail(session, job, ProviderUnavailable())

    counts = [len(one) for one in (submitting, claiming, going_on, ending)]
    assert counts == [2, 1, 1, 1]
