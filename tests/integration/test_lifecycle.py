"""The life of a job, on a real Postgres."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared import clock
from shared.errors import JobIsOver, LeaseLost, Permanent, ProviderUnavailable
from shared.ground import Ground
from shared.jobs import attempts, lifecycle, turns
from shared.jobs.status import OVER, Queue, Status
from shared.jobs.tables import Job, JobEvent
from tests.conftest import Caller
from tests.support import jobs
from tests.support.patience import eventually

LONG_AGO = timedelta(seconds=-1)
APART = timedelta(seconds=5)


def test_a_claim_takes_the_most_urgent_and_then_the_oldest(ground: Ground, caller: Caller) -> None:
    account = caller.account.id
    first, second = jobs.submit(ground, account), jobs.submit(ground, account)
    urgent = jobs.submit(ground, account, priority=9)

    order = [jobs.claim(ground)[0].id for _ in range(3)]

    assert order[0] == urgent.id
    assert set(order) == {first.id, second.id, urgent.id}


def test_a_job_is_claimed_once_however_many_workers_ask(ground: Ground, caller: Caller) -> None:
    submitted = {jobs.submit(ground, caller.account.id).id for _ in range(30)}
    claimed: list[str] = []
    lock = threading.Lock()

    def work() -> None:
        while batch := jobs.claim(ground, limit=3):
            with lock:
                claimed.extend(job.id for job in batch)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(claimed) == 30
    assert set(claimed) == submitted


def test_a_worker_given_up_for_dead_can_no_longer_finish(ground: Ground, caller: Caller) -> None:
    jobs.submit(ground, caller.account.id)
    [stale] = jobs.claim(ground, lease=LONG_AGO)
    with ground.transaction() as session:
        lifecycle.rescue(session, limit=10, most_losses=5)
    [current] = jobs.claim(ground)

    with pytest.raises(LeaseLost), ground.transaction() as session:
        lifecycle.succeed(session, stale, provider="sketch", artifacts=[])

    with ground.transaction() as session:
        lifecycle.succeed(session, current, provider="sketch", artifacts=[])
    assert jobs.read(ground, current.id).status == Status.SUCCEEDED


def test_a_job_fails_whatever_its_provider_says(ground: Ground, caller: Caller) -> None:
    jobs.submit(ground, caller.account.id)
    [job] = jobs.claim(ground)

    with ground.transaction() as session:
        lifecycle.fail(session, job, Permanent("no\x00thing \ud800 but " + "noise" * 10_000))

    message = jobs.read(ground, job.id).error_message
    assert message is not None
    assert message.startswith("no\N{REPLACEMENT CHARACTER}thing")
    assert len(message) == 2_000


Move = Callable[[Ground, Job], None]


def _succeed(ground: Ground, job: Job) -> None:
    with ground.transaction() as session:
        lifecycle.succeed(session, job, provider="sketch", artifacts=[])


def _fail(ground: Ground, job: Job) -> None:
    with ground.transaction() as session:
        lifecycle.fail(session, job, Permanent())


def _abort(ground: Ground, job: Job) -> None:
    with ground.transaction() as session:
        lifecycle.abort(session, job)


def _retry(ground: Ground, job: Job) -> None:
    with ground.transaction() as session:
        lifecycle.retry(session, job, due_at=clock.now(), error=ProviderUnavailable())


ENDS: list[Move] = [_succeed, _fail, _abort]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("move", [*ENDS, _retry])
def test_a_job_that_is_over_never_moves_again(
    ground: Ground, caller: Caller, end: Move, move: Move
) -> None:
    jobs.submit(ground, caller.account.id)
    [job] = jobs.claim(ground)
    end(ground, job)
    before = jobs.read(ground, job.id).status

    with pytest.raises(LeaseLost):
        move(ground, job)

    assert jobs.read(ground, job.id).status == before
    assert Status(before) in OVER
    with pytest.raises(JobIsOver), ground.transaction() as session:
        lifecycle.cancel(session, job)


@pytest.mark.parametrize("move", [*ENDS, _retry])
def test_a_job_that_nobody_claimed_cannot_be_ended_by_a_worker(
    ground: Ground, caller: Caller, move: Move
) -> None:
    job = jobs.submit(ground, caller.account.id)

    with pytest.raises(LeaseLost):
        move(ground, job)

    assert jobs.read(ground, job.id).status == Status.QUEUED


def test_a_job_to_be_tried_again_waits_for_its_time(ground: Ground, caller: Caller) -> None:
    jobs.submit(ground, caller.account.id)
    [job] = jobs.claim(ground)
    later = clock.now() + timedelta(minutes=1)
    with ground.transaction() as session:
        lifecycle.retry(session, job, due_at=later, error=ProviderUnavailable())

    claimed = jobs.claim(ground)

    assert claimed == []
    assert jobs.read(ground, job.id).due_at == later


def test_a_rescued_job_may_be_claimed_at_once(ground: Ground, caller: Caller) -> None:
    job = jobs.submit(ground, caller.account.id)
    jobs.claim(ground, lease=LONG_AGO)

    with ground.transaction() as session:
        lifecycle.rescue(session, limit=10, most_losses=5)

    assert [one.id for one in jobs.claim(ground)] == [job.id]


def test_a_job_on_lease_is_not_rescued(ground: Ground, caller: Caller) -> None:
    jobs.submit(ground, caller.account.id)
    jobs.claim(ground)

    with ground.transaction() as session:
        rescued = lifecycle.rescue(session, limit=10, most_losses=5)

    assert rescued == []


def lose(ground: Ground, job: Job, *, most_losses: int) -> Job:
    """Let a worker take a job from its queue or from its provider, and disappear with it."""
    with ground.transaction() as session:
        take = lifecycle.claim if job.status == Status.QUEUED else lifecycle.resume
        session.get_one(Job, job.id).due_at = clock.now()
        session.flush()
        [taken] = take(session, Queue.IMAGE, worker="dead", limit=1, lease=LONG_AGO)
        if taken.attempt_id is None:
            attempts.intend(session, taken, provider="fal", route_model="fal-ai/flux/dev")
    with ground.transaction() as session:
        lifecycle.rescue(session, limit=10, most_losses=most_losses)
    return jobs.read(ground, job.id)


def test_an_order_that_keeps_killing_whoever_asks_for_it_fails_its_job(
    ground: Ground, caller: Caller
) -> None:
    job = jobs.submit(ground, caller.account.id)

    for _ in range(3):
        job = lose(ground, job, most_losses=3)

    assert (job.status, job.error_code) == (Status.FAILED, "worker_lost")
    with ground.transaction() as session:
        [attempt] = session.get_one(Job, job.id).attempts
    assert (attempt.outcome, attempt.error_code) == ("failed", "worker_lost")


def test_an_order_that_loses_a_worker_now_and_then_stands(ground: Ground, caller: Caller) -> None:
    job = jobs.submit(ground, caller.account.id)

    for _ in range(5):
        job = lose(ground, lose(ground, job, most_losses=3), most_losses=3)
        with ground.transaction() as session:
            [asked] = lifecycle.resume(
                session, Queue.IMAGE, worker="alive", limit=1, lease=jobs.LEASE
            )
            lifecycle.park_again(session, {job.id: (asked.lease, 50.0, clock.now())}, apart=APART)

    assert (jobs.read(ground, job.id).status, job.losses) == (Status.RUNNING, 10)


def claim_of(ground: Ground, account_id: str) -> Job:
    """Submit a job and claim it, for a worker that is never heard of again."""
    jobs.submit(ground, account_id)
    [job] = jobs.claim(ground, lease=LONG_AGO)
    return job


def waiting_for_locks(ground: Ground) -> int:
    with ground.database.connection() as connection:
        waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return int(connection.execute(waiting).scalar_one())


def _rescue(session: Session) -> None:
    lifecycle.rescue(session, limit=2, most_losses=1)


def _expire(session: Session) -> None:
    lifecycle.expire(session, limit=2)


@pytest.mark.parametrize(("look_after", "status"), [(_rescue, "failed"), (_expire, "canceled")])
def test_keepers_that_end_jobs_of_the_same_accounts_never_wait_for_each_other_in_a_circle(
    ground: Ground,
    make_caller: Callable[[str], Caller],
    look_after: Callable[[Session], None],
    status: str,
) -> None:
    alice, bob = (make_caller(name).account.id for name in ("alice", "bob"))
    # One keeper gets alice's job before bob's, the other bob's before alice's.
    of_accounts = (alice, bob, bob, alice)
    if look_after is _rescue:
        submitted = [claim_of(ground, account_id) for account_id in of_accounts]
    else:
        submitted = [jobs.submit(ground, one, start_by="1h") for one in of_accounts]
    with ground.transaction() as session:
        for number, job in enumerate(submitted):
            past = clock.now() - timedelta(hours=1, seconds=-number)
            row = session.get_one(Job, job.id)
            if look_after is _rescue:
                row.due_at = past
            else:
                row.deadline = past

    def keep() -> None:
        with ground.transaction() as session:
            look_after(session)

    with ThreadPoolExecutor(2) as keepers:
        with ground.transaction() as session:
            for account_id in (alice, bob):
                turns.hold(session, account_id)
            rounds = [keepers.submit(keep) for _ in range(2)]
            assert eventually(lambda: waiting_for_locks(ground) == 2)
        for one in rounds:
            one.result()

    assert [jobs.read(ground, job.id).status for job in submitted] == [status] * 4


def test_a_job_that_keeps_losing_its_workers_fails(ground: Ground, caller: Caller) -> None:
    job = jobs.submit(ground, caller.account.id)

    for _ in range(3):
        jobs.claim(ground, lease=LONG_AGO)
        with ground.transaction() as session:
            lifecycle.rescue(session, limit=10, most_losses=3)

    after = jobs.read(ground, job.id)
    assert (after.status, after.error_code) == (Status.FAILED, "worker_lost")


@pytest.mark.parametrize("most_losses", [1, 5])
def test_a_job_whose_worker_died_is_canceled_if_its_caller_wished_so(
    ground: Ground, caller: Caller, most_losses: int
) -> None:
    job = jobs.submit(ground, caller.account.id)
    jobs.claim(ground, lease=LONG_AGO)
    with ground.transaction() as session:
        lifecycle.cancel(session, job)

    with ground.transaction() as session:
        lifecycle.rescue(session, limit=10, most_losses=most_losses)

    assert jobs.read(ground, job.id).status == Status.CANCELED


def test_renewing_keeps_a_job_and_tells_its_progress(ground: Ground, caller: Caller) -> None:
    jobs.submit(ground, caller.account.id)
    [job] = jobs.claim(ground, lease=LONG_AGO)

    with ground.transaction() as session:
        lifecycle.renew(session, {job.id: (job.lease, 40.0)}, lease=jobs.LEASE, apart=APART)
        rescued = lifecycle.rescue(session, limit=10, most_losses=5)

    assert rescued == []
    assert jobs.read(ground, job.id).progress == 40.0


def test_a_stale_renewal_changes_nothing(ground: Ground, caller: Caller) -> None:
    jobs.submit(ground, caller.account.id)
    [job] = jobs.claim(ground, lease=LONG_AGO)

    with ground.transaction() as session:
        lifecycle.renew(session, {job.id: (job.lease - 1, 40.0)}, lease=jobs.LEASE, apart=APART)

    assert jobs.read(ground, job.id).progress == 0.0


def test_every_move_leaves_an_event(ground: Ground, caller: Caller) -> None:
    job = jobs.submit(ground, caller.account.id)
    [claimed] = jobs.claim(ground)
    _retry(ground, claimed)
    [again] = jobs.claim(ground)
    _succeed(ground, again)

    with ground.transaction() as session:
        events = session.scalars(
            select(JobEvent.verb).where(JobEvent.job_id == job.id).order_by(JobEvent.id)
        ).all()

    assert events == ["submit", "claim", "retry", "claim", "succeed"]


@pytest.mark.parametrize(
    "nonsense",
    [
        "UPDATE jobs SET status = 'lost'",
        "UPDATE jobs SET due_at = NULL",
        "UPDATE jobs SET finished_at = now()",
    ],
)
def test_the_tables_refuse_a_job_that_nobody_would_look_after(
    ground: Ground, caller: Caller, nonsense: str
) -> None:
    jobs.submit(ground, caller.account.id)

    with pytest.raises(IntegrityError), ground.transaction() as session:
        session.execute(text(nonsense))
