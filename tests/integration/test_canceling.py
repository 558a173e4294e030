"""A job that is no longer wanted: stopped at once, or as soon as its worker hears of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import ProviderRefused
from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.status import OVER, Queue
from tests.conftest import Api
from tests.integration.conftest import Finish
from tests.support import jobs
from tests.support.patience import eventually
from workers import keeper, pipeline
from workers.held import HeldJob, Holdings
from workers.process import WorkerProcess
from workers.tools import Tools


def cancel(api: Api, job_id: str) -> Any:
    return api.post(f"/v1/jobs/{job_id}/cancel")


@pytest.fixture
def holdings(ground: Ground) -> Holdings:
    """What a worker holds; the test is its heart."""
    return Holdings(ground)


@pytest.fixture
def held(api: Api, ground: Ground, holdings: Holdings) -> HeldJob:
    """A job that a worker has begun."""
    api.submit()
    return holdings.take(jobs.claim(ground)[0])


def test_a_queued_job_is_canceled_at_once(api: Api) -> None:
    job = api.submit()

    response = cancel(api, job["id"])

    canceled = response.json
    assert (response.status_code, canceled["status"]) == (200, "canceled")
    assert canceled["cancel_requested"]
    assert canceled["created_at"] <= canceled["finished_at"]
    assert (canceled["started_at"], canceled["error"], canceled["artifacts"]) == (None, None, [])
    assert api.job(job["id"]) == canceled


def test_a_running_job_is_canceled_once_its_worker_reports(
    api: Api, ground: Ground, holdings: Holdings, held: HeldJob
) -> None:
    response = cancel(api, held.job.id)
    assert (response.status_code, response.json["status"]) == (202, "running")
    assert response.json["cancel_requested"]
    assert response.json["finished_at"] is None

    holdings.beat()
    pipeline.carry_out(held, Tools.open(ground))

    canceled = api.job(held.job.id)
    assert canceled["status"] == "canceled"
    assert (canceled["artifacts"], canceled["error"]) == ([], None)
    assert canceled["started_at"] <= canceled["finished_at"]


def test_a_running_job_may_be_canceled_twice(api: Api, held: HeldJob) -> None:
    first, second = cancel(api, held.job.id), cancel(api, held.job.id)

    assert (first.status_code, second.status_code) == (202, 202)


def test_a_wish_that_comes_after_the_last_report_is_too_late(
    api: Api, ground: Ground, held: HeldJob
) -> None:
    cancel(api, held.job.id)

    pipeline.carry_out(held, Tools.open(ground))

    job = api.job(held.job.id)
    assert (job["status"], len(job["artifacts"])) == ("succeeded", 1)


def test_a_wish_outlives_the_worker_that_never_heard_it(api: Api, ground: Ground) -> None:
    job = api.submit()
    jobs.claim(ground, lease=timedelta(0))
    cancel(api, job["id"])

    keeper.keep(ground)

    assert api.job(job["id"])["status"] == "canceled"


def succeeded(finish: Finish, **_: Any) -> str:
    return str(finish()["id"])


def canceled(api: Api, **_: Any) -> str:
    job_id = str(api.submit()["id"])
    cancel(api, job_id)
    return job_id


def failed(api: Api, ground: Ground, **_: Any) -> str:
    api.submit()
    job = jobs.claim(ground)[0]
    with ground.transaction() as session:
        lifecycle.fail(session, job, ProviderRefused())
    return job.id


@pytest.mark.parametrize("ended", [succeeded, failed, canceled])
def test_a_job_that_is_over_cannot_be_canceled(
    api: Api, ground: Ground, finish: Finish, ended: Callable[..., str]
) -> None:
    job = api.job(ended(api=api, ground=ground, finish=finish))

    response = cancel(api, job["id"])

    assert job["status"] == ended.__name__
    assert (response.status_code, response.json["code"]) == (409, "job_is_over")
    assert job["status"] in response.json["detail"]
    assert response.content_type == "application/problem+json"
    assert api.job(job["id"]) == job


def test_a_canceled_job_is_never_claimed(api: Api, ground: Ground, worker: WorkerProcess) -> None:
    unwanted, wanted = api.submit()["id"], api.submit()["id"]
    cancel(api, unwanted)

    keeper.keep(ground)
    worker.hear(Queue.IMAGE)
    assert eventually(lambda: api.job(wanted)["status"] in OVER)

    assert jobs.claim(ground) == []
    job = api.job(unwanted)
    assert (job["status"], job["started_at"], job["artifacts"]) == ("canceled", None, [])


def test_a_worker_that_is_told_leaves_nothing_to_claim(
    api: Api, ground: Ground, holdings: Holdings, held: HeldJob
) -> None:
    cancel(api, held.job.id)
    holdings.beat()
    pipeline.carry_out(held, Tools.open(ground))

    keeper.keep(ground)

    assert jobs.claim(ground) == []
    assert api.job(held.job.id)["status"] == "canceled"
