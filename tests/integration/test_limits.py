"""What the catalogue allows an operation: time for one attempt, and how many attempts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import pytest

from shared.errors import ProviderUnavailable
from shared.ground import Ground
from shared.jobs.status import Queue, Status
from shared.jobs.tables import Job
from tests.conftest import Caller, MakeSettings
from tests.support import jobs
from tests.support.patience import eventually
from workers.process import WorkerProcess
from workers.providers.base import Engine, Order, Output, ProgressReport
from workers.telling import Teller

SKETCH = """
[models.sketch]
title = "Sketch"
kind = "image"
operations = ["generate"]
credits = 1
styles = ["natural"]
defaults = { width = 64, height = 64, style = "natural", format = "png" }
routes = [{ provider = "sketch", model = "sketch" }]
"""
PATIENCE = 20

MakeWorker = Callable[[Engine, str], WorkerProcess]


class Endless:
    """An engine that never finishes, and says so often."""

    def make(self, order: Order, *, on_progress: ProgressReport) -> Iterator[Output]:
        until = monotonic() + PATIENCE
        while monotonic() < until:
            on_progress(0.5)
            sleep(0.01)
        yield from ()


class Failing:
    """An engine that cannot now."""

    def make(self, order: Order, *, on_progress: ProgressReport) -> Iterator[Output]:
        raise ProviderUnavailable
        yield


@pytest.fixture
def make_worker(
    ground: Ground, make_settings: MakeSettings, tmp_path: Path
) -> Iterator[MakeWorker]:
    """Starts workers with an engine and with limits from a catalogue."""
    started = []

    def make(engine: Engine, effort: str) -> WorkerProcess:
        path = tmp_path / "catalog.toml"
        path.write_text(f"{SKETCH}efforts.generate = {effort}\n", encoding="utf-8")
        process = WorkerProcess(Ground.open(make_settings(LIMNER_CATALOG=str(path))), Teller())
        process.tools = replace(process.tools, engines={"sketch": engine})
        started.append(process)
        return process

    yield make
    for process in started:
        process.stop()


def carried_out(ground: Ground, worker: WorkerProcess, job: Job) -> Job:
    """Ring until the job has failed, whatever it waits for."""

    def look() -> bool:
        with ground.transaction() as session:
            if (one := session.get_one(Job, job.id)).status == Status.QUEUED:
                one.due_at = one.created_at
        worker.hear(Queue.IMAGE)
        return jobs.read(ground, job.id).status == Status.FAILED

    assert eventually(look)
    return jobs.read(ground, job.id)


def test_an_engine_that_takes_too_long_is_stopped_and_the_job_says_so(
    ground: Ground, caller: Caller, make_worker: MakeWorker
) -> None:
    worker = make_worker(Endless(), "{ attempt_seconds = 1 }")
    job = jobs.submit(ground, caller.account.id, model="sketch")

    after = carried_out(ground, worker, job)

    assert (after.error_code, after.tries) == ("attempt_timed_out", 0)


@pytest.mark.parametrize("most", [1, 2])
def test_a_job_is_tried_as_often_as_its_operation_allows(
    ground: Ground, caller: Caller, make_worker: MakeWorker, most: int
) -> None:
    worker = make_worker(Failing(), f"{{ max_attempts = {most} }}")
    job = jobs.submit(ground, caller.account.id, model="sketch")

    after = carried_out(ground, worker, job)

    assert (after.error_code, after.tries) == ("provider_unavailable", most - 1)
