"""VidiKing's callbacks: its hook, its events, its signature, sent to a real receiver."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from shared.dialects import vidiking
from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.status import Queue
from tests.conftest import Api, MakeCaller
from tests.integration.conftest import Finish, MakeApi, MakeGround
from tests.integration.test_vidiking import told as told_wrong
from tests.integration.test_webhook_endpoints import ENDPOINTS, deliver, make_due, of_log
from tests.integration.test_webhook_events import balance, warn_below
from tests.support import jobs
from tests.support.patience import eventually
from tests.support.receiver import Received, Receiver
from workers.process import WorkerProcess

HOOK = "/v1/webhooks"
SECRET = "whsec_local_dev_only"
ALL = [
    "render.queued",
    "render.processing",
    "render.complete",
    "render.failed",
    "ai.complete",
    "ai.failed",
    "wallet.low_balance",
    "wallet.deposit",
]


def put(api: Api, url: str, *events: str, **fields: Any) -> Any:
    body = {"url": url, "events": list(events) or ALL, "secret": SECRET} | fields
    return api.http.put(HOOK, json=body, headers=api.caller.headers)


def checked(received: Received, secret: str = SECRET) -> dict[str, Any]:
    """Check a callback as their receivers do, by the bytes and by what is printed again."""
    message: dict[str, Any] = json.loads(received.body)
    printed = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
    for body in (received.body, printed):
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        assert received.headers["x-vidiking-signature"] == signature
    assert message.keys() == {"event", "timestamp", "data"}
    return message


def test_a_finished_image_is_told_in_their_words(
    api: Api, finish: Finish, worker: WorkerProcess, webhook: Receiver
) -> None:
    assert put(api, webhook.url, "ai.complete", "ai.failed").status_code == 200
    job = finish(metadata={"customer": "Grüße", "weight": 15.0})
    deliver(worker)

    [received] = webhook.wait_for(1)
    message = checked(received)
    assert message["event"] == "ai.complete"
    data = message["data"]
    their_id = f"img_{job['id'].removeprefix('job_')}"
    assert (data["id"], data["status"], data["credits_used"]) == (their_id, "COMPLETE", 5)
    assert data["metadata"] == {"customer": "Grüße", "weight": 15}
    assert b'"weight":15,' in received.body
    assert data["wallet_balance"] == api.get("/v1/account").json["available"]
    of_theirs = api.get(f"/v1/render/{their_id}").json
    assert {name: data[name] for name in ("width", "height", "completed_at")} == {
        name: of_theirs[name] for name in ("width", "height", "completed_at")
    }


def test_a_job_that_ended_badly_is_told_with_its_reason(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    put(api, webhook.url, "ai.failed")
    job = jobs.submit(ground, api.caller.account.id)
    with ground.transaction() as session:
        lifecycle.cancel(session, jobs.read(ground, job.id))
    deliver(worker)

    [received] = webhook.wait_for(1)
    message = checked(received)
    assert message["event"] == "ai.failed"
    assert message["data"]["status"] == "FAILED"
    assert message["data"]["error"] == "The job was canceled."
    assert (message["data"]["url"], message["data"]["credits_used"]) == (None, 0)


def test_a_hook_is_told_of_nothing_but_what_it_asked_for(api: Api) -> None:
    put(api, "https://example.org/", "render.complete", "render.failed", "wallet.deposit")

    job = api.submit()
    api.post(f"/v1/jobs/{job['id']}/cancel")

    assert of_log(api) == []


def test_the_wallet_is_told_too(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    balance(api, ground, 20)
    warn_below(api, 18)
    put(api, webhook.url, "wallet.low_balance", "wallet.deposit")
    api.submit()
    balance(api, ground, 100)
    deliver(worker)

    messages = [checked(one) for one in webhook.wait_for(2)]
    assert {one["event"] for one in messages} == {"wallet.low_balance", "wallet.deposit"}
    assert {one["data"]["wallet_balance"] for one in messages} == {100}


def test_each_try_has_the_same_id_and_body(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    webhook.statuses = [500]
    put(api, webhook.url, "ai.failed")
    job = api.submit()
    api.post(f"/v1/jobs/{job['id']}/cancel")
    deliver(worker)
    webhook.wait_for(1)
    assert eventually(lambda: len(of_log(api)[0]["attempts"]) == 1)
    make_due(ground)
    deliver(worker)

    first, second = webhook.wait_for(2)
    assert first.body == second.body
    assert first.headers["x-vidiking-delivery"] == second.headers["x-vidiking-delivery"]


def test_the_callback_of_an_image_is_signed_with_the_secret_of_the_hook(
    make_ground: MakeGround, make_api: MakeApi, worker: WorkerProcess, webhook: Receiver
) -> None:
    api = make_api(make_ground(LIMNER_MAX_WAIT_SECONDS="0"))
    put(api, "https://example.org/", "render.complete")
    wanted = {"prompt": "a red fox", "width": 64, "height": 64, "callback": webhook.url}

    answer = api.post("/v1/ai/image", json=wanted)
    assert (answer.status_code, "warnings" in answer.json) == (202, False)
    worker.hear(Queue.IMAGE)
    their_id = answer.json["id"]
    assert eventually(lambda: api.get(f"/v1/render/{their_id}").json["status"] == "COMPLETE")
    deliver(worker)

    [received] = webhook.wait_for(1)
    message = checked(received)
    assert (message["event"], message["data"]["id"]) == ("ai.complete", their_id)


def test_the_callback_of_who_has_no_hook_is_signed_with_the_secret_of_the_account(
    make_ground: MakeGround, make_api: MakeApi, worker: WorkerProcess, webhook: Receiver
) -> None:
    api = make_api(make_ground(LIMNER_MAX_WAIT_SECONDS="0"))
    answer = api.post("/v1/ai/image", json={"prompt": "a red fox", "callback": webhook.url})
    api.post(f"/v1/jobs/{vidiking.our_id(answer.json['id'])}/cancel")
    deliver(worker)

    [received] = webhook.wait_for(1)
    assert checked(received, api.caller.account.webhook_secret)["event"] == "ai.failed"


def test_a_hook_is_set_shown_replaced_and_removed(api: Api, make_caller: MakeCaller) -> None:
    first = put(api, "https://example.org/", "ai.complete").json
    second = put(api, "https://example.org/new", "ai.failed", "wallet.deposit").json

    assert first.keys() == {"id", "url", "events", "enabled", "created_at"}
    assert second == first | {
        "url": "https://example.org/new",
        "events": ["ai.failed", "wallet.deposit"],
    }
    assert api.get(HOOK).json == second
    [ours] = api.get(ENDPOINTS).json["data"]
    assert (ours["id"], ours["contract"]) == (first["id"], "vidiking")
    told_wrong(Api(api.http, make_caller("bob")).get(HOOK), 404, "endpoint_not_found")
    assert api.http.delete(HOOK, headers=api.caller.headers).status_code == 204
    told_wrong(api.get(HOOK), 404, "endpoint_not_found")
    told_wrong(api.http.delete(HOOK, headers=api.caller.headers), 404, "endpoint_not_found")


def test_a_secret_that_was_not_given_is_made_and_shown_once(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    only_url = {"json": {"url": webhook.url}, "headers": api.caller.headers}
    made: Any = api.http.put(HOOK, **only_url).json
    again: Any = api.http.put(HOOK, **only_url).json

    assert made["events"] == ALL
    assert "secret" not in again
    job = api.submit()
    api.post(f"/v1/jobs/{job['id']}/cancel")
    deliver(worker)
    [received] = webhook.wait_for(1)
    checked(received, made["secret"])


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"url": "ftp://example.org/"}, "url"),
        ({"url": "http://10.0.0.1/hook"}, "url"),
        ({"url": None}, "url"),
        ({"events": ["ai.done"]}, "events[0]"),
        ({"events": []}, "events"),
        ({"secret": "short"}, "secret"),
        ({"secret": "a secret\x00"}, "secret"),
        ({"url": "https://example.org/\x00"}, "url"),
    ],
)
def test_a_hook_that_cannot_be_is_told_in_their_words(
    api: Api, fields: dict[str, Any], place: str
) -> None:
    body = {"url": "https://example.org/"} | fields
    answer = api.http.put(HOOK, json=body, headers=api.caller.headers)

    assert told_wrong(answer, 422, "invalid_request").keys() == {place}
    assert api.get(ENDPOINTS).json["data"] == []


@pytest.mark.parametrize("callback", ["ftp://example.org/", 7, "x" * 3_000])
def test_a_callback_that_cannot_be_is_told_in_their_words(api: Api, callback: object) -> None:
    answer = api.post("/v1/ai/image", json={"prompt": "a red fox", "callback": callback})

    assert told_wrong(answer, 422, "invalid_request").keys() == {"callback"}


def test_our_own_address_below_theirs_keeps_to_our_words(api: Api) -> None:
    answer = api.http.post(f"{HOOK}/default/secret", headers=api.caller.headers)

    assert (answer.status_code, answer.content_type) == (405, "application/problem+json")
    told_wrong(api.post(HOOK), 405, "method_not_allowed")
