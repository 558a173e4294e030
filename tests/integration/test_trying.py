"""Keys for tests: their jobs are marked, and made by local engines whatever is configured."""

from typing import Any

import pytest

from api.app import create_app
from shared.accounts import keys, register
from shared.accounts.keys import Powers
from shared.ground import Ground
from shared.jobs.status import OVER, Queue
from tests.conftest import Api, Caller
from tests.integration.conftest import MakeApi, MakeGround
from tests.support.patience import eventually
from workers.process import WorkerProcess
from workers.telling import Teller

FOX = {
    "kind": "image",
    "model": "flux",
    "input": {"prompt": "a red fox", "width": 64, "height": 64},
}


@pytest.fixture
def serious(make_ground: MakeGround) -> Ground:
    """A server with a provider, and without leave for local engines."""
    return make_ground(
        LIMNER_FAL_KEY="never used",
        LIMNER_FAL_QUEUE_URL="http://127.0.0.1:1",
        LIMNER_LOCAL_ENGINES="off",
    )


@pytest.fixture
def live(serious: Ground, make_api: MakeApi) -> Api:
    return make_api(serious)


@pytest.fixture
def trying(serious: Ground, caller: Caller) -> Api:
    """The same account, with a key for tests."""
    with serious.transaction() as session:
        account = register.get_account(session, caller.account.id)
        _, key = keys.create(session, account, name="", powers=Powers(is_test=True))
    return Api(create_app(serious).test_client(), Caller(caller.account, key))


def carry_out(ground: Ground, api: Api, job_id: str) -> Any:
    worker = WorkerProcess(Ground.open(ground.settings), Teller())
    try:
        worker.hear(Queue.IMAGE)
        assert eventually(lambda: api.job(job_id)["status"] in OVER)
        return api.job(job_id)
    finally:
        worker.stop()


def test_a_test_is_marked_and_made_here(trying: Api, serious: Ground) -> None:
    job = trying.post("/v1/jobs", json=FOX).json
    assert job["test"] is True

    job = carry_out(serious, trying, job["id"])

    assert (job["status"], job["provider"], job["attempts"]) == ("succeeded", "sketch", [])
    assert [one["message"] for one in job["warnings"]] == [
        "This is a test: the local engine 'sketch' made this."
    ]


def test_a_live_job_of_the_same_account_is_no_test(live: Api) -> None:
    assert live.post("/v1/jobs", json=FOX).json["test"] is False


def test_each_key_is_told_who_would_make_its_jobs(live: Api, trying: Api) -> None:
    def maker(api: Api) -> str:
        models = api.get("/v1/models").json["data"]
        return str(next(one["provider"] for one in models if one["name"] == "flux"))

    assert (maker(live), maker(trying)) == ("fal", "sketch")


def test_a_test_asked_for_anew_stays_one(live: Api, trying: Api) -> None:
    test = trying.post("/v1/jobs", json=FOX).json["id"]
    live_one = live.post("/v1/jobs", json=FOX).json["id"]
    for job_id in (test, live_one):
        live.post(f"/v1/jobs/{job_id}/cancel")

    assert live.post(f"/v1/jobs/{test}/retry").json["test"] is True
    assert trying.post(f"/v1/jobs/{live_one}/retry").json["test"] is True
    assert live.post(f"/v1/jobs/{live_one}/retry").json["test"] is False


def test_every_door_marks_them(trying: Api) -> None:
    many = trying.post("/v1/jobs/batch", json={"jobs": [FOX]}).json["data"][0]["job"]
    assert many["test"] is True
    trying.post("/v1/jobs/cancel", json={"all": True})
    again = trying.post("/v1/jobs/retry", json={"all": True}).json["data"][0]
    assert again["test"] is True


@pytest.mark.parametrize("header", ["Idempotency-Key", "X-Stainless-Retry-Count"])
def test_what_was_tried_is_not_the_answer_to_what_is_meant(
    live: Api, trying: Api, header: str
) -> None:
    test = trying.post("/v1/jobs", json=FOX, headers={header: "0"}).json

    meant = live.post("/v1/jobs", json=FOX, headers={header: "1" if "Count" in header else "0"})

    assert (meant.status_code, meant.json["test"]) == (202, False)
    assert meant.json["id"] != test["id"]
