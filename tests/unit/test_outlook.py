"""When a job is likely to start and to be finished, from what was counted and measured."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.jobs import outlook
from shared.jobs.outlook import MOST_COUNTED, Estimate, Standing
from shared.jobs.tables import Attempt, Job

NOW = datetime(2030, 1, 31, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def queued(**fields: Any) -> Job:
    long_ago = after(-600)
    usual: dict[str, Any] = {"created_at": long_ago, "due_at": long_ago, "is_ready": True}
    return Job(**usual | fields)


def running(**fields: Any) -> Job:
    usual: dict[str, Any] = {"progress": 0.0, "tries": 0, "losses": 0, "started_at": after(-10)}
    return Job(**usual | fields)


def standing(**counts: int) -> Standing:
    usual: dict[str, Any] = {"ready": 0, "own": 0, "held": 0, "places": 10}
    return Standing(**usual | counts)


def of_queued(
    job: Job, counted: Standing, *, usual: float | None = None, per_second: float = 0.0
) -> Estimate | None:
    return outlook.of_queued(job, counted, usual=usual, per_second=per_second, now=NOW)


def test_a_position_counts_those_before_it_and_never_beyond_the_limit() -> None:
    assert standing().position == 1
    assert standing(ready=3, own=4).position == 8
    assert standing(ready=MOST_COUNTED).position == MOST_COUNTED + 1
    assert standing(ready=MOST_COUNTED, own=MOST_COUNTED).position == MOST_COUNTED + 1


def test_a_job_starts_when_those_before_it_have_left_at_the_rate_of_late() -> None:
    assert of_queued(queued(), standing(ready=19), per_second=2.0) == Estimate(after(10), None)


def test_a_job_is_finished_its_usual_time_later() -> None:
    estimate = of_queued(queued(), standing(ready=19), per_second=2.0, usual=30)

    assert estimate == Estimate(after(10), after(40))


def test_workers_that_are_at_jobs_tell_the_rate_where_none_was_seen() -> None:
    assert of_queued(queued(), standing(ready=3, held=4), usual=20) == Estimate(
        after(20), after(40)
    )


def test_of_two_rates_the_greater_counts() -> None:
    job, counted = queued(), standing(ready=9, held=1)

    assert of_queued(job, counted, usual=2, per_second=0.1) == Estimate(after(20), after(22))
    assert of_queued(job, counted, usual=2, per_second=1.0) == Estimate(after(10), after(12))


def test_a_job_without_a_place_waits_for_its_accounts_other_jobs() -> None:
    job = queued(is_ready=False)

    estimate = of_queued(job, standing(ready=1, own=5, places=2), per_second=100.0, usual=10)

    assert estimate == Estimate(after(30), after(40))


def test_a_job_that_may_not_start_yet_starts_no_sooner() -> None:
    job = queued(due_at=after(60))

    assert of_queued(job, standing(), per_second=5.0, usual=7) == Estimate(after(60), after(67))


def test_a_job_that_came_just_now_and_is_next_is_about_to_start() -> None:
    job = queued(created_at=after(-1), due_at=after(-1))

    assert of_queued(job, standing(), usual=7) == Estimate(after(-1), after(6))


@pytest.mark.parametrize(
    "counted",
    [
        pytest.param(standing(), id="next, and nobody comes"),
        pytest.param(standing(ready=5), id="nothing left the queue lately"),
        pytest.param(standing(ready=5, held=3), id="nobody knows what is usual"),
    ],
)
def test_without_a_rate_there_is_no_estimate(counted: Standing) -> None:
    assert of_queued(queued(), counted) is None


def test_beyond_what_is_counted_there_is_no_estimate() -> None:
    assert of_queued(queued(), standing(ready=MOST_COUNTED), per_second=9.0, usual=1) is None


def of_running(
    job: Job, attempt: Attempt | None = None, usual: float | None = None
) -> datetime | None:
    estimate = outlook.of_running(job, attempt, usual=usual, now=NOW)
    if estimate is None:
        return None
    assert estimate.starts_at is None
    return estimate.finishes_at


def test_a_running_job_has_what_is_left_of_its_usual_time() -> None:
    assert of_running(running(), usual=25) == after(15)


def test_progress_tells_more_than_what_is_usual() -> None:
    assert of_running(running(progress=25.0), usual=500) == after(30)
    assert of_running(running(progress=2.0), usual=500) == after(490)


def test_at_a_provider_the_time_of_the_attempt_counts() -> None:
    attempt = Attempt(started_at=after(-3))

    assert of_running(running(tries=2), attempt, usual=25) == after(22)


@pytest.mark.parametrize(
    ("job", "usual"),
    [
        pytest.param(running(), None, id="nothing known"),
        pytest.param(running(), 9.0, id="overdue"),
        pytest.param(running(progress=100.0), 9.0, id="as good as done"),
        pytest.param(running(tries=1), 25.0, id="begun anew, nobody knows when"),
        pytest.param(running(losses=1), 25.0, id="lost by a worker"),
        pytest.param(running(cancel_requested_at=NOW), 25.0, id="being stopped"),
        pytest.param(running(waiting_for="lost_answer"), 25.0, id="being looked for"),
    ],
)
def test_of_a_running_job_nothing_is_said_that_is_not_known(job: Job, usual: float | None) -> None:
    assert of_running(job, usual=usual) is None
