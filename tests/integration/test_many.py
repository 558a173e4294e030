"""Many jobs at once: submitted together, canceled and retried by a filter."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from shared.accounts import keys
from shared.errors import ProviderFailed, ProviderRefused
from shared.ground import Ground
from shared.jobs import attempts, lifecycle
from shared.jobs.attempts import Outcome
from shared.jobs.status import Queue
from tests.conftest import PUBLIC_URL, Api, Caller
from tests.integration.conftest import CountRows, Finish, MakeApi, MakeGround
from tests.support import jobs
from tests.support.patience import eventually
from workers.process import WorkerProcess

FOX = {"kind": "image", "input": {"prompt": "a red fox", "width": 64, "height": 64}}

MakeCaller = Callable[[str], Caller]


def batch(api: Api, *requests: Any, **rest: Any) -> Any:
    return api.post("/v1/jobs/batch", json={"jobs": list(requests), **rest})


def fail(ground: Ground) -> str:
    """Let the next job fail."""
    [job] = jobs.claim(ground)
    with ground.transaction() as session:
        lifecycle.fail(session, job, ProviderRefused())
    return job.id


def statuses(api: Api) -> list[str]:
    return sorted(job["status"] for job in api.get("/v1/jobs?limit=100").json["data"])


@contextmanager
def statements() -> Iterator[list[str]]:
    """Note what is sent to the database."""
    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def set_concurrency(ground: Ground, caller: Caller, places: int) -> None:
    with ground.transaction() as session:
        keys.open_account(session, caller.account.name).concurrency = places


# --- submitted together


def test_each_request_of_a_batch_is_answered_by_itself(api: Api) -> None:
    response = batch(api, FOX, {"kind": "image", "input": {"widht": 1}}, FOX | {"priority": 3})

    first, faulty, third = response.json["data"]
    assert response.status_code == 202
    assert [one["index"] for one in (first, faulty, third)] == [0, 1, 2]
    assert (first["status"], faulty["status"], third["status"]) == (202, 422, 202)
    assert first["job"] == jobs.as_one_of_many(api.job(first["job"]["id"]))
    assert third["job"]["priority"] == 3
    assert faulty["error"]["code"] == "invalid_request"
    paths = {one["path"] for one in faulty["error"]["errors"]}
    assert paths == {"$.jobs[1].input.prompt", "$.jobs[1].input.widht"}
    assert len(statuses(api)) == 2


def test_all_or_nothing_names_every_fault_and_stores_nothing(api: Api) -> None:
    wide = {"kind": "image", "input": {"prompt": "fox", "width": 9}}

    response = batch(api, FOX, "nonsense", FOX, wide, all_or_nothing=True)

    assert (response.status_code, response.json["code"]) == (422, "invalid_request")
    assert [one["path"] for one in response.json["errors"]] == [
        "$.jobs[1]",
        "$.jobs[3].input.width",
    ]
    assert statuses(api) == []


def test_all_of_a_faultless_batch_is_taken(api: Api) -> None:
    assert batch(api, FOX, FOX, all_or_nothing=True).status_code == 202
    assert statuses(api) == ["queued", "queued"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ([], "$"),
        ({}, "$.jobs"),
        ({"jobs": []}, "$.jobs"),
        ({"jobs": "all"}, "$.jobs"),
        ({"jobs": [FOX] * 1_001}, "$.jobs"),
        ({"jobs": [FOX], "all_or_nothing": "yes"}, "$.all_or_nothing"),
        ({"jobs": [FOX], "all_or_noting": True}, "$.all_or_noting"),
    ],
)
def test_a_batch_that_is_none_is_refused_whole(api: Api, body: Any, path: str) -> None:
    response = api.post("/v1/jobs/batch", json=body)

    assert response.status_code == 422
    assert [one["path"] for one in response.json["errors"]] == [path]
    assert statuses(api) == []


def test_a_character_that_cannot_be_kept_is_the_fault_of_its_own_request(api: Api) -> None:
    nul = {"kind": "image", "input": {"prompt": "\x00", "\ud800": 1}}

    response = batch(api, nul, FOX)

    assert [one["status"] for one in response.json["data"]] == [422, 202]


def test_a_model_that_nobody_can_serve_is_told_request_by_request(
    make_ground: MakeGround, make_api: MakeApi
) -> None:
    without_engines = make_api(make_ground(LIMNER_LOCAL_ENGINES="off"))

    one = batch(without_engines, FOX | {"model": "flux"}).json["data"][0]
    whole = batch(without_engines, FOX | {"model": "flux"}, all_or_nothing=True)

    assert (one["status"], one["error"]["code"]) == (503, "model_unavailable")
    assert (whole.status_code, whole.json["errors"][0]["path"]) == (422, "$.jobs[0]")


def test_a_thousand_jobs_are_written_in_few_statements(api: Api, count_rows: CountRows) -> None:
    with statements() as sent:
        response = batch(api, *[FOX | {"priority": 1}] * 1_000)

    created = [one["job"] for one in response.json["data"]]
    assert len({one["id"] for one in created}) == 1_000
    assert len(sent) < 20
    assert (count_rows()["jobs"], count_rows()["job_events"]) == (1_000, 1_000)


def test_a_batch_takes_the_places_that_are_left_the_most_urgent_first(
    api: Api, ground: Ground, caller: Caller
) -> None:
    set_concurrency(ground, caller, 3)
    api.submit()

    answered = batch(api, *(FOX | {"priority": number} for number in (0, 5, 0, 9))).json["data"]

    waiting = [one["job"]["waiting_for"] for one in answered]
    assert waiting == ["account_limit", None, "account_limit", None]


def test_urgent_jobs_of_a_batch_overtake_those_that_came_before(api: Api, ground: Ground) -> None:
    earlier = api.submit()["id"]
    answered = batch(api, FOX, FOX | {"priority": 5}, FOX | {"priority": 9}).json["data"]
    calm, urgent, most_urgent = (one["job"]["id"] for one in answered)

    order = [jobs.claim(ground)[0].id for _ in range(4)]

    assert order[0] == most_urgent
    assert order.index(urgent) < order.index(calm)
    assert set(order) == {earlier, calm, urgent, most_urgent}


def test_the_places_of_a_batch_are_given_back_one_by_one(
    api: Api, ground: Ground, caller: Caller, worker: WorkerProcess
) -> None:
    set_concurrency(ground, caller, 2)
    batch(api, *[FOX] * 5)

    def is_done() -> bool:
        worker.hear(Queue.IMAGE)
        return statuses(api) == ["succeeded"] * 5

    assert eventually(is_done)


# --- canceled by a filter


def cancel(api: Api, **selection: Any) -> Any:
    return api.post("/v1/jobs/cancel", json=selection)


def test_jobs_are_canceled_by_a_filter_and_no_others(api: Api) -> None:
    batch(api, *[FOX | {"metadata": {"reference": "a"}}] * 3, FOX)

    response = cancel(api, reference="a")

    assert response.status_code == 200
    assert response.json == {"canceled": 3, "being_stopped": 0, "more": False}
    assert statuses(api) == ["canceled"] * 3 + ["queued"]


def test_jobs_that_run_are_being_stopped(api: Api, ground: Ground) -> None:
    batch(api, FOX, FOX)
    [running] = jobs.claim(ground)

    response = cancel(api, all=True)

    assert response.json == {"canceled": 1, "being_stopped": 1, "more": False}
    assert api.job(running.id)["cancel_requested"]
    assert cancel(api, all=True).json == {"canceled": 0, "being_stopped": 0, "more": False}


def test_jobs_are_canceled_by_their_ids(api: Api) -> None:
    wanted, unwanted = api.submit()["id"], api.submit()["id"]

    assert cancel(api, ids=[unwanted, "job_unknown"]).json["canceled"] == 1
    assert api.job(wanted)["status"] == "queued"


def test_a_canceled_job_tells_its_webhook_and_leaves_its_place(
    api: Api, ground: Ground, caller: Caller, count_rows: CountRows
) -> None:
    set_concurrency(ground, caller, 2)
    told = FOX | {"webhook": "https://example.org/hook"}
    first, second, third, fourth = (
        one["job"]["id"] for one in batch(api, told, told, FOX, FOX).json["data"]
    )

    cancel(api, ids=[first, second])

    assert count_rows()["webhook_deliveries"] == 2
    assert {one.id for one in jobs.claim(ground, limit=10)} == {third, fourth}


def test_more_than_a_thousand_are_canceled_in_several_calls(api: Api) -> None:
    batch(api, *[FOX] * 1_000)
    batch(api, *[FOX] * 2)

    with statements() as sent:
        first = cancel(api, kind=["image"])
    second = cancel(api, kind=["image"])

    assert first.json == {"canceled": 1_000, "being_stopped": 0, "more": True}
    assert second.json == {"canceled": 2, "being_stopped": 0, "more": False}
    assert len(sent) < 20


def test_a_job_that_somebody_holds_at_this_moment_is_left_for_the_next_call(
    api: Api, ground: Ground
) -> None:
    api.submit()
    with ground.transaction() as session:
        lifecycle.claim(session, Queue.IMAGE, worker="test", limit=1, lease=jobs.LEASE)
        meanwhile = cancel(api, all=True).json

    assert meanwhile == {"canceled": 0, "being_stopped": 0, "more": True}
    assert cancel(api, all=True).json["being_stopped"] == 1


@pytest.mark.parametrize(
    ("selection", "path"),
    [
        ({}, "$"),
        ({"all": False}, "$"),
        ({"all": True, "kind": ["image"]}, "$.all"),
        ({"ids": []}, "$.ids"),
        ({"ids": ["x"] * 1_001}, "$.ids"),
        ({"kind": "image"}, "$.kind"),
        ({"status": ["succeeded"]}, "$.status[0]"),
        ({"referense": "a"}, "$.referense"),
    ],
    ids=str,
)
@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_a_selection_says_what_it_means(
    api: Api, verb: str, selection: dict[str, Any], path: str
) -> None:
    api.submit()

    response = api.post(f"/v1/jobs/{verb}", json=selection)

    assert response.status_code == 422
    assert [one["path"] for one in response.json["errors"]] == [path]
    assert statuses(api) == ["queued"]


def test_jobs_of_others_are_never_touched(
    api: Api, ground: Ground, make_caller: MakeCaller
) -> None:
    other = Api(api.http, make_caller("bob"))
    failed, queued = api.submit()["id"], api.submit()["id"]
    fail(ground)

    assert cancel(other, all=True).json["canceled"] == 0
    assert cancel(other, ids=[queued]).json == {"canceled": 0, "being_stopped": 0, "more": False}
    assert other.post("/v1/jobs/retry", json={"all": True}).json["data"] == []
    assert other.post("/v1/jobs/retry", json={"ids": [failed]}).json["data"] == []
    assert other.post(f"/v1/jobs/{failed}/retry").status_code == 404
    assert statuses(api) == ["failed", "queued"]
    assert statuses(other) == []


# --- retried


def test_a_job_that_is_over_is_made_anew_as_it_was(api: Api, ground: Ground) -> None:
    wanted = {"webhook": "https://example.org/", "metadata": {"reference": "a"}, "priority": 2}
    earlier = api.submit(model="flux", start_by="1h", **wanted)
    fail(ground)

    response = api.post(f"/v1/jobs/{earlier['id']}/retry")

    job = response.json
    assert response.status_code == 202
    assert response.headers["Location"] == f"{PUBLIC_URL}/v1/jobs/{job['id']}"
    assert (job["status"], job["retry_of"]) == ("queued", earlier["id"])
    for name in ("kind", "operation", "model", "input", "webhook", "metadata", "priority"):
        assert job[name] == earlier[name]
    assert api.job(job["id"]) == job
    assert api.job(earlier["id"])["status"] == "failed"


def test_a_job_that_ended_well_may_be_made_anew_too(api: Api, finish: Finish) -> None:
    earlier = finish()

    assert api.post(f"/v1/jobs/{earlier['id']}/retry").json["input"] == earlier["input"]


def test_a_job_that_is_not_over_cannot_be_retried(api: Api) -> None:
    response = api.post(f"/v1/jobs/{api.submit()['id']}/retry")

    assert (response.status_code, response.json["code"]) == (409, "job_is_not_over")
    assert statuses(api) == ["queued"]


def test_a_retry_that_is_sent_again_makes_one_job(api: Api, ground: Ground) -> None:
    api.submit()
    failed, headers = fail(ground), {"Idempotency-Key": "k"}

    first, again = (api.post(f"/v1/jobs/{failed}/retry", headers=headers) for _ in range(2))

    assert again.data == first.data
    assert statuses(api) == ["failed", "queued"]


def test_what_failed_is_made_anew_by_a_filter_and_only_once(api: Api, ground: Ground) -> None:
    batch(api, FOX, FOX, FOX, FOX)
    failed = {fail(ground), fail(ground)}
    canceled = jobs.claim(ground)[0].id
    unwanted = next(
        one["id"] for one in api.get("/v1/jobs?status=queued").json["data"] if one["id"] != canceled
    )
    cancel(api, ids=[unwanted])

    first = api.post("/v1/jobs/retry", json={"status": ["failed"]})
    second = api.post("/v1/jobs/retry", json={"all": True})
    third = api.post("/v1/jobs/retry", json={"all": True})

    assert first.status_code == 202
    assert {one["retry_of"] for one in first.json["data"]} == failed
    assert [one["retry_of"] for one in second.json["data"]] == [unwanted]
    assert third.json == {"data": [], "refused": [], "more": False}


def test_what_is_no_longer_on_offer_is_refused_and_the_rest_is_made(
    api: Api, ground: Ground, make_ground: MakeGround, make_api: MakeApi
) -> None:
    job_id = api.submit(model="flux")["id"]
    fail(ground)
    without_engines = make_api(make_ground(LIMNER_LOCAL_ENGINES="off"))

    response = without_engines.post("/v1/jobs/retry", json={"all": True})

    [refused] = response.json["refused"]
    assert (refused["id"], refused["error"]["code"]) == (job_id, "model_unavailable")
    assert response.json["data"] == []


def test_more_than_a_thousand_are_retried_in_several_calls(api: Api) -> None:
    batch(api, *[FOX] * 1_000)
    batch(api, FOX)
    cancel(api, all=True)
    cancel(api, all=True)

    first = api.post("/v1/jobs/retry", json={"all": True}).json
    second = api.post("/v1/jobs/retry", json={"all": True}).json

    assert (len(first["data"]), first["more"]) == (1_000, True)
    assert (len(second["data"]), second["more"]) == (1, False)


# --- what was tried


def test_a_job_tells_what_was_tried_where(api: Api, ground: Ground) -> None:
    api.submit()
    [job] = jobs.claim(ground)
    with ground.transaction() as session:
        first = attempts.intend(session, job, provider="fal", route_model="fal-ai/flux/dev")
        attempts.close(session, first.id, Outcome.FAILED, ProviderFailed())
        attempts.intend(session, job, provider="fal", route_model="fal-ai/flux/dev")

    failed, current = api.job(job.id)["attempts"]

    assert failed.pop("started_at") <= failed.pop("ended_at")
    assert failed == {
        "number": 1,
        "provider": "fal",
        "outcome": "failed",
        "cost": None,
        "error": {"code": "provider_failed", "message": ProviderFailed.title()},
    }
    assert (current["number"], current["outcome"], current["ended_at"]) == (2, None, None)


def test_lists_show_no_attempts(api: Api) -> None:
    job_id = api.submit()["id"]

    [listed] = api.get("/v1/jobs").json["data"]

    assert listed["attempts"] is None
    assert api.job(job_id)["attempts"] == []
