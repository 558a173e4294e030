"""What a job would cost is told before it is submitted, and may be bounded."""

from typing import Any

import pytest

from shared.accounts import keys, ledger, register
from shared.accounts.keys import Powers
from shared.accounts.tables import Account
from shared.ground import Ground
from tests.conftest import Api, Caller
from tests.integration.conftest import CountRows, MakeApi, MakeGround
from tests.support import jobs

FOX: dict[str, Any] = {
    "kind": "image",
    "model": "flux",
    "input": {"prompt": "a red fox", "num_images": 4},
}


def give(ground: Ground, caller: Caller, credits: int) -> None:
    with ground.transaction() as session:
        account = register.get_account(session, caller.account.id)
        ledger.credit(session, account.id, credits - account.balance, note="for the test")


def another_key(ground: Ground, api: Api, powers: Powers) -> Api:
    with ground.transaction() as session:
        account = register.get_account(session, api.caller.account.id)
        _, key = keys.create(session, account, name="", powers=powers)
    return Api(api.http, Caller(api.caller.account, key))


def test_a_dry_run_tells_everything_and_stores_nothing(
    api: Api, ground: Ground, count_rows: CountRows
) -> None:
    give(ground, api.caller, 24)
    before = count_rows()

    answer = api.post("/v1/jobs?dry_run=true", json=FOX, headers={"Idempotency-Key": "a"})

    quote = answer.json
    assert answer.status_code == 200
    assert quote["input"]["width"] == 1024
    assert (quote["object"], quote["price"], quote["affordable"]) == ("quote", 20, True)
    assert (quote["balance"], quote["held"], quote["available"]) == (24, 0, 24)
    assert (quote["provider"], quote["provider_model"]) == ("sketch", "flux")
    assert (quote["is_fallback"], quote["test"], quote["queue_position"]) == (True, False, 1)
    assert quote["estimate"].keys() == {"starts_at", "finishes_at", "seconds_left"}
    assert count_rows() == before
    job = api.post("/v1/jobs", json=FOX, headers={"Idempotency-Key": "a"})
    assert (job.status_code, job.json["price"]) == (202, 20)


def test_a_dry_run_names_the_provider_that_would_be_asked(
    make_ground: MakeGround, make_api: MakeApi
) -> None:
    api = make_api(make_ground(LIMNER_FAL_KEY="never used"))

    quote = api.post("/v1/jobs?dry_run=true", json=FOX).json

    assert (quote["provider"], quote["provider_model"], quote["is_fallback"]) == (
        "fal",
        "fal-ai/flux/dev",
        False,
    )


def test_a_dry_run_stands_where_the_job_would(api: Api, ground: Ground) -> None:
    for _ in range(3):
        api.submit()
    with_a_place = api.post("/v1/jobs?dry_run=true", json=FOX).json["queue_position"]
    with ground.transaction() as session:
        session.get_one(Account, api.caller.account.id).concurrency = 3

    without = api.post("/v1/jobs?dry_run=true", json=FOX).json["queue_position"]

    assert (with_a_place, without) == (4, 4)
    assert api.submit()["queue_position"] == 4


def test_a_dry_run_says_that_it_cannot_be_paid(api: Api, ground: Ground) -> None:
    give(ground, api.caller, 19)

    quote = api.post("/v1/jobs?dry_run=true", json=FOX)

    assert (quote.status_code, quote.json["affordable"], quote.json["price"]) == (200, False, 20)


def test_a_dry_run_knows_the_cap_of_the_key_and_that_tests_are_free(
    api: Api, ground: Ground
) -> None:
    capped = another_key(ground, api, Powers(spending_cap=19))
    trying = another_key(ground, api, Powers(is_test=True))

    of_capped = capped.post("/v1/jobs?dry_run=true", json=FOX).json
    of_trying = trying.post("/v1/jobs?dry_run=true", json=FOX).json

    assert (of_capped["affordable"], of_capped["available"]) == (False, 1_000_000)
    assert (of_trying["affordable"], of_trying["price"], of_trying["test"]) == (True, 0, True)


@pytest.mark.parametrize(
    ("query", "body", "path"),
    [
        ("dry_run=perhaps", FOX, "query.dry_run"),
        ("dry_run=true", {"kind": "image", "input": {}}, "$.input.prompt"),
        ("dry_run=true", FOX | {"max_cost": -1}, "$.max_cost"),
        ("dry_run=true", FOX | {"max_cost": 1.5}, "$.max_cost"),
    ],
)
def test_a_dry_run_is_refused_as_the_request_would_be(
    api: Api, query: str, body: Any, path: str
) -> None:
    answer = api.post(f"/v1/jobs?{query}", json=body)

    assert answer.status_code == 422
    assert [one["path"] for one in answer.json["errors"]] == [path]


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_a_job_that_may_cost_more_than_it_should_is_refused(
    api: Api, count_rows: CountRows, query: str
) -> None:
    answer = api.post(f"/v1/jobs{query}", json=FOX | {"max_cost": 19})

    assert (answer.status_code, answer.json["code"]) == (422, "max_cost_exceeded")
    assert answer.json["detail"] == "The job may cost 20 credits, and max_cost allows 19."
    assert count_rows()["jobs"] == 0


def test_a_job_that_costs_as_much_as_it_may_is_accepted(api: Api) -> None:
    assert api.submit(model="flux", max_cost=5)["price"] == 5
    assert api.submit(model="flux", max_cost=None)["price"] == 5


def test_a_dry_batch_tells_what_each_and_all_would_cost(
    api: Api, ground: Ground, count_rows: CountRows
) -> None:
    give(ground, api.caller, 27)
    one = FOX | {"input": {"prompt": "a red fox"}}
    before = count_rows()
    body = {"jobs": [one, FOX, FOX, {}, FOX | {"max_cost": 1}, one]}

    quote = api.post("/v1/jobs/batch?dry_run=true", json=body).json
    real = api.post("/v1/jobs/batch", json=body).json["data"]

    assert [item["status"] for item in quote["data"]] == [202, 202, 402, 422, 422, 402]
    assert [item["status"] for item in real] == [item["status"] for item in quote["data"]]
    assert [item.get("price") for item in quote["data"]] == [5, 20, None, None, None, None]
    assert (quote["price"], quote["available"]) == (25, 27)
    assert count_rows()["jobs"] == before["jobs"] + 2


def test_a_dry_batch_of_all_or_nothing_is_refused_as_it_would_be(
    api: Api, ground: Ground, count_rows: CountRows
) -> None:
    give(ground, api.caller, 39)
    body = {"jobs": [FOX, FOX], "all_or_nothing": True}

    answer = api.post("/v1/jobs/batch?dry_run=true", json=body)

    assert (answer.status_code, answer.json["price"]) == (402, 40)
    give(ground, api.caller, 40)
    assert api.post("/v1/jobs/batch?dry_run=true", json=body).json["price"] == 40
    assert count_rows()["jobs"] == 0


def test_a_retry_forgets_what_a_job_might_have_cost_at_most(api: Api, ground: Ground) -> None:
    job_id = api.submit(max_cost=5)["id"]
    api.post(f"/v1/jobs/{job_id}/cancel")

    assert api.post(f"/v1/jobs/{job_id}/retry").status_code == 202
    assert jobs.read(ground, job_id).price == 5
