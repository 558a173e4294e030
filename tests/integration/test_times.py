"""How long jobs usually take, and how quickly queues move, as it is measured."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from shared import clock
from shared.ground import Ground
from shared.jobs import times
from shared.jobs.status import Queue, Status
from shared.jobs.tables import Departure, UsualTime
from shared.jobs.times import Measured, Work
from tests.conftest import Caller
from tests.integration.conftest import MakeGround
from tests.support import jobs
from tests.support.patience import eventually
from workers.process import WorkerProcess

FLUX = Work("flux", "generate", "fal")


def record(ground: Ground, *seconds: float, work: Work = FLUX, left: int = 0) -> None:
    with ground.transaction() as session:
        times.record(session, {work: seconds} if seconds else {}, {"image": left} if left else {})


def usual(ground: Ground, work: Work = FLUX) -> float | None:
    return Measured(ground.database).look().seconds(work)


def test_what_was_never_measured_is_not_known(ground: Ground) -> None:
    assert usual(ground) is None
    assert Measured(ground.database).look().per_second("image") == 0


def test_what_is_usual_is_measured_for_each_model_operation_and_provider(ground: Ground) -> None:
    record(ground, 8.0)
    record(ground, 2.0, work=Work("flux", "generate", "sketch"))

    assert usual(ground) == pytest.approx(8)
    assert usual(ground, Work("flux", "generate", "sketch")) == pytest.approx(2)
    assert usual(ground, Work("flux", "edit", "fal")) is None


def test_a_job_that_hung_moves_it_little(ground: Ground) -> None:
    record(ground, *[10.0] * 20)
    record(ground, 3_600.0)

    assert usual(ground) == pytest.approx(10, rel=0.4)


def test_what_is_new_wins_in_the_end(ground: Ground) -> None:
    for _ in range(20):
        record(ground, *[10.0] * 50)
    for _ in range(5):
        record(ground, *[40.0] * 50)

    assert usual(ground) == pytest.approx(40, rel=0.1)


def test_one_by_one_and_together_come_to_about_the_same(ground: Ground) -> None:
    seconds = [4.0, 9.0, 6.0, 5.0, 7.0]
    for one in seconds:
        record(ground, one)
    record(ground, *seconds, work=Work("other", "generate", "fal"))

    assert usual(ground) == pytest.approx(usual(ground, Work("other", "generate", "fal")))


def test_a_time_of_nothing_is_no_trouble(ground: Ground) -> None:
    record(ground, 0.0, -1.0)

    assert usual(ground) == pytest.approx(0.001)


def test_how_many_leave_a_queue_is_seen_since_the_first_within_a_minute(ground: Ground) -> None:
    record(ground, left=20)
    record(ground, left=40)

    assert Measured(ground.database).look().per_second("image") == pytest.approx(3, rel=0.3)
    with ground.transaction() as session:
        session.execute(update(Departure).values(begun_at=clock.now() - timedelta(seconds=40)))
    assert Measured(ground.database).look().per_second("image") == pytest.approx(1.5, rel=0.3)
    assert Measured(ground.database).look().per_second("video") == 0


def test_what_left_long_ago_counts_no_more(ground: Ground) -> None:
    record(ground, left=60)
    with ground.transaction() as session:
        session.execute(update(Departure).values(begun_at=clock.now() - timedelta(minutes=3)))

    assert Measured(ground.database).look().per_second("image") == 0

    record(ground, left=6)

    assert Measured(ground.database).look().per_second("image") == pytest.approx(0.3, rel=0.3)


def test_the_catalogue_says_what_is_usual_until_it_is_measured(ground: Ground) -> None:
    said = ground.catalog.usual_seconds("flux", "generate", "fal")
    assert said is not None
    assert ground.usual_seconds(FLUX) == said
    # Who stands in for a provider takes a time of its own.
    assert ground.usual_seconds(Work("flux", "generate", "sketch")) is None


def test_what_is_measured_goes_before_the_catalogue(ground: Ground) -> None:
    record(ground, 123.0)

    assert ground.usual_seconds(FLUX) == pytest.approx(123)


def test_without_the_database_the_last_answer_holds(make_ground: MakeGround) -> None:
    away = make_ground(LIMNER_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert away.measured.look().seconds(FLUX) is None
    assert away.usual_seconds(FLUX) == away.catalog.usual_seconds("flux", "generate", "fal")


def test_a_worker_measures_what_it_makes(
    ground: Ground, caller: Caller, worker: WorkerProcess
) -> None:
    submitted = [jobs.submit(ground, caller.account.id, model="sketch") for _ in range(3)]
    worker.hear(Queue.IMAGE)
    assert eventually(
        lambda: all(jobs.read(ground, job.id).status == Status.SUCCEEDED for job in submitted)
    )

    def is_written() -> bool:
        worker.tools.timing.flush()
        with ground.transaction() as session:
            left = session.scalar(select(func.sum(Departure.count)))
            made = session.scalar(select(UsualTime.count).where(UsualTime.provider == "sketch"))
        return (left, made) == (3, 3)

    assert eventually(is_written)
    assert usual(ground, Work("sketch", "generate", "sketch")) is not None
