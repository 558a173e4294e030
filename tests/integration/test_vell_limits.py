"""Vell's limits: one generation at a time, so many a day, and no more than can be paid."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.accounts import keys, ledger, register
from shared.accounts.keys import Powers
from shared.accounts.tables import Account
from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.audit import oddities
from tests.conftest import Api, Caller, MakeCaller
from tests.integration.conftest import AtWork, CountRows, MakeApi, MakeGround
from tests.support import jobs
from tests.support.patience import eventually
from tests.support.vell import (
    AVAILABILITY,
    DALL_E,
    FLUX,
    FROM_IMAGE,
    GENERATE,
    RECENT,
    STABLE_DIFFUSION,
    VERSIONS,
    as_form,
    data_uri,
    generate,
    picture,
    told,
)

FREE = {"status": "success", "message": "Image generation is available."}
BUSY = "Image generation in progress. Please try again later."


@pytest.fixture
def hasty_api(make_ground: MakeGround, make_api: MakeApi) -> Api:
    """The API of a server that holds nobody, and with no worker behind it."""
    return make_api(make_ground(LIMNER_MAX_WAIT_SECONDS="0"))


@pytest.fixture
def busy_api(api: Api, ground: Ground, at_work: AtWork) -> Iterator[Api]:
    """The API, with a worker behind it."""
    with at_work(ground):
        yield api


def another(api: Api) -> Api:
    """Return another connection of the same caller."""
    return Api(api.http.application.test_client(), api.caller)


def limit(ground: Ground, caller: Caller, **limits: int | None) -> None:
    """Give the account of a caller limits of its own."""
    with ground.transaction() as session:
        register.change(session, caller.account.id, ground.plans, overrides=limits)


def give(ground: Ground, caller: Caller, credits: int) -> None:
    """Leave the account exactly so many credits."""
    with ground.transaction() as session:
        account = register.get_account(session, caller.account.id)
        ledger.credit(session, account.id, credits - account.balance, note="for the test")


def balance(ground: Ground, caller: Caller) -> tuple[int, int]:
    """Return what an account has, and what is held of it."""
    with ground.transaction() as session:
        account = register.get_account(session, caller.account.id)
        return account.balance, account.held


def adds_up(ground: Ground) -> bool:
    """Say whether every account and every job makes sense."""
    with ground.transaction() as session:
        return list(oddities(session, ground.catalog)) == []


def test_who_generates_nothing_may_begin(api: Api) -> None:
    response = api.get(AVAILABILITY)

    assert (response.status_code, response.json) == (200, FREE)


def test_a_second_generation_is_locked_out_until_the_first_is_over(
    api: Api, ground: Ground, at_work: AtWork
) -> None:
    with ThreadPoolExecutor(1) as executor:
        first = executor.submit(generate, another(api), STABLE_DIFFUSION)
        assert eventually(lambda: api.get("/v1/jobs").json["data"] != [])

        told(generate(api, DALL_E), 409, "GENERATION_LOCKED")
        told(api.get(AVAILABILITY), 409, "GENERATION_LOCKED")
        assert api.get(AVAILABILITY).json["message"] == BUSY
        with at_work(ground):
            assert first.result(30).status_code == 200

    assert api.get(AVAILABILITY).json == FREE
    assert len(api.get("/v1/jobs").json["data"]) == 1


def test_of_many_at_once_one_begins(hasty_api: Api, ground: Ground) -> None:
    with ThreadPoolExecutor(12) as pool:
        callers = [another(hasty_api) for _ in range(12)]
        answers = list(pool.map(lambda one: generate(one, STABLE_DIFFUSION), callers))

    assert sorted(one.status_code for one in answers) == [200] + [409] * 11
    assert len(hasty_api.get("/v1/jobs").json["data"]) == 1
    assert adds_up(ground)


def test_those_who_only_ask_lock_nobody_out(hasty_api: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        asking = pool.map(
            lambda one: one.get(AVAILABILITY), [another(hasty_api) for _ in range(40)]
        )
        response = generate(hasty_api, STABLE_DIFFUSION)

        assert response.status_code == 200
        assert {one.status_code for one in asking} <= {200, 409}


def test_a_lock_outlives_those_who_wait_and_not_its_jobs(
    hasty_api: Api, ground: Ground, at_work: AtWork
) -> None:
    generate(hasty_api, STABLE_DIFFUSION, image_number_of_images=6)

    # Nobody waits any more, and no message was heard yet.
    told(generate(hasty_api, STABLE_DIFFUSION), 409, "GENERATION_LOCKED")
    with at_work(ground):
        assert eventually(lambda: hasty_api.get(AVAILABILITY).status_code == 200)
    assert len(hasty_api.get(RECENT).json) == 6
    assert generate(hasty_api, STABLE_DIFFUSION).status_code == 200


def test_a_generation_that_is_canceled_locks_nobody_out(hasty_api: Api, ground: Ground) -> None:
    job_id = generate(hasty_api, FLUX).json["images"][0]["request_id"]
    with ground.transaction() as session:
        lifecycle.cancel(session, jobs.read(ground, job_id))

    assert hasty_api.get(AVAILABILITY).json == FREE
    assert generate(hasty_api, FLUX).status_code == 200


def test_what_was_submitted_our_way_locks_nobody_out(hasty_api: Api) -> None:
    hasty_api.submit()

    assert generate(hasty_api, FLUX).status_code == 200


def test_accounts_do_not_lock_each_other_out(hasty_api: Api, make_caller: MakeCaller) -> None:
    generate(hasty_api, FLUX)
    bob = Api(hasty_api.http, make_caller("bob"))

    assert bob.get(AVAILABILITY).json == FREE
    assert generate(bob, FLUX).status_code == 200


def test_a_request_that_is_sent_again_is_not_locked_out_by_itself(hasty_api: Api) -> None:
    headers = {"Idempotency-Key": "once"}
    first, again = (hasty_api.post(GENERATE, json=FLUX, headers=headers) for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json == again.json
    assert len(hasty_api.get("/v1/jobs").json["data"]) == 1


@pytest.mark.parametrize(
    "send",
    [
        lambda api: generate(api, FROM_IMAGE, image_src=data_uri(picture())),
        lambda api: api.post(GENERATE, data=as_form(FROM_IMAGE, picture())),
    ],
    ids=["json", "form"],
)
def test_the_file_of_who_is_locked_out_is_not_kept(
    hasty_api: Api, count_rows: CountRows, send: Any
) -> None:
    generate(hasty_api, FLUX)
    before = count_rows()

    told(send(hasty_api), 409, "GENERATION_LOCKED")

    assert count_rows() == before


def test_the_faults_of_a_request_are_told_before_anything_else(
    hasty_api: Api, ground: Ground
) -> None:
    generate(hasty_api, FLUX)

    told(generate(hasty_api, DALL_E, size="1x1"), 422, "VALIDATION_ERROR")


def test_credits_that_are_gone_are_told_and_nothing_is_begun(
    hasty_api: Api, ground: Ground, count_rows: CountRows
) -> None:
    give(ground, hasty_api.caller, 19)

    response = generate(hasty_api, FLUX, image_number_of_images=4)

    told(response, 419, "INSUFFICIENT_CREDITS")
    assert response.json["message"] == "Not enough image credits: 20 needed, 19 left."
    assert count_rows()["jobs"] == 0
    assert hasty_api.get(AVAILABILITY).json == FREE
    assert generate(hasty_api, FLUX, image_number_of_images=3).status_code == 200


def test_images_of_several_jobs_are_paid_all_or_none(
    hasty_api: Api, ground: Ground, count_rows: CountRows
) -> None:
    give(ground, hasty_api.caller, 49)

    response = generate(hasty_api, FLUX, image_number_of_images=10)

    told(response, 419, "INSUFFICIENT_CREDITS")
    assert response.json["message"] == "Not enough image credits: 50 needed, 49 left."
    assert count_rows()["jobs"] == 0
    assert balance(ground, hasty_api.caller) == (49, 0)


def test_a_key_that_may_not_spend_so_much_is_told(hasty_api: Api, ground: Ground) -> None:
    with ground.transaction() as session:
        account = session.get_one(Account, hasty_api.caller.account.id)
        _, key = keys.create(session, account, name="", powers=Powers(spending_cap=9))
    capped = Api(hasty_api.http, Caller(hasty_api.caller.account, key))

    response = generate(capped, FLUX, image_number_of_images=2)

    told(response, 419, "SPENDING_CAP_REACHED")
    assert generate(capped, FLUX).status_code == 200


def test_what_is_made_is_paid_once(busy_api: Api, ground: Ground) -> None:
    give(ground, busy_api.caller, 100)

    body = generate(busy_api, STABLE_DIFFUSION, image_number_of_images=6).json

    assert sum(one["credits"] for one in body["images"]) == 30
    assert balance(ground, busy_api.caller) == (70, 0)
    assert adds_up(ground)


def test_a_day_that_is_used_up_is_told_until_when(hasty_api: Api, ground: Ground) -> None:
    limit(ground, hasty_api.caller, jobs_per_day=1)
    job_id = generate(hasty_api, FLUX).json["images"][0]["request_id"]
    with ground.transaction() as session:
        lifecycle.cancel(session, jobs.read(ground, job_id))

    response = generate(hasty_api, FLUX)

    told(response, 429, "DAILY_LIMIT_EXCEEDED")
    assert 0 < int(response.headers["Retry-After"]) <= 86_401
    assert hasty_api.get(AVAILABILITY).json == FREE
    assert len(hasty_api.get("/v1/jobs").json["data"]) == 1


def test_the_lock_is_told_before_the_day_and_the_day_before_the_credits(
    hasty_api: Api, ground: Ground
) -> None:
    limit(ground, hasty_api.caller, jobs_per_day=1)
    job_id = generate(hasty_api, FLUX).json["images"][0]["request_id"]
    told(generate(hasty_api, FLUX), 409, "GENERATION_LOCKED")
    with ground.transaction() as session:
        lifecycle.cancel(session, jobs.read(ground, job_id))
    give(ground, hasty_api.caller, 0)
    told(generate(hasty_api, FLUX), 429, "DAILY_LIMIT_EXCEEDED")
    limit(ground, hasty_api.caller, jobs_per_day=None)
    told(generate(hasty_api, FLUX), 419, "INSUFFICIENT_CREDITS")


def test_a_key_that_asks_too_often_is_told(api: Api, ground: Ground) -> None:
    limit(ground, api.caller, requests_per_hour=2)

    first, _, third = (api.get(VERSIONS) for _ in range(3))

    assert first.headers["X-RateLimit-Limit"] == "2"
    assert first.headers["X-RateLimit-Remaining"] == "1"
    told(third, 429, "RATE_LIMITED")
    assert int(third.headers["Retry-After"]) > 0
    assert third.headers["X-RateLimit-Reset"]
