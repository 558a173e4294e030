"""Webhook endpoints: told of what they asked for, kept and changed by their owners."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from shared import clock
from shared.ground import Ground
from shared.jobs.status import Queue
from shared.signals import Errand
from shared.webhooks import outbox
from shared.webhooks.tables import Delivery, Endpoint
from shared.webhooks.types import EventType
from tests.conftest import Api, Caller, MakeCaller
from tests.integration.conftest import MakeApi, MakeGround
from tests.support.patience import eventually
from tests.support.receiver import Received, Receiver, listening
from workers.process import WorkerProcess
from workers.telling import Teller

ENDPOINTS = "/v1/webhook-endpoints"


def make(api: Api, url: str, *events: str, **fields: Any) -> dict[str, Any]:
    body = {"url": url, "events": list(events) or ["*"]} | fields
    answer = api.post(ENDPOINTS, json=body)
    assert answer.status_code == 201, answer.json
    endpoint: dict[str, Any] = answer.json
    return endpoint


def read(api: Api, endpoint: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"{ENDPOINTS}/{endpoint['id']}").json
    return found


def patch(api: Api, endpoint: dict[str, Any], **change: Any) -> dict[str, Any]:
    path = f"{ENDPOINTS}/{endpoint['id']}"
    answer: Any = api.http.patch(path, json=change, headers=api.caller.headers)
    assert answer.status_code == 200, answer.json
    changed: dict[str, Any] = answer.json
    return changed


def deliver(worker: WorkerProcess) -> None:
    worker.hear(Queue.WEBHOOK, Errand.DELIVER)


def cancel_one(api: Api, **fields: Any) -> dict[str, Any]:
    job = api.submit(**fields)
    api.post(f"/v1/jobs/{job['id']}/cancel")
    return job


def of_log(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("/v1/webhook-deliveries").json["data"]
    return found


def told(received: Received) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(received.body)
    return message


def make_due(ground: Ground) -> None:
    with ground.transaction() as session:
        owed = update(Delivery).where(Delivery.due_at.is_not(None))
        session.execute(owed.values(due_at=clock.now()))


def test_an_endpoint_is_told_of_a_job_in_words_that_it_can_check(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    endpoint = make(api, webhook.url, "job.succeeded")
    job = api.submit()

    worker.hear(Queue.IMAGE)
    assert eventually(lambda: api.job(job["id"])["status"] == "succeeded")
    deliver(worker)

    [received] = webhook.wait_for(1)
    Webhook(endpoint["secret"]).verify(received.body, received.headers)
    assert told(received)["type"] == "job.succeeded"
    assert told(received)["data"] == api.job(job["id"])


def test_an_endpoint_is_told_of_nothing_but_what_its_patterns_name(
    api: Api, ground: Ground
) -> None:
    failed = make(api, "https://example.org/failed", "job.failed")
    of_jobs = make(api, "https://example.org/jobs", "job.*")
    everything = make(api, "https://example.org/all", "*")
    credits = make(api, "https://example.org/credits", "credits.low")

    cancel_one(api)
    with ground.transaction() as session:
        data = {"balance": 4}
        outbox.tell_account(session, EventType.CREDITS_LOW, api.caller.account.id, data)

    told_of = {(one["endpoint_id"], one["event_type"]) for one in of_log(api)}
    ends = {one for one in told_of if one[1] in {"job.canceled", "credits.low"}}
    assert ends == {
        (of_jobs["id"], "job.canceled"),
        (everything["id"], "job.canceled"),
        (everything["id"], "credits.low"),
        (credits["id"], "credits.low"),
    }
    assert failed["id"] not in {one[0] for one in told_of}


def test_a_pattern_may_name_jobs_of_one_kind(api: Api) -> None:
    image = make(api, "https://example.org/", "job.canceled/image")
    images = make(api, "https://example.org/", "job.*/image")
    make(api, "https://example.org/", "job.*/render", "job.canceled/video", "credits.low")

    cancel_one(api)

    ends = [one for one in of_log(api) if one["event_type"] == "job.canceled"]
    assert {one["endpoint_id"] for one in ends} == {image["id"], images["id"]}


def test_one_event_has_one_id_for_an_endpoint_and_for_the_jobs_own_webhook(
    api: Api, caller: Caller, worker: WorkerProcess, webhook: Receiver
) -> None:
    with listening() as other:
        endpoint = make(api, other.url, "job.canceled")
        cancel_one(api, webhook=webhook.url)
        deliver(worker)

        [to_job], [to_endpoint] = webhook.wait_for(1), other.wait_for(1)

    Webhook(caller.account.webhook_secret).verify(to_job.body, to_job.headers)
    Webhook(endpoint["secret"]).verify(to_endpoint.body, to_endpoint.headers)
    assert to_job.headers["webhook-id"] == to_endpoint.headers["webhook-id"]


def test_other_accounts_neither_hear_nor_see(
    api: Api, make_caller: MakeCaller, ground: Ground
) -> None:
    endpoint = make(api, "https://example.org/", "*")
    other = Api(api.http, make_caller("bob"))
    cancel_one(other)

    assert of_log(api) == []
    path = f"{ENDPOINTS}/{endpoint['id']}"
    assert other.get(ENDPOINTS).json == {"data": []}
    assert other.get(path).status_code == 404
    assert other.post(f"{path}/rotate").status_code == 404
    assert other.get(f"{path}/deliveries").status_code == 404


def test_a_secret_is_shown_once_and_both_sign_while_it_is_replaced(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    endpoint = make(api, webhook.url, "job.canceled")
    assert "secret" not in read(api, endpoint)

    fresh = api.post(f"{ENDPOINTS}/{endpoint['id']}/rotate").json
    assert fresh["secret"] != endpoint["secret"]
    assert fresh["old_secret_until"] is not None
    cancel_one(api)
    deliver(worker)
    [both] = webhook.wait_for(1)
    for secret in (endpoint["secret"], fresh["secret"]):
        Webhook(secret).verify(both.body, both.headers)

    with ground.transaction() as session:
        session.get_one(Endpoint, endpoint["id"]).old_secret_until = clock.now()
    cancel_one(api)
    deliver(worker)
    [_, one] = webhook.wait_for(2)
    Webhook(fresh["secret"]).verify(one.body, one.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint["secret"]).verify(one.body, one.headers)


def test_an_endpoint_is_changed_listed_and_removed(api: Api) -> None:
    endpoint = make(api, "https://example.org/", "job.*")
    path = f"{ENDPOINTS}/{endpoint['id']}"

    change = {"url": "https://example.org/new", "events": ["*"], "description": "gallery"}
    changed = patch(api, endpoint, **change)

    assert {name: changed[name] for name in change} == change
    assert api.get(ENDPOINTS).json["data"] == [changed]
    cancel_one(api)
    assert api.http.delete(path, headers=api.caller.headers).status_code == 204
    assert api.get(path).status_code == 404
    assert of_log(api) == []


def test_a_disabled_endpoint_is_told_nothing_until_it_is_enabled(api: Api) -> None:
    endpoint = make(api, "https://example.org/", "job.canceled")
    path = f"{ENDPOINTS}/{endpoint['id']}"
    cancel_one(api)

    off = patch(api, endpoint, enabled=False)
    assert (off["enabled"], off["disabled_reason"]) == (False, "by_owner")
    assert [one["status"] for one in of_log(api)] == ["exhausted"]
    cancel_one(api)
    assert len(of_log(api)) == 1
    assert api.post(f"{path}/test").json["code"] == "endpoint_disabled"

    on = patch(api, endpoint, enabled=True)
    assert (on["enabled"], on["disabled_reason"], on["disabled_at"]) == (True, None, None)
    cancel_one(api)
    assert len(of_log(api)) == 2


def test_a_request_for_an_endpoint_that_is_sent_again_makes_no_other(api: Api) -> None:
    body = {"url": "https://example.org/", "events": ["*"]}

    first, second = (
        api.post(ENDPOINTS, json=body, headers={"Idempotency-Key": "one"}) for _ in range(2)
    )

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert len(api.get(ENDPOINTS).json["data"]) == 1


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "$.url"),
        ({"url": "ftp://example.org/"}, "$.url"),
        ({"url": "http://10.0.0.1/hook"}, "$.url"),
        ({"url": "http://[fd00::1]/hook"}, "$.url"),
        ({"url": "https://example.org/", "events": ["job.done"]}, "$.events[0]"),
        ({"url": "https://example.org/", "events": []}, "$.events"),
        ({"url": "https://example.org/", "event": ["*"]}, "$.event"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(api: Api, body: dict[str, Any], path: str) -> None:
    answer = api.post(ENDPOINTS, json=body)

    assert answer.status_code == 422
    assert [one["path"] for one in answer.json["errors"]] == [path]


def test_an_account_has_so_many_endpoints_and_no_more(
    make_ground: MakeGround, make_api: MakeApi
) -> None:
    api = make_api(make_ground(LIMNER_WEBHOOK_ENDPOINTS="1"))
    make(api, "https://example.org/")

    answer = api.post(ENDPOINTS, json={"url": "https://example.org/", "events": ["*"]})

    assert (answer.status_code, answer.json["code"]) == (409, "too_many_endpoints")


def test_a_test_is_delivered_whatever_the_endpoint_asked_for(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    endpoint = make(api, webhook.url, "job.failed")

    answer = api.post(f"{ENDPOINTS}/{endpoint['id']}/test")
    deliver(worker)

    [received] = webhook.wait_for(1)
    Webhook(endpoint["secret"]).verify(received.body, received.headers)
    assert answer.status_code == 202
    assert received.headers["webhook-id"] == answer.json["event_id"]
    assert told(received)["type"] == "webhook.test"
    assert told(received)["data"]["endpoint_id"] == endpoint["id"]


def test_a_test_goes_through_the_same_guard_as_all_else(
    make_ground: MakeGround, make_api: MakeApi, webhook: Receiver
) -> None:
    strict = make_ground(LIMNER_WEBHOOK_ALLOW_NETWORKS="")
    api, process = make_api(strict), WorkerProcess(Ground.open(strict.settings), Teller())
    # What a name leads to is looked at when something is sent, not when the endpoint is made.
    endpoint = make(api, webhook.url.replace("127.0.0.1", "localhost"))

    api.post(f"{ENDPOINTS}/{endpoint['id']}/test")
    deliver(process)
    assert eventually(lambda: len(of_log(api)[0]["attempts"]) == 1)
    process.stop()

    assert webhook.received == []
    [attempt] = of_log(api)[0]["attempts"]
    assert (attempt["status"], "may not be reached" in attempt["error"]) == (None, True)


def test_an_endpoint_that_is_gone_is_disabled_and_its_owner_told(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    webhook.statuses = [410]
    gone = make(api, webhook.url, "job.*")
    with listening() as other:
        make(api, other.url, "webhook.exhausted")
        cancel_one(api)
        deliver(worker)
        assert eventually(lambda: not read(api, gone)["enabled"])
        deliver(worker)
        [received] = other.wait_for(1)

    assert read(api, gone)["disabled_reason"] == "gone"
    assert told(received)["type"] == "webhook.exhausted"
    assert told(received)["data"] == {
        "reason": "gone",
        "endpoint_id": gone["id"],
        "url": webhook.url,
    }
    [lost] = api.get(f"{ENDPOINTS}/{gone['id']}/deliveries?status=exhausted").json["data"][:1]
    assert lost["status"] == "exhausted"


def test_an_endpoint_that_failed_for_days_is_disabled(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    webhook.statuses = [500, 500]
    endpoint = make(api, webhook.url, "job.canceled")
    cancel_one(api)
    deliver(worker)
    assert eventually(lambda: read(api, endpoint)["failing_since"] is not None)

    with ground.transaction() as session:
        days_ago = clock.now() - timedelta(days=6)
        session.get_one(Endpoint, endpoint["id"]).failing_since = days_ago
    make_due(ground)
    deliver(worker)

    assert eventually(lambda: not read(api, endpoint)["enabled"])
    assert read(api, endpoint)["disabled_reason"] == "failing"
    assert of_log(api)[0]["status"] == "exhausted"


def test_an_endpoint_that_answers_again_fails_no_longer(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    webhook.statuses = [500]
    endpoint = make(api, webhook.url, "job.canceled")
    cancel_one(api)
    deliver(worker)
    assert eventually(lambda: read(api, endpoint)["failing_since"] is not None)

    make_due(ground)
    deliver(worker)

    assert eventually(lambda: of_log(api)[0]["status"] == "delivered")
    assert read(api, endpoint)["failing_since"] is None


def test_the_last_failure_settles_a_delivery_and_its_owner_is_told(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    webhook.statuses = [500]
    endpoint = make(api, webhook.url, "job.canceled")
    with listening() as other:
        make(api, other.url, "webhook.*")
        job = cancel_one(api)
        with ground.transaction() as session:
            session.scalars(select(Delivery)).one().tries = 9
        deliver(worker)
        assert eventually(lambda: {one["status"] for one in of_log(api)} != {"pending"})
        deliver(worker)
        [received] = other.wait_for(1)

    data = told(received)["data"]
    assert (data["reason"], data["tries"]) == ("tries_used_up", 10)
    assert (data["endpoint_id"], data["job_id"]) == (endpoint["id"], job["id"])
    assert read(api, endpoint)["enabled"]


def test_a_receiver_that_asks_for_time_gets_it(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    webhook.statuses, webhook.headers = [429], {"Retry-After": "7200"}
    make(api, webhook.url, "job.canceled")
    cancel_one(api)

    deliver(worker)

    assert eventually(lambda: len(of_log(api)[0]["attempts"]) == 1)
    [owed] = of_log(api)
    assert owed["status"] == "pending"
    assert owed["next_try_at"] >= clock.rfc3339(clock.now() + timedelta(minutes=110))


def test_a_redirection_is_a_failure_and_not_followed(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    with listening() as other:
        webhook.statuses, webhook.headers = [307], {"Location": other.url}
        make(api, webhook.url, "job.canceled")
        cancel_one(api)
        deliver(worker)

        assert eventually(lambda: len(of_log(api)[0]["attempts"]) == 1)
        assert other.received == []

    [owed] = of_log(api)
    assert (owed["status"], owed["attempts"][0]["status"]) == ("pending", 307)
