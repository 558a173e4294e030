"""A request is held until its job is over, if its caller prefers so."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import pytest

from api import reading
from api.ground import IS_STOPPING
from shared.ground import Ground
from tests.conftest import Api
from tests.integration.conftest import AtWork, MakeApi, MakeGround
from tests.support import jobs
from tests.support.patience import eventually

FOX = {"kind": "image", "input": {"prompt": "a red fox", "width": 64, "height": 64}}
# Seconds: nobody here waits for the one, and everything here is over before the other.
LONG = 30
SOON = 20

Hold = Callable[..., Future[Any]]


def submit(api: Api, prefer: str) -> Any:
    return api.post("/v1/jobs", json=FOX, headers={"Prefer": prefer})


@pytest.fixture
def hold() -> Iterator[Hold]:
    """Submits jobs in the background, each over a connection of its own."""
    with ThreadPoolExecutor() as executor:

        def start(api: Api, prefer: str = f"wait={LONG}") -> Future[Any]:
            own = Api(api.http.application.test_client(), api.caller)
            return executor.submit(submit, own, prefer)

        yield start


def unfinished(api: Api) -> list[str]:
    """Return the ids of the jobs that are not over."""
    found = api.get("/v1/jobs?status=queued,running").json["data"]
    return [job["id"] for job in found]


def test_a_held_request_is_answered_with_the_job_as_soon_as_it_ends(
    api: Api, ground: Ground, at_work: AtWork
) -> None:
    began = time.monotonic()

    with at_work(ground):
        response = submit(api, f"wait={LONG}")

    assert response.status_code == 200
    assert response.headers["Preference-Applied"] == f"wait={LONG}"
    assert response.headers["Location"] == response.json["links"]["self"]
    assert response.json["status"] == "succeeded"
    assert len(response.json["artifacts"]) == 1
    assert response.json == api.job(response.json["id"])
    assert time.monotonic() - began < SOON


def test_a_request_is_held_no_longer_than_it_prefers(api: Api) -> None:
    response = submit(api, "wait=1")

    assert response.status_code == 202
    assert response.json["status"] == "queued"
    assert response.headers["Location"] == response.json["links"]["self"]
    assert "Preference-Applied" not in response.headers


def test_a_job_that_began_meanwhile_is_answered_as_it_stands(
    api: Api, ground: Ground, hold: Hold
) -> None:
    answer = hold(api, "wait=2")
    assert eventually(lambda: len(jobs.claim(ground)) == 1)

    response = answer.result(SOON)

    assert (response.status_code, response.json["status"]) == (202, "running")


@pytest.mark.parametrize("prefer", [f"wait={LONG}", "wait", "wait=999999999999", "x, wait=100000"])
def test_a_request_is_held_no_longer_than_the_server_allows(
    make_ground: MakeGround, make_api: MakeApi, hold: Hold, prefer: str
) -> None:
    api = make_api(make_ground(LIMNER_MAX_WAIT_SECONDS="1"))

    response = hold(api, prefer).result(SOON)

    assert (response.status_code, response.json["status"]) == (202, "queued")


def test_a_server_may_hold_nothing_at_all(
    make_ground: MakeGround, make_api: MakeApi, hold: Hold
) -> None:
    api = make_api(make_ground(LIMNER_MAX_WAIT_SECONDS="0"))

    assert hold(api).result(SOON).status_code == 202


def preferred_seconds(api: Api, prefer: str) -> int:
    with api.http.application.test_request_context(headers={"Prefer": prefer}):
        return reading.wait_seconds()


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=5", 5),
        ("Wait=5", 5),
        ('wait="5"', 5),
        ("respond-async, wait=5", 5),
        ("wait=5, handling=strict", 5),
        ("wait=5; foo=bar", 5),
        ("wait=60", 60),
        ("wait=61", 60),
    ],
)
def test_a_preference_says_for_how_many_seconds(api: Api, prefer: str, seconds: int) -> None:
    assert preferred_seconds(api, prefer) == seconds


@pytest.mark.parametrize(
    "prefer", ["", "respond-async", "wait=0", "wait=soon", "wait=-5", "wait=1.5", "no-wait=5"]
)
def test_a_preference_for_anything_else_holds_nobody(api: Api, prefer: str) -> None:
    assert preferred_seconds(api, prefer) == 0


def test_without_a_preference_nobody_is_held(api: Api, hold: Hold) -> None:
    response = hold(api, "respond-async").result(SOON)

    assert (response.status_code, response.json["status"]) == (202, "queued")


def test_who_finds_every_place_taken_is_answered_at_once(
    make_ground: MakeGround, make_api: MakeApi, hold: Hold
) -> None:
    api = make_api(make_ground(LIMNER_WEB_THREADS="2"))  # room for one
    both = {hold(api), hold(api)}

    sent_away, held = wait(both, SOON, FIRST_COMPLETED)

    assert [one.result().status_code for one in sent_away] == [202]
    assert len(held) == 1
    for job_id in unfinished(api):
        api.post(f"/v1/jobs/{job_id}/cancel")
    assert held.pop().result(SOON).status_code == 200


def test_a_place_is_free_again_after_each_wait(
    make_ground: MakeGround, make_api: MakeApi, at_work: AtWork
) -> None:
    ground = make_ground(LIMNER_WEB_THREADS="2")
    api = make_api(ground)

    with at_work(ground):
        answers = [submit(api, f"wait={LONG}").status_code for _ in range(3)]

    assert answers == [200, 200, 200]


def test_many_are_held_at_the_same_time(api: Api, ground: Ground, at_work: AtWork) -> None:
    with ThreadPoolExecutor(8) as executor:
        apis = [Api(api.http.application.test_client(), api.caller) for _ in range(8)]
        answers = [executor.submit(submit, one, f"wait={LONG}") for one in apis]
        assert eventually(lambda: len(unfinished(api)) == 8)
        with at_work(ground):
            done = [one.result(SOON).json for one in answers]

    assert {one["status"] for one in done} == {"succeeded"}
    assert len({one["id"] for one in done}) == 8


def test_a_request_is_held_while_the_broker_is_away(
    make_ground: MakeGround, make_api: MakeApi, at_work: AtWork, no_broker: str
) -> None:
    cut_off = make_ground(LIMNER_BROKER_URL=no_broker)
    began = time.monotonic()

    with at_work(cut_off):
        response = submit(make_api(cut_off), f"wait={LONG}")

    assert (response.status_code, response.json["status"]) == (200, "succeeded")
    assert time.monotonic() - began < SOON


def test_a_cancellation_ends_the_wait(api: Api, hold: Hold) -> None:
    answer = hold(api)
    assert eventually(lambda: len(unfinished(api)) == 1)

    api.post(f"/v1/jobs/{unfinished(api)[0]}/cancel")

    response = answer.result(SOON)
    assert (response.status_code, response.json["status"]) == (200, "canceled")


def test_a_server_that_stops_answers_whom_it_holds(api: Api, hold: Hold) -> None:
    answer = hold(api)
    assert eventually(lambda: len(unfinished(api)) == 1)

    api.http.application.config[IS_STOPPING] = lambda: True

    response = answer.result(SOON)
    assert (response.status_code, response.json["status"]) == (202, "queued")


def test_what_is_wrong_is_told_without_a_wait(api: Api) -> None:
    response = api.post("/v1/jobs", json={}, headers={"Prefer": f"wait={LONG}"})

    assert response.status_code == 422
