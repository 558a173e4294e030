"""Whoever asks for a job again and again is told when, and pays little while nothing changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.v1 import polling
from shared.ground import Ground
from tests.conftest import Api, MakeCaller
from tests.integration.conftest import Finish
from tests.support import jobs

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def again(api: Api, job_id: str, tag: str) -> Any:
    return api.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": tag})


def test_a_job_that_has_not_changed_is_not_sent_again(api: Api) -> None:
    job = api.submit()
    first = api.get(f"/v1/jobs/{job['id']}")

    second = again(api, job["id"], first.headers["ETag"])

    assert (second.status_code, second.data) == (304, b"")
    assert second.headers["ETag"] == first.headers["ETag"]
    assert int(second.headers["Retry-After"]) >= 1


def test_a_job_that_moved_is_sent_again(api: Api, ground: Ground) -> None:
    job = api.submit()
    tag = api.get(f"/v1/jobs/{job['id']}").headers["ETag"]
    jobs.claim(ground)

    response = again(api, job["id"], tag)

    assert (response.status_code, response.json["status"]) == (200, "running")
    assert response.headers["ETag"] != tag


def test_a_finished_job_keeps_its_tag_until_its_links_are_half_way_through(
    finish: Finish, api: Api
) -> None:
    job = finish()

    first, second = (api.get(f"/v1/jobs/{job['id']}").headers["ETag"] for _ in range(2))
    now, later = NOW, NOW + timedelta(seconds=50)
    tags = {polling.tag(job, link_seconds=100, now=at) for at in (now, now, later)}

    assert first == second
    assert len(tags) == 2


def test_another_link_or_estimate_is_no_other_tag() -> None:
    artifact = {"id": "art_1", "url": "https://example.org/1"}
    shown = {"id": "job_1", "estimate": {"seconds_left": 4}, "artifacts": [artifact]}
    other = {**shown, "estimate": None, "artifacts": [{**artifact, "url": "https://example.org/2"}]}

    tags = {polling.tag(one, link_seconds=100, now=NOW) for one in (shown, other)}

    assert len(tags) == 1


def test_a_tag_opens_nothing_to_others(api: Api, make_caller: MakeCaller) -> None:
    job = api.submit()
    tag = api.get(f"/v1/jobs/{job['id']}").headers["ETag"]

    response = again(Api(api.http, make_caller("bob")), job["id"], tag)

    assert response.status_code == 404


def test_an_unfinished_job_says_when_to_ask_again_and_a_finished_one_does_not(api: Api) -> None:
    body = {"kind": "image", "input": {"prompt": "a red fox"}}
    submitted = api.post("/v1/jobs", json=body)
    path = f"/v1/jobs/{submitted.json['id']}"

    assert int(submitted.headers["Retry-After"]) >= 1
    assert int(api.get(path).headers["Retry-After"]) >= 1
    api.post(f"{path}/cancel")
    assert "Retry-After" not in api.get(path).headers


@pytest.mark.parametrize(
    ("left", "passed", "seconds"),
    [
        (40, 0, "20"),
        (1, 0, "1"),
        (0, 0, "1"),
        (900, 0, "30"),
        (None, 0, "1"),
        (None, 31, "7"),
        (None, 9999, "30"),
    ],
)
def test_the_pace_is_set_by_what_is_left_or_else_by_what_has_passed(
    left: int | None, passed: int, seconds: str
) -> None:
    shown = {
        "finished_at": None,
        "estimate": None if left is None else {"seconds_left": left},
        "created_at": (NOW - timedelta(seconds=passed)).isoformat(),
    }

    assert polling.retry_after(shown, NOW) == {"Retry-After": seconds}
