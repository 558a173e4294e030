"""The benchmarks still run, in small; nothing here says how fast."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from tests.benchmarks import contestants, inflight, keeping, lifecycle, waits
from tests.benchmarks.contestants import Load, Peer
from tests.benchmarks.holding import Way
from tests.benchmarks.rendering import contest, media
from tests.benchmarks.rendering.stories import STORIES
from tests.benchmarks.stores import Storage

_JOBS = 30


def test_jobs_in_flight_are_measured() -> None:
    report = inflight.measure(_JOBS, seconds=2.0)

    assert (report.duplicates, report.last_end.submits) == (0, _JOBS)
    assert report.memory.rss > 0
    assert all(report.lines())


def test_the_keeper_is_measured() -> None:
    report = keeping.measure(10, 100, rounds=2)

    assert len(list(report.lines())) == 3


def test_held_connections_are_measured() -> None:
    report = waits.measure(12, submissions=10, rate=50.0)

    assert report.connections == {Way.WAIT: 6, Way.JOB: 3, Way.ACCOUNT: 3}
    assert report.threads >= 12
    assert report.subscriptions == 1
    # A wait makes a job, and so do submissions: each is told to whoever follows its account.
    assert report.told == 3 + 3 + 3
    assert report.ratio > 0
    assert all(report.lines())


def test_a_job_is_measured_beside_the_others() -> None:
    with ExitStack() as stack:
        everybody = [
            stack.enter_context(contestants.limner()),
            stack.enter_context(contestants.cheapest_loop()),
            stack.enter_context(contestants.tutorial_celery()),
        ]
        jobs = {Load.ALONE: 3, Load.AT_ONCE: _JOBS - 3}

        results = lifecycle.measure(everybody, jobs=jobs, rounds=1)
        idle = lifecycle.measure_idle(everybody, seconds=0.1)

    assert set(results) == {(load, one.name) for load in Load for one in everybody}
    assert all(one.name in " ".join(lifecycle.lines(results, idle)) for one in everybody)


def test_renders_are_measured_beside_the_least_that_they_cost(tmp_path: Path) -> None:
    media.make(tmp_path, films=1, small=True)
    stories = [STORIES[name].in_small() for name in ("T1", "T2", "gif")]

    results = contest.measure(stories, tmp_path, rounds=1, small=True)

    assert {name for _, name in results} >= {contest.FLOOR, contest.OURS}
    assert all(spent.cpu > 0 for rounds in results.values() for spent in rounds)
    assert len(list(contest.lines(stories, results))) == len(stories) + len(results)


@pytest.mark.skipif(not contestants.peers_are_installed(), reason="`make peers` installs them")
@pytest.mark.parametrize("start", [contestants.dramatiq, contestants.huey])
def test_a_queue_library_is_measured(start: Callable[[], AbstractContextManager[Peer]]) -> None:
    with start() as peer:
        lifecycle.measure([peer], jobs={Load.ALONE: 3, Load.AT_ONCE: _JOBS}, rounds=1)


def test_the_s3_server_is_counted_apart() -> None:
    with contestants.cheapest_loop(Storage.S3) as loop:
        results = lifecycle.measure([loop], jobs={Load.ALONE: 3, Load.AT_ONCE: _JOBS}, rounds=1)

    [spent] = results[Load.AT_ONCE, loop.name].rounds
    assert spent.ours == sum(spent.cpu.values()) - spent.cpu["s3"]
