"""A request that is sent again makes nothing anew."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update

from shared import clock
from shared.errors import IdempotencyInProgress
from shared.ground import Ground
from shared.jobs import idempotency
from shared.jobs.idempotency import Answer, Identity, Realm
from shared.jobs.status import Queue
from shared.jobs.tables import Answered, Job
from tests.conftest import Api, Caller
from tests.integration.conftest import AtWork, CountRows
from tests.support.patience import eventually
from workers import keeper
from workers.process import WorkerProcess

FOX = {"kind": "image", "input": {"prompt": "a red fox", "width": 64, "height": 64}}
SMALL = {"prompt": "a red fox", "width": 64, "height": 64}

MakeCaller = Callable[[str], Caller]


def submit(api: Api, key: str | None = "order-1009", path: str = "/v1/jobs", **rest: Any) -> Any:
    """Send a request under a key."""
    headers = {} if key is None else {"Idempotency-Key": key}
    body = rest.pop("json", FOX)
    return api.post(path, json=body, headers=headers | rest.pop("headers", {}), **rest)


def send_try(api: Api, number: int, path: str = "/v1/jobs", json: Any = FOX) -> Any:
    """Send a request as the clients do that Stainless generates."""
    return api.post(path, json=json, headers={"x-stainless-retry-count": str(number)})


def grow_older(ground: Ground, age: timedelta) -> None:
    with ground.transaction() as session:
        session.execute(update(Answered).values(created_at=Answered.created_at - age))


def submitted(api: Api) -> list[str]:
    return [job["id"] for job in api.get("/v1/jobs?limit=100").json["data"]]


def test_a_request_that_is_sent_again_is_answered_as_before(api: Api) -> None:
    first = submit(api)

    again = submit(api)

    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["Location"] == first.headers["Location"]
    assert submitted(api) == [first.json["id"]]


def test_the_first_answer_is_kept_whatever_becomes_of_the_job(
    api: Api, worker: WorkerProcess
) -> None:
    first = submit(api)
    worker.hear(Queue.IMAGE)
    assert eventually(lambda: api.job(first.json["id"])["status"] == "succeeded")

    again = submit(api)

    assert again.data == first.data


def test_who_prefers_to_wait_is_answered_with_the_job_as_it_now_stands(
    api: Api, ground: Ground, at_work: AtWork
) -> None:
    first = submit(api)

    with at_work(ground):
        again = submit(api, headers={"Prefer": "wait=30"})

    assert (again.status_code, again.json["status"]) == (200, "succeeded")
    assert (again.json["id"], again.headers["Idempotent-Replayed"]) == (first.json["id"], "true")


def test_a_batch_that_is_sent_again_makes_its_jobs_once(api: Api) -> None:
    body = {"jobs": [FOX, {"kind": "nothing"}, FOX]}

    first, again = (submit(api, path="/v1/jobs/batch", json=body) for _ in range(2))

    assert (again.status_code, again.data) == (202, first.data)
    assert len(submitted(api)) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"json": FOX | {"priority": 1}},
        {"path": "/v1/jobs/batch", "json": {"jobs": [FOX]}},
        {"path": "/v1/jobs/batch"},
        {"query_string": {"a": "b"}},
    ],
    ids=["body", "path and body", "path", "query"],
)
def test_a_key_names_one_request_and_no_other(api: Api, other: dict[str, Any]) -> None:
    submit(api)

    response = submit(api, **other)

    assert (response.status_code, response.json["code"]) == (422, "idempotency_key_reused")
    assert len(submitted(api)) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "ünlikely"], ids=repr)
def test_a_key_must_be_printable_and_short(api: Api, key: str) -> None:
    response = submit(api, key)

    assert (response.status_code, response.json["code"]) == (422, "invalid_request")
    assert response.json["errors"][0]["path"] == "header.Idempotency-Key"
    assert submitted(api) == []


@pytest.mark.parametrize("key", ["x", "x" * 255, '"quoted"', "with a space"], ids=repr)
def test_any_printable_key_will_do(api: Api, key: str) -> None:
    assert submit(api, key).json == submit(api, key).json


def test_keys_of_others_are_not_ours(api: Api, make_caller: MakeCaller) -> None:
    other = Api(api.http, make_caller("bob"))

    ours, theirs = submit(api), submit(other)

    assert theirs.status_code == 202
    assert ours.json["id"] != theirs.json["id"]
    assert "Idempotent-Replayed" not in theirs.headers


def test_a_request_that_failed_may_be_sent_again_under_its_key(api: Api) -> None:
    assert submit(api, json=FOX | {"kind": "nothing"}).status_code == 422

    response = submit(api)

    assert response.status_code == 202
    assert "Idempotent-Replayed" not in response.headers


def test_a_key_is_forgotten_after_a_day(api: Api, ground: Ground) -> None:
    first = submit(api)
    grow_older(ground, timedelta(hours=24))

    second = submit(api)

    assert second.status_code == 202
    assert second.json["id"] != first.json["id"]
    assert submit(api).json == second.json


def test_requests_at_the_same_time_under_one_key_make_one_job(api: Api) -> None:
    start = Barrier(8)

    def send(_: int) -> Any:
        own = Api(api.http.application.test_client(), api.caller)
        start.wait()
        return submit(own)

    with ThreadPoolExecutor(8) as executor:
        responses = list(executor.map(send, range(8)))

    [job_id] = submitted(api)
    assert {one.status_code for one in responses} <= {202, 409}
    for one in responses:
        if one.status_code == 202:
            assert one.json["id"] == job_id
        else:
            assert one.json["code"] == "idempotency_in_progress"
            assert one.headers["Retry-After"] == "1"
    assert submit(api).json["id"] == job_id


def identity(caller: Caller, **other: Any) -> Identity:
    named = {"account_id": caller.account.id, "realm": Realm.KEY, "name": "k", "digest": "d"}
    return Identity(**(named | other))


def test_who_sends_a_request_while_it_is_being_answered_is_told_so(
    ground: Ground, caller: Caller
) -> None:
    with ground.transaction() as session:
        idempotency.recall(session, identity(caller))

        with ground.transaction() as another, pytest.raises(IdempotencyInProgress):
            idempotency.recall(another, identity(caller))


def test_a_retry_never_overtakes_its_first_try(ground: Ground, caller: Caller) -> None:
    retry = identity(caller, realm=Realm.DIGEST)
    first = identity(caller, realm=Realm.DIGEST, is_new=True)
    with ground.transaction() as session, ground.transaction() as of_another_caller:
        idempotency.recall(session, first)
        idempotency.recall(of_another_caller, first)

        with ground.transaction() as late, pytest.raises(IdempotencyInProgress):
            idempotency.recall(late, retry)


def test_an_answer_and_its_job_are_both_there_or_neither(
    ground: Ground, caller: Caller, count_rows: CountRows
) -> None:
    def write_and_break() -> None:
        with ground.transaction() as session:
            idempotency.remember(session, identity(caller), Answer(job_id="job_1"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_break()

    assert count_rows()["answered_requests"] == 0


def test_a_client_that_tries_again_without_a_key_gets_its_first_job(api: Api) -> None:
    first = send_try(api, 0)

    second, third = send_try(api, 1), send_try(api, 2)

    assert second.data == third.data == first.data
    assert second.headers["Idempotent-Replayed"] == "true"
    assert submitted(api) == [first.json["id"]]


def test_a_first_try_always_makes_a_new_job_and_later_tries_mean_it(api: Api) -> None:
    earlier = send_try(api, 0)

    first = send_try(api, 0)

    assert first.json["id"] != earlier.json["id"]
    assert send_try(api, 1).json["id"] == first.json["id"]


def test_a_retry_whose_first_try_never_came_makes_the_job(api: Api) -> None:
    first = send_try(api, 1)

    assert first.status_code == 202
    assert send_try(api, 2).json["id"] == first.json["id"]


@pytest.mark.parametrize(
    "other", [{"json": FOX | {"priority": 1}}, {"path": "/v1/jobs?other"}], ids=["body", "path"]
)
def test_a_retry_of_something_else_is_no_retry(api: Api, other: dict[str, Any]) -> None:
    first = send_try(api, 0)

    assert send_try(api, 1, **other).json["id"] != first.json["id"]


def test_a_retry_after_ten_minutes_is_a_new_request(api: Api, ground: Ground) -> None:
    first = send_try(api, 0)
    grow_older(ground, timedelta(minutes=10))

    assert send_try(api, 1).json["id"] != first.json["id"]


def test_a_retry_by_somebody_else_is_theirs(api: Api, make_caller: MakeCaller) -> None:
    first = send_try(api, 0)

    assert send_try(Api(api.http, make_caller("bob")), 1).json["id"] != first.json["id"]


@pytest.mark.parametrize("count", ["", "-1", "one", "²"])
def test_a_count_that_is_none_is_let_pass(api: Api, count: str, count_rows: CountRows) -> None:
    headers = {"x-stainless-retry-count": count}

    assert api.post("/v1/jobs", json=FOX, headers=headers).status_code == 202
    assert count_rows()["answered_requests"] == 0


def test_a_key_counts_more_than_the_number_of_the_try(api: Api) -> None:
    first = submit(api, headers={"x-stainless-retry-count": "0"})

    again = submit(api, headers={"x-stainless-retry-count": "0"})

    assert again.json["id"] == first.json["id"]


def test_a_request_without_a_key_is_not_remembered(api: Api, count_rows: CountRows) -> None:
    assert submit(api, None).json["id"] != submit(api, None).json["id"]
    assert count_rows()["answered_requests"] == 0


@pytest.mark.parametrize(
    "headers", [{"Idempotency-Key": "k"}, {"x-stainless-retry-count": "1"}], ids=["key", "try"]
)
def test_a_dialect_makes_one_picture_of_one_request(
    api: Api, ground: Ground, at_work: AtWork, headers: dict[str, str]
) -> None:
    with at_work(ground):
        first, again = (api.post("/v1/ai/image", json=SMALL, headers=headers) for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json["id"] == first.json["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(submitted(api)) == 1


def test_the_keeper_forgets_what_is_older_than_a_day_and_keeps_the_rest(
    api: Api, ground: Ground
) -> None:
    submit(api, "old")
    grow_older(ground, timedelta(hours=24))
    submit(api, "new")

    keeper.keep(ground)

    with ground.transaction() as session:
        assert session.scalars(select(Answered.name)).all() == ["new"]


def test_what_is_old_is_forgotten_in_bounded_batches(api: Api, ground: Ground) -> None:
    for number in range(5):
        submit(api, f"key-{number}")
    grow_older(ground, timedelta(hours=25))

    with ground.transaction() as session:
        counts = [idempotency.forget(session, limit=2) for _ in range(4)]

    assert counts == [2, 2, 1, 0]


def test_a_job_is_never_answered_for_whose_request_was_refused(api: Api, ground: Ground) -> None:
    too_late = FOX | {"start_by": clock.rfc3339(clock.now() - timedelta(hours=1))}

    assert submit(api, json=too_late).status_code == 422

    with ground.transaction() as session:
        assert session.scalars(select(Job)).all() == []
        assert session.scalars(select(Answered)).all() == []
