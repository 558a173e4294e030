"""Deadlines as callers set them: in the body, and by ``Cancel-After``."""

from datetime import datetime
from typing import Any

import pytest

from shared import clock
from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.tables import Job
from tests.conftest import Api

FOX: dict[str, Any] = {"kind": "image", "input": {"prompt": "a red fox"}}
HEADER = "header.Cancel-After"


def submit(api: Api, after: str | None = None, **fields: Any) -> Any:
    headers = {} if after is None else {"Cancel-After": after}
    return api.post("/v1/jobs", json=FOX | fields, headers=headers)


def seconds_to(moment: str) -> float:
    return (datetime.fromisoformat(moment) - clock.now()).total_seconds()


def faults(response: Any) -> list[str]:
    assert response.status_code == 422
    return [one["path"] for one in response.json["errors"]]


@pytest.mark.parametrize(
    ("after", "seconds"), [("600", 600), ("600s", 600), ("10m", 600), ("1h30m", 5_400), ("5M", 300)]
)
def test_a_header_says_when_an_unfinished_job_is_canceled(
    api: Api, after: str, seconds: int
) -> None:
    job = submit(api, after).json

    assert seconds - 60 < seconds_to(job["finish_by"]) <= seconds
    assert job["start_by"] is None
    assert api.job(job["id"])["finish_by"] == job["finish_by"]


@pytest.mark.parametrize("after", ["", "0", "0s", "soon", "-5m", "1h30", "9999999d"])
def test_a_header_that_says_nothing_clear_is_refused_by_its_name(api: Api, after: str) -> None:
    assert faults(submit(api, after)) == [HEADER]
    assert api.get("/v1/jobs").json["data"] == []


@pytest.mark.parametrize("fields", [{"finish_by": "5m"}, {"finish_within": 300}])
def test_a_header_and_a_body_that_both_set_the_deadline_are_refused(
    api: Api, fields: dict[str, Any]
) -> None:
    assert faults(submit(api, "5m", **fields)) == [HEADER]


def test_a_header_goes_with_what_the_body_says_of_something_else(api: Api) -> None:
    job = submit(api, "5m", start_by="1m", finish_by=None).json

    assert seconds_to(job["start_by"]) <= 60 < seconds_to(job["finish_by"]) <= 300


def test_seconds_in_the_body_set_deadlines(api: Api) -> None:
    job = submit(api, start_within=600, finish_within=1_200).json

    assert seconds_to(job["start_by"]) <= 600 < seconds_to(job["finish_by"]) <= 1_200


@pytest.mark.parametrize("value", [0, -1, 1.5, "5m", True, 10**12])
@pytest.mark.parametrize("field", ["start_within", "finish_within"])
def test_only_a_whole_number_of_seconds_is_one(api: Api, field: str, value: Any) -> None:
    assert faults(submit(api, **{field: value})) == [f"$.{field}"]


def test_a_deadline_is_said_once(api: Api) -> None:
    twice = submit(api, start_by="1m", start_within=60, finish_by="1m", finish_within=60)

    assert sorted(faults(twice)) == ["$.finish_within", "$.start_within"]


def test_for_a_batch_the_header_is_the_default_of_each_job(api: Api) -> None:
    jobs = [FOX, FOX | {"finish_by": "1h"}, FOX | {"finish_within": 10}]

    answer = api.post("/v1/jobs/batch", json={"jobs": jobs}, headers={"Cancel-After": "5m"}).json

    left = [seconds_to(one["job"]["finish_by"]) for one in answer["data"]]
    assert [round(seconds, -1) for seconds in left] == [300, 3_600, 10]


def test_a_batch_with_a_header_that_says_nothing_clear_makes_no_job(api: Api) -> None:
    answer = api.post("/v1/jobs/batch", json={"jobs": [FOX]}, headers={"Cancel-After": "soon"})

    assert faults(answer) == [HEADER]


def test_past_its_header_a_job_is_canceled_and_says_why(api: Api, ground: Ground) -> None:
    job_id = submit(api, "5m").json["id"]
    with ground.transaction() as session:
        session.get_one(Job, job_id).deadline = clock.now()

    with ground.transaction() as session:
        lifecycle.expire(session, limit=10)

    after = api.job(job_id)
    assert (after["status"], after["error"]["code"]) == ("canceled", "deadline_exceeded")
