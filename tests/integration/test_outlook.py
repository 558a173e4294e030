"""A job shows where it stands in its queue, and when it is likely to be finished."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from shared import clock
from shared.accounts import keys
from shared.ground import Ground
from shared.jobs import outlook, times
from shared.jobs.tables import Job
from shared.jobs.times import Work
from tests.conftest import Api, Caller
from tests.support import jobs

SKETCH = Work("sketch", "generate", "sketch")


def measure(ground: Ground, seconds: float, *, left: int = 0) -> None:
    with ground.transaction() as session:
        times.record(session, {SKETCH: [seconds]}, {"image": left} if left else {})


def age(ground: Ground, seconds: float) -> None:
    """Let all jobs have come so much earlier."""
    earlier = timedelta(seconds=seconds)
    with ground.transaction() as session:
        session.execute(
            update(Job).values(created_at=Job.created_at - earlier, due_at=Job.due_at - earlier)
        )


def seconds_to(moment: str) -> float:
    return (datetime.fromisoformat(moment) - clock.now()).total_seconds()


def test_jobs_stand_in_the_order_of_their_turns(
    api: Api, ground: Ground, make_caller: Callable[[str], Caller]
) -> None:
    for _ in range(20):
        jobs.submit(ground, make_caller("loud").account.id)
    mine = [api.submit() for _ in range(2)]

    shown = [api.job(job["id"])["queue_position"] for job in mine]

    # Mine go between those of the flood, whose turns lie ten seconds apart.
    assert shown[0] <= 2
    assert shown[0] < shown[1] <= 4
    assert [job["queue_position"] for job in mine] == shown


def test_jobs_without_a_place_stand_behind_those_that_are_ready(
    api: Api, ground: Ground, caller: Caller
) -> None:
    with ground.transaction() as session:
        keys.open_account(session, caller.account.name).concurrency = 2
    submitted = [api.submit()["id"] for _ in range(4)]
    urgent = api.submit(priority=5)["id"]

    assert [api.job(job_id)["queue_position"] for job_id in submitted] == [1, 2, 4, 5]
    assert api.job(urgent)["queue_position"] == 3


def test_only_a_queued_job_has_a_position(api: Api, ground: Ground) -> None:
    job_id = api.submit(model="sketch")["id"]
    jobs.claim(ground)

    shown = api.job(job_id)

    assert (shown["status"], shown["queue_position"]) == ("running", None)
    api.post(f"/v1/jobs/{job_id}/cancel")
    assert api.job(job_id)["estimate"] is None


def test_nobody_counts_beyond_a_limit(
    api: Api, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlook, "MOST_COUNTED", 3)
    submitted = [api.submit()["id"] for _ in range(6)]

    shown = [api.job(job_id) for job_id in submitted]

    assert [job["queue_position"] for job in shown] == [1, 2, 3, 4, 4, 4]
    assert [job["estimate"] for job in shown[3:]] == [None] * 3


def test_where_many_jobs_are_shown_nobody_counts(api: Api) -> None:
    api.submit()
    batch: dict[str, Any] = {"jobs": [{"kind": "image", "input": {"prompt": "a red fox"}}]}

    listed = api.get("/v1/jobs").json["data"]
    made = [one["job"] for one in api.post("/v1/jobs/batch", json=batch).json["data"]]

    assert {(job["queue_position"], job["estimate"]) for job in listed + made} == {(None, None)}


def test_an_estimate_is_made_of_what_was_measured(api: Api, ground: Ground) -> None:
    measure(ground, 30.0, left=60)
    submitted = [api.submit(model="sketch")["id"] for _ in range(10)]
    age(ground, 60)

    estimate = api.job(submitted[-1])["estimate"]

    # Ten jobs at one a second, and then the usual time.
    assert 0 < seconds_to(estimate["starts_at"]) <= 10
    assert 30 < seconds_to(estimate["finishes_at"]) <= 40
    assert 30 < estimate["seconds_left"] <= 40


def test_a_running_job_says_how_much_is_left(api: Api, ground: Ground) -> None:
    measure(ground, 300.0)
    job_id = api.submit(model="sketch")["id"]
    jobs.claim(ground)

    estimate = api.job(job_id)["estimate"]

    assert estimate["starts_at"] is None
    assert 200 < seconds_to(estimate["finishes_at"]) <= 300
    assert 200 < estimate["seconds_left"] <= 300


def test_a_job_that_nobody_comes_for_makes_no_promise(api: Api, ground: Ground) -> None:
    job_id = api.submit()["id"]
    age(ground, 60)

    shown = api.job(job_id)

    assert (shown["queue_position"], shown["estimate"]) == (1, None)


def test_a_job_that_is_over_makes_no_promise(api: Api) -> None:
    job_id = api.submit()["id"]

    canceled = api.post(f"/v1/jobs/{job_id}/cancel").json

    assert (canceled["queue_position"], canceled["estimate"]) == (None, None)
