"""Jobs at a remote provider: handed over once, asked for, and never paid for twice."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from shared import catalog, clock
from shared.accounts import keys
from shared.errors import LeaseLost
from shared.ground import Ground
from shared.jobs import attempts, lifecycle
from shared.jobs.status import OVER, Queue, Status
from shared.jobs.tables import Attempt, Job, JobEvent
from shared.signals import Errand
from shared.webhooks import outbox
from tests.conftest import Caller, MakeSettings
from tests.support import jobs
from tests.support.emulator import Emulator, running
from tests.support.patience import eventually
from workers import handover, keeper, routing
from workers.held import HeldJob
from workers.process import WorkerProcess
from workers.providers.base import Accepted, Finished, Order, Remote
from workers.telling import Teller


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with running(seconds=0.2) as found:
        yield found


@pytest.fixture
def provider(emulator: Emulator) -> Emulator:
    emulator.reset()
    return emulator


MakeWorker = Callable[..., WorkerProcess]


@pytest.fixture
def make_worker(
    ground: Ground, make_settings: MakeSettings, provider: Emulator
) -> Iterator[MakeWorker]:
    """Starts workers that have a provider."""
    started: list[WorkerProcess] = []

    def make(**other: str) -> WorkerProcess:
        settings = {
            "LIMNER_FAL_KEY": provider.key,
            "LIMNER_FAL_QUEUE_URL": provider.url,
            "LIMNER_FAL_API_URL": provider.api_url,
            "LIMNER_PROVIDER_ALLOW_NETWORKS": "127.0.0.0/8",
            "LIMNER_LOST_ANSWER_SECONDS": "1",
        }
        process = WorkerProcess(Ground.open(make_settings(**(settings | other))), Teller())
        started.append(process)
        return process

    yield make
    for process in started:
        process.stop()


@pytest.fixture
def worker(make_worker: MakeWorker) -> WorkerProcess:
    return make_worker()


def at_work(
    worker: WorkerProcess, ground: Ground, is_so: Callable[[], bool], seconds: float = 15
) -> bool:
    """Let time pass quickly: whatever is due within a minute is due now; look until it is so."""
    until = time.monotonic() + seconds
    while not (result := is_so()) and time.monotonic() < until:
        hurry(ground)
        keeper.keep(worker.ground)
        worker.hear(Queue.IMAGE, Errand.WORK)
        worker.hear(Queue.IMAGE, Errand.POLL)
        time.sleep(0.05)
    return result


def hurry(ground: Ground) -> None:
    soon = clock.now() + timedelta(minutes=5)
    with ground.transaction() as session:
        for job in session.scalars(
            select(Job).where(Job.worker.is_(None), Job.due_at < soon).with_for_update()
        ):
            job.due_at = clock.now()


def read(ground: Ground, job: Job) -> Job:
    return jobs.read(ground, job.id)


def attempts_of(ground: Ground, job: Job) -> list[Attempt]:
    with ground.transaction() as session:
        return list(session.get_one(Job, job.id).attempts)


def is_over(ground: Ground, job: Job) -> Callable[[], bool]:
    return lambda: read(ground, job).status in OVER


def test_a_job_is_made_by_its_provider_and_kept_here(
    ground: Ground, caller: Caller, worker: WorkerProcess, provider: Emulator
) -> None:
    job = jobs.submit(ground, caller.account.id, input={"width": 96, "num_images": 2})

    assert at_work(worker, ground, is_over(ground, job))

    done = read(ground, job)
    assert (done.status, done.provider, done.warnings) == (Status.SUCCEEDED, "fal", [])
    [attempt] = attempts_of(ground, job)
    assert (attempt.outcome, attempt.number) == ("succeeded", 1)
    assert provider.counts()["submits"] == 1
    with ground.transaction() as session:
        made = list(session.get_one(Job, job.id).artifacts)
    assert [one.width for one in made] == [96, 96]


def test_several_prompts_are_one_to_a_provider(
    ground: Ground, caller: Caller, worker: WorkerProcess, provider: Emulator
) -> None:
    words = [{"text": "a fox", "weight": 1}, {"text": "snow", "weight": -1}]
    asked = {"prompts": words, "width": 96, "height": 96}
    job = jobs.submit(ground, caller.account.id, model="stable-diffusion", input=asked)

    assert at_work(worker, ground, is_over(ground, job))

    done = read(ground, job)
    assert (done.status, done.provider) == (Status.SUCCEEDED, "fal"), done.error_message


def test_waiting_at_a_provider_holds_no_slot(
    ground: Ground, caller: Caller, make_worker: MakeWorker, provider: Emulator
) -> None:
    provider.pace(seconds=3600)
    worker = make_worker(LIMNER_SLOTS="2")
    waiting = [jobs.submit(ground, caller.account.id) for _ in range(10)]

    assert at_work(worker, ground, lambda: provider.counts()["submits"] == 10)
    # A job that is being asked for right now has a worker, for as long as the question takes.
    assert at_work(
        worker,
        ground,
        lambda: all(
            (one := read(ground, job)).waiting_for == "provider" and one.worker is None
            for job in waiting
        ),
    )


def lost(kind: str, on: str = "submit", **more: Any) -> Any:
    return pytest.param({"kind": kind, "on": on, "times": 1, **more}, id=f"{kind} on {on}")


@pytest.mark.parametrize(
    "fault",
    [
        lost("cut_after"),
        lost("cut_before"),
        lost("garbage"),
        lost("429", retry_after=1),
        lost("500"),
        lost("status", code=504),
        lost("500", "status"),
        lost("cut_after", "status"),
        lost("garbage", "status"),
        lost("429", "status", retry_after=1),
        lost("500", "result"),
        lost("cut_before", "result"),
        lost("500", "file"),
        lost("cut_after", "file"),
        lost("slow", "submit", seconds=1),
    ],
)
def test_whatever_goes_wrong_once_the_provider_is_asked_once_and_the_job_succeeds(
    ground: Ground,
    caller: Caller,
    worker: WorkerProcess,
    provider: Emulator,
    fault: dict[str, Any],
) -> None:
    provider.fault(**fault)
    job = jobs.submit(ground, caller.account.id)

    assert at_work(worker, ground, is_over(ground, job))

    assert read(ground, job).status == Status.SUCCEEDED, read(ground, job).error_message
    assert provider.counts()["submits"] == 1
    assert provider.counts()["duplicates"] == 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "unknown_status", "on": "status"}, "provider_misbehaved"),
        ({"kind": "refuse_content"}, "content_refused"),
        ({"kind": "empty_images"}, "provider_misbehaved"),
    ],
)
def test_what_will_not_work_fails_the_job_and_is_not_tried_again(
    ground: Ground,
    caller: Caller,
    worker: WorkerProcess,
    provider: Emulator,
    fault: dict[str, Any],
    code: str,
) -> None:
    provider.fault(**fault)
    job = jobs.submit(ground, caller.account.id)

    assert at_work(worker, ground, is_over(ground, job))

    after = read(ground, job)
    assert (after.status, after.error_code) == (Status.FAILED, code)
    assert provider.counts()["submits"] == 1
    assert [one.outcome for one in attempts_of(ground, job)] == ["failed"]


def test_a_mistake_in_the_last_step_closes_the_attempt_too(
    ground: Ground, caller: Caller, worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = outbox.fan_out
    mistakes = iter([RuntimeError("a mistake of ours")])

    def fan_out(*args: Any, **rest: Any) -> None:
        if mistake := next(mistakes, None):
            raise mistake
        true(*args, **rest)

    monkeypatch.setattr(outbox, "fan_out", fan_out)
    job = jobs.submit(ground, caller.account.id)

    assert at_work(worker, ground, is_over(ground, job))

    after = read(ground, job)
    assert (after.status, after.error_code) == (Status.FAILED, "internal_error")
    assert [one.outcome for one in attempts_of(ground, job)] == ["failed"]


def test_an_order_that_failed_at_the_provider_is_given_once_more(
    ground: Ground, caller: Caller, worker: WorkerProcess, provider: Emulator
) -> None:
    provider.fault("error", type="runner_scheduling_failure", times=1)
    job = jobs.submit(ground, caller.account.id)

    assert at_work(worker, ground, is_over(ground, job))

    assert read(ground, job).status == Status.SUCCEEDED
    assert [one.outcome for one in attempts_of(ground, job)] == ["failed", "succeeded"]


def test_a_worker_that_dies_between_intent_and_answer_leads_to_no_second_order(
    ground: Ground, caller: Caller, worker: WorkerProcess, provider: Emulator
) -> None:
    job = jobs.submit(ground, caller.account.id)
    [claimed] = jobs.claim(ground, lease=-jobs.LEASE)
    with ground.transaction() as session:
        attempts.intend(session, claimed, provider="fal", route_model="fal-ai/flux/dev")
    order = worker.tools.remotes["fal"]

    order.submit(routing.order(claimed, "fal-ai/flux/dev"))

    assert at_work(worker, ground, is_over(ground, job))

    assert read(ground, job).status == Status.SUCCEEDED
    assert provider.counts()["submits"] == 1


def test_a_worker_that_dies_before_its_order_left_leads_to_one_order(
    ground: Ground, caller: Caller, worker: WorkerProcess, provider: Emulator
) -> None:
    job = jobs.submit(ground, caller.account.id)
    [claimed] = jobs.claim(ground, lease=-jobs.LEASE)
    with ground.transaction() as session:
        attempts.intend(session, claimed, provider="fal", route_model="fal-ai/flux/dev")

    assert at_work(worker, ground, is_over(ground, job))

    assert read(ground, job).status == Status.SUCCEEDED
    assert provider.counts()["submits"] == 1
    assert [one.outcome for one in attempts_of(ground, job)] == ["not_submitted", "succeeded"]


class Meanwhile:
    """A provider that takes so long to answer that the job is given to somebody else."""

    def __init__(self, remote: Remote, ground: Ground) -> None:
        self._remote, self._ground = remote, ground

    def submit(self, order: Order) -> Accepted | Finished:
        answer = self._remote.submit(order)
        with self._ground.transaction() as session:
            lifecycle.rescue(session, limit=1, most_losses=9)
        with self._ground.transaction() as session:
            lifecycle.resume(session, Queue.IMAGE, worker="other", limit=1, lease=-jobs.LEASE)
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._remote, name)


def test_a_ticket_is_saved_whoever_has_the_job_by_then(
    ground: Ground, caller: Caller, worker: WorkerProcess, provider: Emulator
) -> None:
    job = jobs.submit(ground, caller.account.id)
    [claimed] = jobs.claim(ground, lease=-jobs.LEASE)
    slow = Meanwhile(worker.tools.remotes["fal"], ground)

    with pytest.raises(LeaseLost):
        handover.hand_over(
            HeldJob(claimed),
            "fal",
            "fal-ai/flux/dev",
            replace(worker.tools, remotes={"fal": slow}),
        )

    [attempt] = attempts_of(ground, job)
    assert attempt.ticket is not None
    assert at_work(worker, ground, is_over(ground, job))
    assert read(ground, job).status == Status.SUCCEEDED
    assert provider.counts()["submits"] == 1


def test_a_worker_that_dies_while_it_asks_loses_nothing(
    ground: Ground, caller: Caller, worker: WorkerProcess, provider: Emulator
) -> None:
    job = jobs.submit(ground, caller.account.id)
    assert at_work(worker, ground, lambda: read(ground, job).waiting_for == "provider")
    hurry(ground)
    with ground.transaction() as session:
        lifecycle.resume(session, Queue.IMAGE, worker="dead", limit=1, lease=-jobs.LEASE)

    assert at_work(worker, ground, is_over(ground, job))

    assert read(ground, job).status == Status.SUCCEEDED
    assert provider.counts()["submits"] == 1


def test_canceling_reaches_the_provider(
    ground: Ground, caller: Caller, worker: WorkerProcess, provider: Emulator
) -> None:
    provider.pace(seconds=3600)
    job = jobs.submit(ground, caller.account.id)
    assert at_work(worker, ground, lambda: read(ground, job).waiting_for == "provider")
    with ground.transaction() as session:
        lifecycle.cancel(session, read(ground, job))

    assert at_work(worker, ground, is_over(ground, job))

    assert read(ground, job).status == Status.CANCELED
    assert [one.outcome for one in attempts_of(ground, job)] == ["canceled"]
    assert provider.counts()["asked"]["cancel"] == 1


def test_a_full_provider_makes_jobs_wait_without_a_slot(
    ground: Ground, caller: Caller, make_worker: MakeWorker, provider: Emulator
) -> None:
    provider.pace(seconds=3600)
    worker = make_worker(LIMNER_PROVIDER_CONCURRENCY="2")
    submitted = [jobs.submit(ground, caller.account.id) for _ in range(5)]

    def waiting_for() -> list[str]:
        return sorted(read(ground, job).waiting_for or "" for job in submitted)

    assert at_work(
        worker, ground, lambda: waiting_for() == ["provider"] * 2 + ["provider_capacity"] * 3
    )
    assert provider.counts()["submits"] == 2

    for job in submitted:
        if read(ground, job).waiting_for == "provider":
            with ground.transaction() as session:
                lifecycle.cancel(session, read(ground, job))

    assert at_work(worker, ground, lambda: provider.counts()["submits"] == 4)


def test_a_full_provider_takes_jobs_in_their_order_and_they_are_not_tried_in_vain(
    ground: Ground, caller: Caller, make_worker: MakeWorker, provider: Emulator
) -> None:
    worker = make_worker(LIMNER_PROVIDER_CONCURRENCY="1", LIMNER_SLOTS="1")
    submitted = [jobs.submit(ground, caller.account.id) for _ in range(4)]

    def is_over() -> bool:
        # Time passes for those at the provider only: those in line have to be called.
        with ground.transaction() as session:
            there = update(Job).where(Job.waiting_for == "provider", Job.worker.is_(None))
            session.execute(there.values(due_at=clock.now()))
        for errand in (Errand.WORK, Errand.POLL):
            worker.hear(Queue.IMAGE, errand)
        return all(read(ground, job).status in OVER for job in submitted)

    assert eventually(is_over)
    with ground.transaction() as session:
        begun = select(Attempt.job_id).order_by(Attempt.started_at)
        assert session.scalars(begun).all() == [job.id for job in submitted]
        deferred = select(JobEvent.job_id).where(JobEvent.verb == "defer")
        assert len(session.scalars(deferred).all()) == 3


def test_an_order_that_was_held_up_gives_its_place_to_others(
    ground: Ground, caller: Caller, make_worker: MakeWorker, provider: Emulator
) -> None:
    tools = make_worker(LIMNER_PROVIDER_CONCURRENCY="1").tools
    jobs.submit(ground, caller.account.id)
    [job] = jobs.claim(ground)
    held_up = handover._FRESH + timedelta(seconds=0.2)

    with ThreadPoolExecutor(1) as worker:
        with ground.transaction() as session:
            session.execute(select(Job).where(Job.id == job.id).with_for_update())
            step = worker.submit(handover.hand_over, HeldJob(job), "fal", "fal-ai/flux/dev", tools)
            assert not wait([step], timeout=held_up.total_seconds()).done
        with pytest.raises(LeaseLost):
            step.result()

    assert provider.counts()["submits"] == 0
    assert tools.budgets.admit("fal", "another") is None


def test_a_provider_that_never_finishes_is_given_up_and_told_so(
    ground: Ground, caller: Caller, make_worker: MakeWorker, provider: Emulator
) -> None:
    provider.pace(seconds=3600)
    worker = make_worker(LIMNER_PROVIDER_ATTEMPT_SECONDS="10")
    job = jobs.submit(ground, caller.account.id)
    assert at_work(worker, ground, lambda: read(ground, job).waiting_for == "provider")
    with ground.transaction() as session:
        session.get_one(Attempt, read(ground, job).attempt_id).started_at -= timedelta(minutes=1)

    assert at_work(worker, ground, is_over(ground, job))

    assert read(ground, job).error_code == "provider_timed_out"
    assert provider.counts()["submits"] == 1
    assert provider.counts()["asked"]["cancel"] == 1


def test_a_provider_is_given_up_as_soon_as_the_catalogue_says(
    ground: Ground,
    caller: Caller,
    make_worker: MakeWorker,
    provider: Emulator,
    tmp_path: Path,
) -> None:
    provider.pace(seconds=3600)
    built_in = Path(catalog.__file__).with_suffix(".toml").read_text(encoding="utf-8")
    limited = tmp_path / "limited.toml"
    limited.write_text(
        built_in.replace("{ usual_seconds = 6 }", "{ usual_seconds = 6, attempt_seconds = 30 }"),
        encoding="utf-8",
    )
    worker = make_worker(LIMNER_CATALOG=str(limited))
    job = jobs.submit(ground, caller.account.id, model="flux")
    assert at_work(worker, ground, lambda: read(ground, job).waiting_for == "provider")
    with ground.transaction() as session:
        session.get_one(Attempt, read(ground, job).attempt_id).started_at -= timedelta(seconds=31)

    assert at_work(worker, ground, is_over(ground, job))

    assert read(ground, job).error_code == "provider_timed_out"


def test_a_deadline_ends_a_job_wherever_it_is(
    ground: Ground, caller: Caller, worker: WorkerProcess, provider: Emulator
) -> None:
    provider.pace(seconds=3600)
    queued = jobs.submit(ground, caller.account.id, start_by="1h")
    parked = jobs.submit(ground, caller.account.id, finish_by="1h")
    with ground.transaction() as session:
        session.get_one(Job, queued.id).due_at = clock.now() + timedelta(hours=2)
    assert at_work(worker, ground, lambda: read(ground, parked).waiting_for == "provider")
    with ground.transaction() as session:
        for job in (queued, parked):
            session.get_one(Job, job.id).deadline = clock.now()

    assert at_work(worker, ground, lambda: is_over(ground, queued)() and is_over(ground, parked)())

    for job in (queued, parked):
        after = read(ground, job)
        assert (after.status, after.error_code) == (Status.CANCELED, "deadline_exceeded")


def test_an_account_has_no_more_jobs_at_once_than_its_places(
    ground: Ground, caller: Caller, worker: WorkerProcess, provider: Emulator
) -> None:
    with ground.transaction() as session:
        keys.open_account(session, caller.account.name).concurrency = 2
    submitted = [jobs.submit(ground, caller.account.id) for _ in range(6)]
    assert [read(ground, job).waiting_for for job in submitted[2:]] == ["account_limit"] * 4

    assert len(jobs.claim(ground, limit=10, lease=-jobs.LEASE)) == 2
    assert at_work(worker, ground, lambda: all(is_over(ground, job)() for job in submitted))

    with ground.transaction() as session:
        assert keys.open_account(session, caller.account.name).active == 0


def test_a_flood_of_one_account_does_not_stand_before_anothers_first_job(
    ground: Ground, make_caller: Callable[[str], Caller]
) -> None:
    flood = [jobs.submit(ground, make_caller("loud").account.id) for _ in range(20)]
    quiet = jobs.submit(ground, make_caller("quiet").account.id)

    order = [jobs.claim(ground)[0].id for _ in range(3)]

    assert order[0] == flood[0].id
    assert order[1] == quiet.id


def test_a_place_goes_to_the_accounts_most_urgent_job(ground: Ground, caller: Caller) -> None:
    with ground.transaction() as session:
        keys.open_account(session, caller.account.name).concurrency = 1
    first = jobs.submit(ground, caller.account.id)
    jobs.submit(ground, caller.account.id)
    urgent = jobs.submit(ground, caller.account.id, priority=5)

    with ground.transaction() as session:
        lifecycle.cancel(session, first)

    assert [job.id for job in jobs.claim(ground, limit=5)] == [urgent.id]


def test_a_busy_provider_is_left_alone_by_everybody_for_as_long_as_it_says(
    ground: Ground, caller: Caller, worker: WorkerProcess, provider: Emulator
) -> None:
    provider.fault("429", retry_after=30, times=1)
    first = jobs.submit(ground, caller.account.id)
    assert at_work(worker, ground, lambda: provider.counts()["asked"].get("submit", 0) == 1)
    assert at_work(worker, ground, lambda: read(ground, first).status == Status.QUEUED)

    second = jobs.submit(ground, caller.account.id)

    assert at_work(worker, ground, lambda: read(ground, second).waiting_for == "provider_capacity")
    assert provider.counts()["asked"]["submit"] == 1


def test_a_job_that_was_finished_after_all_tells_of_no_deadline(
    ground: Ground, caller: Caller
) -> None:
    job = jobs.submit(ground, caller.account.id, finish_by="1h")
    [claimed] = jobs.claim(ground)
    with ground.transaction() as session:
        session.get_one(Job, job.id).deadline = clock.now()
    with ground.transaction() as session:
        lifecycle.expire(session, limit=10)

    with ground.transaction() as session:
        lifecycle.succeed(session, claimed, provider="sketch", artifacts=[])

    assert (read(ground, job).status, read(ground, job).error_code) == (Status.SUCCEEDED, None)
