"""How many jobs an account may submit in a day: through whatever door."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from shared import clock
from shared.accounts import register
from shared.accounts.tables import Account
from shared.ground import Ground
from shared.jobs.status import Status
from tests.conftest import Api
from tests.integration.conftest import CountRows, MakeApi, MakeGround

FOX = {"kind": "image", "input": {"prompt": "a red fox"}}


@pytest.fixture
def limited(api: Api, ground: Ground) -> Api:
    """The API, called by somebody who may submit three jobs a day."""
    with ground.transaction() as session:
        change: dict[str, int | None] = {"jobs_per_day": 3}
        register.change(session, api.caller.account.id, ground.plans, overrides=change)
    return api


def counted(ground: Ground, api: Api) -> int:
    with ground.transaction() as session:
        return register.get_account(session, api.caller.account.id).jobs_today


def cancel(api: Api) -> str:
    job_id: str = api.get("/v1/jobs").json["data"][0]["id"]
    assert api.post(f"/v1/jobs/{job_id}/cancel").json["status"] == Status.CANCELED
    return job_id


def test_a_job_too_many_is_told_to_come_tomorrow(limited: Api, count_rows: CountRows) -> None:
    for _ in range(3):
        limited.submit()

    answer = limited.post("/v1/jobs", json=FOX)

    assert (answer.status_code, answer.json["code"]) == (429, "daily_limit_reached")
    assert 0 < int(answer.headers["Retry-After"]) <= 86_401
    assert count_rows()["jobs"] == 3


DOORS: dict[str, Callable[[Api], Any]] = {
    "one": lambda api: api.post("/v1/jobs", json=FOX),
    "many": lambda api: api.post("/v1/jobs/batch", json={"jobs": [FOX]}),
    "again": lambda api: api.post(f"/v1/jobs/{cancel(api)}/retry"),
    "many again": lambda api: cancel(api) and api.post("/v1/jobs/retry", json={"all": True}),
    "vidiking": lambda api: api.post("/v1/ai/image", json={"prompt": "a red fox"}),
    "mayanio": lambda api: api.post("/api/v1/images", json={"prompt": "a fox", "async": True}),
}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_counts_and_is_shut(
    limited: Api, ground: Ground, make_ground: MakeGround, make_api: MakeApi, door: str
) -> None:
    hasty = make_api(make_ground(LIMNER_MAX_WAIT_SECONDS="0"))
    limited.submit()
    assert DOORS[door](hasty).status_code == 202
    assert counted(ground, limited) == 2
    limited.submit()

    answer = DOORS[door](hasty)

    assert answer.status_code == 429
    assert counted(ground, limited) == 3


def test_a_batch_that_does_not_fit_is_refused_whole(limited: Api, count_rows: CountRows) -> None:
    limited.submit()

    assert limited.post("/v1/jobs/batch", json={"jobs": [FOX] * 3}).status_code == 429
    assert count_rows()["jobs"] == 1
    assert limited.post("/v1/jobs/batch", json={"jobs": [FOX, {}, FOX]}).status_code == 202


def test_what_makes_no_job_does_not_count(limited: Api, ground: Ground) -> None:
    assert limited.post("/v1/jobs", json={}).status_code == 422
    for _ in range(5):
        limited.post("/v1/jobs", json=FOX, headers={"Idempotency-Key": "a"})

    assert counted(ground, limited) == 1


def test_a_new_day_begins_at_nothing(limited: Api, ground: Ground) -> None:
    for _ in range(3):
        limited.submit()
    with ground.transaction() as session:
        yesterday = clock.now().date() - timedelta(days=1)
        session.execute(update(Account).values(counted_on=yesterday))

    limited.submit()

    assert counted(ground, limited) == 1


def test_jobs_at_the_same_moment_are_all_counted(limited: Api, count_rows: CountRows) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: limited.post("/v1/jobs", json=FOX), range(8)))

    assert sorted(one.status_code for one in answers) == [202] * 3 + [429] * 5
    assert count_rows()["jobs"] == 3


def test_without_such_a_limit_nothing_is_counted(api: Api, ground: Ground) -> None:
    api.submit()

    assert counted(ground, api) == 0
