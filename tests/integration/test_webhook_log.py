"""The log of deliveries: every try is shown, and anything can be sent again."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from shared import clock
from shared.ground import Ground
from shared.webhooks.tables import Delivery
from tests.conftest import Api, MakeCaller
from tests.integration.test_webhook_endpoints import ENDPOINTS, cancel_one, deliver, make, patch
from tests.support.patience import eventually
from tests.support.receiver import Receiver
from workers.process import WorkerProcess

LOG = "/v1/webhook-deliveries"


def page(api: Api, path: str = LOG, **query: Any) -> list[dict[str, Any]]:
    found = api.get(path, query_string=query)
    assert found.status_code == 200, found.json
    data: list[dict[str, Any]] = found.json["data"]
    return data


def settle_all(ground: Ground, status: str) -> None:
    with ground.transaction() as session:
        session.execute(update(Delivery).values(status=status, due_at=None))


def test_every_try_is_shown(api: Api, worker: WorkerProcess, webhook: Receiver) -> None:
    webhook.statuses = [503]
    endpoint = make(api, webhook.url, "job.canceled")
    job = cancel_one(api)
    deliver(worker)
    assert eventually(lambda: bool(page(api)[0]["attempts"]))

    [shown] = page(api, f"{ENDPOINTS}/{endpoint['id']}/deliveries")

    assert (shown["status"], shown["tries"], shown["job_id"]) == ("pending", 1, job["id"])
    [attempt] = shown["attempts"]
    assert (attempt["number"], attempt["status"], attempt["answer"]) == (1, 503, "ok")
    assert attempt["error"] is None
    assert api.get(f"{LOG}/{shown['id']}").json == shown


def test_the_log_is_filtered_and_comes_in_pages(api: Api, ground: Ground) -> None:
    make(api, "https://example.org/", "job.canceled")
    jobs = [cancel_one(api) for _ in range(3)]

    assert [one["job_id"] for one in page(api, job_id=jobs[1]["id"])] == [jobs[1]["id"]]
    assert len(page(api, status="pending")) == 3
    assert page(api, status="delivered,exhausted") == []
    later = clock.rfc3339(clock.now() + timedelta(minutes=1))
    assert page(api, **{"from": later}) == []
    assert len(page(api, to=later)) == 3

    first = api.get(LOG, query_string={"limit": 2}).json
    second = api.get(LOG, query_string={"limit": 2, "cursor": first["next_cursor"]}).json
    seen = [one["job_id"] for one in first["data"] + second["data"]]
    assert seen == [job["id"] for job in reversed(jobs)]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("query", ["status=lost", "from=yesterday", "limit=0", "state=pending"])
def test_a_filter_that_is_none_is_refused(api: Api, query: str) -> None:
    assert api.get(f"{LOG}?{query}").status_code == 422


def test_other_accounts_see_and_send_nothing(api: Api, make_caller: MakeCaller) -> None:
    make(api, "https://example.org/", "job.canceled")
    cancel_one(api)
    [mine] = page(api)
    other = Api(api.http, make_caller("bob"))

    assert page(other) == []
    assert other.get(f"{LOG}/{mine['id']}").status_code == 404
    assert other.post(f"{LOG}/{mine['id']}/resend").status_code == 404


def test_a_delivery_is_sent_again_under_its_id_and_as_often_as_a_new_one(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    webhook.statuses = [200, 500]
    make(api, webhook.url, "job.canceled")
    cancel_one(api)
    deliver(worker)
    assert eventually(lambda: page(api)[0]["status"] == "delivered")
    [sent] = page(api)
    with ground.transaction() as session:
        session.get_one(Delivery, sent["id"]).tries = 10

    again = api.post(f"{LOG}/{sent['id']}/resend")
    deliver(worker)

    assert (again.status_code, again.json["status"]) == (202, "pending")
    first, second = webhook.wait_for(2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert eventually(lambda: len(page(api)[0]["attempts"]) == 2)
    # It failed, and is tried again: the tries before do not count.
    assert page(api)[0]["status"] == "pending"


def test_the_webhook_of_a_job_is_sent_again_too(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    job = cancel_one(api, webhook=webhook.url)
    deliver(worker)
    assert eventually(lambda: page(api)[0]["status"] == "delivered")

    [sent] = page(api, job_id=job["id"])
    api.post(f"{LOG}/{sent['id']}/resend")
    deliver(worker)

    webhook.wait_for(2)
    assert sent["endpoint_id"] is None


def test_what_failed_since_a_moment_is_sent_again_at_once(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    endpoint = make(api, webhook.url, "job.canceled")
    for _ in range(3):
        cancel_one(api)
    settle_all(ground, "exhausted")
    path = f"{ENDPOINTS}/{endpoint['id']}/recover"
    before, after = (clock.rfc3339(clock.now() + timedelta(minutes=offset)) for offset in (-10, 10))

    assert api.post(path, json={"since": after}).json == {"resent": 0, "next_since": None}
    until_before = api.post(path, json={"since": before, "until": before}).json
    assert until_before["resent"] == 0
    answer = api.post(path, json={"since": before})
    assert (answer.status_code, answer.json["resent"]) == (202, 3)
    deliver(worker)
    webhook.wait_for(3)
    assert eventually(lambda: {one["status"] for one in page(api)} == {"delivered"})

    assert api.post(path, json={"since": before}).json["resent"] == 0
    everything = {"since": before, "status": ["delivered", "exhausted"]}
    assert api.post(path, json=everything).json["resent"] == 3
    assert api.post(path, json={"since": "yesterday"}).status_code == 422


def test_all_that_failed_is_sent_again_but_to_who_is_disabled_and_to_other_accounts(
    api: Api, ground: Ground, make_caller: MakeCaller
) -> None:
    other = Api(api.http, make_caller("bob"))
    for one in (api, other):
        make(one, "https://example.org/", "job.canceled")
    off = make(api, "https://example.org/off", "job.canceled")
    cancel_one(api, webhook="https://example.org/hook")
    cancel_one(other)
    settle_all(ground, "exhausted")
    patch(api, off, enabled=False)

    answer = api.post(f"{LOG}/recover", json={})

    assert (answer.status_code, answer.json) == (202, {"resent": 2, "next_since": None})
    pending = [one for one in page(api) if one["status"] == "pending"]
    assert off["id"] not in {one["endpoint_id"] for one in pending}
    assert {one["status"] for one in page(other)} == {"exhausted"}
