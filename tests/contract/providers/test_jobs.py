"""Jobs at every vendor: made, kept, and asked for once, whoever is killed meanwhile."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from api.app import create_app
from shared import clock
from shared.ground import Ground
from shared.jobs import attempts, lifecycle
from shared.jobs.audit import oddities
from shared.jobs.status import OVER, Queue, Role, Status
from shared.jobs.tables import Attempt, Job
from shared.signals import Errand
from tests.conftest import Api, Caller, MakeSettings
from tests.contract.providers.describing import Described
from tests.support import jobs
from tests.support.emulator import Emulator
from tests.support.patience import eventually
from workers import inputs, keeper, routing
from workers.process import WorkerProcess
from workers.telling import Teller


@pytest.fixture
def worker(
    ground: Ground, make_settings: MakeSettings, vendor: Described, provider: Emulator
) -> Iterator[WorkerProcess]:
    """A worker that has this vendor, and no other."""
    settings = make_settings(
        LIMNER_PROVIDER_ALLOW_NETWORKS="127.0.0.0/8",
        LIMNER_LOST_ANSWER_SECONDS="1",
        LIMNER_LOCAL_ENGINES="off",
        **vendor.settings(provider),
    )
    process = WorkerProcess(Ground.open(settings), Teller())
    yield process
    process.stop()


@pytest.fixture
def job(worker: WorkerProcess, caller: Caller, vendor: Described) -> Job:
    """A job that goes to this vendor."""
    api = Api(create_app(worker.ground).test_client(), caller)
    response = api.post("/v1/jobs", json=vendor.job)
    assert response.status_code == 202, response.json
    return jobs.read(worker.ground, response.json["id"])


def at_work(worker: WorkerProcess, job: Job, is_so: Callable[[], bool]) -> bool:
    """Let time pass quickly: whatever is due within minutes is due now; look until it is so."""

    def step() -> bool:
        hurry(worker.ground)
        keeper.keep(worker.ground)
        for errand in (Errand.WORK, Errand.POLL):
            worker.hear(Queue(job.kind), errand)
        return is_so()

    return eventually(step)


def hurry(ground: Ground) -> None:
    soon = clock.now() + timedelta(minutes=5)
    with ground.transaction() as session:
        due = select(Job).where(Job.worker.is_(None), Job.due_at < soon).with_for_update()
        for job in session.scalars(due):
            job.due_at = clock.now()


def until_over(worker: WorkerProcess, job: Job) -> Job:
    assert at_work(worker, job, lambda: jobs.read(worker.ground, job.id).status in OVER)
    return jobs.read(worker.ground, job.id)


def attempts_of(ground: Ground, job: Job) -> list[Attempt]:
    with ground.transaction() as session:
        return list(session.get_one(Job, job.id).attempts)


def adds_up(ground: Ground) -> bool:
    with ground.transaction() as session:
        return list(oddities(session, ground.catalog)) == []


def test_a_job_is_made_kept_and_says_what_it_cost(
    vendor: Described, worker: WorkerProcess, job: Job, provider: Emulator
) -> None:
    done = until_over(worker, job)

    assert (done.status, done.provider) == (Status.SUCCEEDED, vendor.name), done.error_message
    [attempt] = attempts_of(worker.ground, job)
    assert (attempt.outcome, attempt.cost) == ("succeeded", vendor.cost)
    assert provider.counts()["submits"] == 1
    with worker.ground.transaction() as session:
        made = [one for one in session.get_one(Job, job.id).artifacts if one.role == Role.RESULT]
    size = [done.input[side] for side in ("width", "height") if side in done.input]
    assert [[one.width, one.height] for one in made] == [size] or not size
    assert adds_up(worker.ground)


def test_a_worker_that_dies_before_the_answer_leads_to_no_second_order(
    vendor: Described, worker: WorkerProcess, ground: Ground, job: Job, provider: Emulator
) -> None:
    with ground.transaction() as session:
        [claimed] = lifecycle.claim(
            session, Queue(job.kind), worker="dead", limit=1, lease=-jobs.LEASE
        )
    model = vendor.order.route_model
    with ground.transaction() as session:
        attempt = attempts.intend(session, claimed, provider=vendor.name, route_model=model)
    given = inputs.ready(claimed, worker.tools)
    files = inputs.sources(given, worker.ground, since=attempt.started_at)
    worker.tools.remotes[vendor.name].submit(routing.order(claimed, model, files))

    done = until_over(worker, job)

    assert provider.counts()["submits"] == 1
    if vendor.never_finds:
        assert (done.status, done.error_code) == (Status.FAILED, "outcome_unknown")
    else:
        assert done.status == Status.SUCCEEDED
    assert adds_up(worker.ground)


def test_a_worker_that_dies_between_submit_and_poll_loses_nothing(
    vendor: Described, worker: WorkerProcess, ground: Ground, job: Job, provider: Emulator
) -> None:
    if not vendor.waits:
        return
    provider.pace(seconds=1)
    assert at_work(worker, job, lambda: jobs.read(ground, job.id).waiting_for == "provider")
    hurry(ground)
    with ground.transaction() as session:
        lifecycle.resume(session, Queue(job.kind), worker="dead", limit=1, lease=-jobs.LEASE)

    assert until_over(worker, job).status == Status.SUCCEEDED
    assert provider.counts()["submits"] == 1


@pytest.mark.parametrize("kind", ["cut_after", "garbage"])
def test_a_lost_answer_is_found_again_or_ends_the_job_and_costs_its_caller_nothing(
    vendor: Described, worker: WorkerProcess, job: Job, provider: Emulator, kind: str
) -> None:
    provider.fault(kind)

    done = until_over(worker, job)

    assert provider.counts()["submits"] == 1
    if vendor.never_finds:
        assert (done.error_code, done.cost) == ("outcome_unknown", 0)
    else:
        assert done.status == Status.SUCCEEDED
    assert adds_up(worker.ground)


@pytest.mark.parametrize("fault", [{"kind": "429", "retry_after": 1}, {"kind": "429"}])
def test_a_busy_vendor_is_asked_again_and_the_job_is_made(
    vendor: Described,
    worker: WorkerProcess,
    job: Job,
    provider: Emulator,
    fault: dict[str, str],
) -> None:
    provider.fault(**fault)

    assert until_over(worker, job).status == Status.SUCCEEDED
    assert provider.counts()["submits"] == 1


def test_refused_content_fails_the_job_for_good(
    vendor: Described, worker: WorkerProcess, job: Job, provider: Emulator
) -> None:
    provider.fault(**vendor.refusals[0])

    done = until_over(worker, job)

    assert (done.error_code, done.cost) == ("content_refused", 0)
    assert len(attempts_of(worker.ground, job)) == 1


def test_canceling_ends_the_job_whether_or_not_the_vendor_can_be_stopped(
    vendor: Described, worker: WorkerProcess, ground: Ground, job: Job, provider: Emulator
) -> None:
    if not vendor.waits:
        return
    provider.pace(seconds=3600)
    assert at_work(worker, job, lambda: jobs.read(ground, job.id).waiting_for == "provider")
    with ground.transaction() as session:
        lifecycle.cancel(session, jobs.read(ground, job.id))

    assert until_over(worker, job).status == Status.CANCELED
    assert provider.counts()["asked"].get("cancel", 0) == (0 if vendor.never_stops else 1)


def test_a_result_whose_link_is_dead_is_never_ordered_anew(
    vendor: Described, worker: WorkerProcess, ground: Ground, job: Job, provider: Emulator
) -> None:
    if not vendor.links:
        return
    provider.fault("expire_file")
    assert at_work(worker, job, lambda: provider.counts()["asked"].get("file", 0) > 0)
    longer_ago = timedelta(hours=2)
    with ground.transaction() as session:
        session.scalars(select(Attempt)).one().started_at -= longer_ago

    done = until_over(worker, job)

    assert (done.status, done.error_code) == (Status.FAILED, "provider_timed_out")
    assert provider.counts()["submits"] == 1


def test_what_was_not_made_of_several_is_said_and_not_paid_for(
    vendor: Described, worker: WorkerProcess, caller: Caller, provider: Emulator
) -> None:
    if not vendor.one_each:
        return
    provider.fault("cut_after", after=1)
    request = {**vendor.job, "input": {**vendor.job["input"], "num_images": 2}}
    api = Api(create_app(worker.ground).test_client(), caller)
    job = jobs.read(worker.ground, api.post("/v1/jobs", json=request).json["id"])

    done = until_over(worker, job)

    assert (done.status, done.cost) == (Status.SUCCEEDED, done.price // 2)
    assert [one["code"] for one in done.warnings] == ["fewer_made"]
    assert provider.counts()["submits"] == 2
    assert adds_up(worker.ground)
