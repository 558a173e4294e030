"""Where credits went: usage by day, model and key, and the ledger in pages."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from shared import clock
from shared.accounts import keys, register
from shared.accounts.keys import Powers
from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.tables import Job
from tests.conftest import Api, Caller, MakeCaller
from tests.integration.conftest import Finish
from tests.support import jobs


def usage(api: Api, query: str) -> Any:
    return api.get(f"/v1/account/usage?{query}").json["data"]


def second_key(ground: Ground, api: Api, powers: Powers) -> Api:
    with ground.transaction() as session:
        account = register.get_account(session, api.caller.account.id)
        _, key = keys.create(session, account, name="", powers=powers)
    return Api(api.http, Caller(api.caller.account, key))


def test_usage_by_model_tells_what_was_paid_and_what_is_held(api: Api, finish: Finish) -> None:
    finish(model="flux", input={"num_images": 2})
    finish(model="sketch")
    api.submit(model="flux")
    api.post(f"/v1/jobs/{api.submit(model='flux')['id']}/cancel")

    assert usage(api, "by=model") == [
        {"value": "flux", "jobs": 3, "credits": 10, "held": 5},
        {"value": "sketch", "jobs": 1, "credits": 1, "held": 0},
    ]


def test_usage_by_key_leaves_tests_and_others_out(
    api: Api, ground: Ground, make_caller: MakeCaller
) -> None:
    second = second_key(ground, api, Powers())
    second_key(ground, api, Powers(is_test=True)).submit()
    Api(api.http, make_caller("bob")).submit()
    api.submit()
    second.submit()
    second.submit()

    found = usage(api, "by=key")

    with ground.transaction() as session:
        live = [one.id for one in keys.list_keys(session, api.caller.account.id) if not one.is_test]
    assert {one["value"]: one["jobs"] for one in found} == dict(zip(live, [2, 1], strict=True))


def test_usage_by_day_counts_from_a_day_until_another(api: Api, ground: Ground) -> None:
    for days in range(4):
        job = api.submit()
        with ground.transaction() as session:
            moment = datetime.fromisoformat(f"2026-01-0{days + 1}T23:59:59.999Z")
            job_id = job["id"]
            session.execute(update(Job).where(Job.id == job_id).values(created_at=moment))

    found = usage(api, "from=2026-01-02&to=2026-01-04T00:00:00Z&by=day")

    assert [(one["value"], one["jobs"]) for one in found] == [("2026-01-02", 1), ("2026-01-03", 1)]


def test_usage_is_of_the_last_thirty_days_by_day(api: Api) -> None:
    api.submit()

    whole = api.get("/v1/account/usage").json

    since, until = (datetime.fromisoformat(whole[name]) for name in ("from", "to"))
    assert until - since == timedelta(days=30)
    assert whole["by"] == "day"
    assert [one["value"] for one in whole["data"]] == [f"{clock.now():%Y-%m-%d}"]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("by=moon", "query.by"),
        ("from=yesterday", "query.from"),
        ("from=2026-01-01T00:00:00", "query.from"),
        ("to=2026-13-01", "query.to"),
        ("to=9999-12-31T23:59:59-23:00", "query.to"),
        ("from=2026-02-01&to=2026-01-01", "query.to"),
        ("from=2024-01-01&to=2026-01-01", "query.to"),
        ("since=2026-01-01", "query.since"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(api: Api, query: str, path: str) -> None:
    answer = api.get(f"/v1/account/usage?{query}")

    assert answer.status_code == 422
    assert [one["path"] for one in answer.json["errors"]] == [path]


def test_the_ledger_is_read_page_by_page(api: Api, make_caller: MakeCaller) -> None:
    Api(api.http, make_caller("bob")).submit()
    job_ids = [api.submit()["id"] for _ in range(3)]
    api.post(f"/v1/jobs/{job_ids[0]}/cancel")

    first = api.get("/v1/account/ledger?limit=2").json
    second = api.get(f"/v1/account/ledger?limit=3&cursor={first['next_cursor']}").json

    found = first["data"] + second["data"]
    assert [one["verb"] for one in found] == ["release", "hold", "hold", "hold", "top_up"]
    assert [one["job_id"] for one in found] == [job_ids[0], *reversed(job_ids), None]
    assert found[0]["key_id"] is not None
    assert second["next_cursor"] is None
    account = api.get("/v1/account").json
    for name in ("balance", "held"):
        assert sum(one[name] for one in found) == account[name]


def test_an_entry_tells_what_changed_and_why(api: Api, ground: Ground) -> None:
    api.submit()
    [job] = jobs.claim(ground)
    with ground.transaction() as session:
        lifecycle.succeed(session, job, provider="sketch", artifacts=[])

    settled, _, opened = api.get("/v1/account/ledger").json["data"]

    assert (settled["verb"], settled["balance"], settled["held"]) == ("settle", 0, -5)
    assert (opened["verb"], opened["balance"], opened["note"]) == (
        "top_up",
        1_000_000,
        "opening credits",
    )


def test_a_cursor_of_another_list_is_refused(api: Api) -> None:
    for _ in range(2):
        api.submit()
    cursor = api.get("/v1/jobs?limit=1").json["next_cursor"]

    answer = api.get(f"/v1/account/ledger?cursor={cursor}")

    assert (answer.status_code, answer.json["errors"][0]["path"]) == (422, "query.cursor")


def test_usage_counts_jobs_that_are_deleted_by_now(api: Api, finish: Finish) -> None:
    gone = [finish(model="flux", input={"num_images": 2})["id"], finish(model="flux")["id"]]
    finish(model="sketch")
    before = {by: usage(api, f"by={by}") for by in ("day", "model", "key")}

    for job_id in gone:
        assert api.delete(f"/v1/jobs/{job_id}").status_code == 204

    assert {by: usage(api, f"by={by}") for by in ("day", "model", "key")} == before
    assert before["model"][0] == {"value": "flux", "jobs": 2, "credits": 15, "held": 0}
