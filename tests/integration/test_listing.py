"""Lists of jobs: whole, in order, filtered, and never anybody else's."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.errors import ProviderRefused
from shared.ground import Ground
from shared.jobs import lifecycle, submission
from shared.jobs.requests import Draft
from shared.jobs.status import Kind, Status
from tests.conftest import Api, Caller
from tests.integration.conftest import Finish
from tests.support import jobs


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [job["id"] for job in found]


def listed(api: Api, **query: Any) -> list[dict[str, Any]]:
    response = api.get("/v1/jobs", query_string=query)
    assert response.status_code == 200, response.json
    found: list[dict[str, Any]] = response.json["data"]
    return found


def submit_video(ground: Ground, account_id: str) -> str:
    """Submit a job of a kind that no model here makes."""
    flux = ground.catalog.models["flux"]
    draft = Draft(kind=Kind.VIDEO, operation="generate", model=flux, input={}, metadata={})
    with ground.transaction() as session:
        return submission.submit(session, account_id=account_id, origin="test", draft=draft).id


@pytest.fixture
def bob(api: Api, make_caller: Callable[[str], Caller]) -> Api:
    """Somebody else."""
    return Api(api.http, make_caller("bob"))


@pytest.fixture
def one_of_each(api: Api, ground: Ground, finish: Finish) -> dict[str, str]:
    """A job in each status, and a video: name -> id."""
    succeeded = finish()["id"]
    failed, running = api.submit()["id"], api.submit()["id"]
    claimed = {job.id: job for job in jobs.claim(ground, limit=2)}
    with ground.transaction() as session:
        lifecycle.fail(session, claimed[failed], ProviderRefused("Nothing doing."))
    canceled = jobs.submit(ground, api.caller.account.id)
    with ground.transaction() as session:
        lifecycle.cancel(session, canceled)
    return {
        Status.SUCCEEDED: succeeded,
        Status.FAILED: failed,
        Status.RUNNING: running,
        Status.CANCELED: canceled.id,
        Status.QUEUED: api.submit()["id"],
        Kind.VIDEO: submit_video(ground, api.caller.account.id),
    }


def test_a_list_with_nothing_in_it_is_empty(api: Api) -> None:
    assert api.get("/v1/jobs").json == {"data": [], "next_cursor": None}


def test_jobs_are_listed_newest_first_as_they_are_read(api: Api, finish: Finish) -> None:
    submitted = [finish(), api.submit(), api.submit()]

    assert listed(api) == [jobs.as_one_of_many(job) for job in reversed(submitted)]


def test_a_page_has_twenty_jobs_unless_told_otherwise(api: Api, ground: Ground) -> None:
    for _ in range(21):
        jobs.submit(ground, api.caller.account.id)

    page = api.get("/v1/jobs").json

    assert len(page["data"]) == 20
    assert page["next_cursor"]
    assert len(listed(api, limit=21)) == 21


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_pages_are_complete_without_gap_or_repeat_while_jobs_arrive(
    api: Api, ground: Ground, limit: int
) -> None:
    account = api.caller.account.id
    expected = sorted((jobs.submit(ground, account).id for _ in range(7)), reverse=True)
    query: dict[str, Any] = {"limit": limit}
    seen: list[str] = []

    while True:
        page = api.get("/v1/jobs", query_string=query).json
        assert 0 < len(page["data"]) <= limit
        seen += ids(page["data"])
        jobs.submit(ground, account)
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    assert seen == expected


def test_a_cursor_keeps_to_the_filters_that_are_sent_with_it(api: Api, ground: Ground) -> None:
    wanted = [api.submit(metadata={"reference": str(n % 2)})["id"] for n in range(6)][::-2]
    query = {"reference": "1", "limit": 2}

    first = api.get("/v1/jobs", query_string=query).json
    second = api.get("/v1/jobs", query_string=query | {"cursor": first["next_cursor"]}).json

    assert ids(first["data"]) + ids(second["data"]) == wanted
    assert second["next_cursor"] is None


@pytest.mark.parametrize("status", Status)
def test_jobs_are_found_by_status(api: Api, one_of_each: dict[str, str], status: Status) -> None:
    found = listed(api, status=status, kind="image")

    assert ids(found) == [one_of_each[status]]
    assert found[0]["status"] == status


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "failed,succeeded"}, [Status.FAILED, Status.SUCCEEDED]),
        ({"status": "canceled, running"}, [Status.CANCELED, Status.RUNNING]),
        ({"status": "queued"}, [Kind.VIDEO, Status.QUEUED]),
        ({"kind": "video"}, [Kind.VIDEO]),
        ({"kind": "video,3d"}, [Kind.VIDEO]),
        ({"kind": "3d"}, []),
        ({"kind": "image", "status": "queued"}, [Status.QUEUED]),
        ({"kind": "video", "status": "failed"}, []),
    ],
    ids=str,
)
def test_jobs_are_found_by_status_and_kind(
    api: Api, one_of_each: dict[str, str], query: dict[str, str], expected: list[str]
) -> None:
    found = listed(api, **query)

    assert sorted(ids(found), reverse=True) == ids(found)
    assert set(ids(found)) == {one_of_each[name] for name in expected}


def test_jobs_are_found_by_the_reference_in_their_metadata(api: Api) -> None:
    of_order = [api.submit(metadata={"reference": "order 7/ü"})["id"] for _ in range(2)]
    api.submit(metadata={"reference": "order 7/ü!"})
    api.submit(metadata={"other": "order 7/ü"})
    api.submit()

    assert ids(listed(api, reference="order 7/ü")) == of_order[::-1]
    assert listed(api, reference="order") == []


@pytest.mark.parametrize("offset_hours", [0, 5])
def test_jobs_are_found_by_when_they_were_made(api: Api, offset_hours: int) -> None:
    zone = timezone(timedelta(hours=offset_hours))
    moments, made = [], []
    for _ in range(3):
        made.append(api.submit()["id"])
        moments.append(datetime.now(zone).isoformat())

    assert ids(listed(api, created_after=moments[0])) == [made[2], made[1]]
    assert ids(listed(api, created_before=moments[1])) == [made[1], made[0]]
    assert ids(listed(api, created_after=moments[0], created_before=moments[1])) == [made[1]]
    assert listed(api, created_after=moments[2]) == []


def test_a_moment_may_end_in_z(api: Api) -> None:
    before = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    job = api.submit()

    assert ids(listed(api, created_after=before)) == [job["id"]]


@pytest.mark.parametrize("name", ["created_after", "created_before"])
def test_no_job_was_made_before_or_after_its_own_moment(api: Api, name: str) -> None:
    job = api.submit()

    assert listed(api, **{name: job["created_at"]}) == []


def test_all_filters_hold_together(api: Api, one_of_each: dict[str, str]) -> None:
    wanted = api.submit(metadata={"reference": "a"})
    api.submit(metadata={"reference": "b"})
    query = {
        "status": "queued,running",
        "kind": "image",
        "reference": "a",
        "created_after": "2020-01-01T00:00:00Z",
        "created_before": "2100-01-01T00:00:00Z",
        "limit": 1,
    }

    assert listed(api, **query) == [jobs.as_one_of_many(wanted)]
    assert listed(api, **query | {"status": "failed"}) == []
    assert listed(api, **query | {"created_before": "2020-01-01T00:00:00Z"}) == []


def test_nobody_sees_anybody_elses_jobs(api: Api, bob: Api) -> None:
    hers = [api.submit(metadata={"reference": "same"})["id"] for _ in range(2)]
    his = [bob.submit(metadata={"reference": "same"})["id"] for _ in range(2)]

    for query in ({}, {"reference": "same"}, {"status": "queued"}, {"kind": "image"}):
        assert ids(listed(api, **query)) == hers[::-1]
        assert ids(listed(bob, **query)) == his[::-1]


def test_a_cursor_of_somebody_else_opens_none_of_their_jobs(api: Api, bob: Api) -> None:
    his = bob.submit()["id"]
    for _ in range(2):
        api.submit()
    cursor = api.get("/v1/jobs?limit=1").json["next_cursor"]

    assert ids(listed(bob, cursor=cursor)) == [his]
