"""Jobs carried out by a real worker process, but for Celery before it."""

import hashlib
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from shared.errors import ArtifactNotFound, JobCanceled, LeaseLost
from shared.ground import Ground
from shared.jobs import attempts, lifecycle
from shared.jobs.status import OVER, Queue, Status
from shared.jobs.tables import Job
from shared.storage.objects import artifact_key
from tests.conftest import Caller, MakeSettings
from tests.support import jobs
from tests.support.patience import eventually
from workers import keeper, results, routing
from workers.process import WorkerProcess
from workers.providers.base import Output
from workers.providers.local.engine import SketchEngine
from workers.telling import Teller


def is_over(ground: Ground, job: Job) -> bool:
    return jobs.read(ground, job.id).status in OVER


def test_a_bell_makes_a_worker_carry_out_all_that_is_due(
    ground: Ground, caller: Caller, worker: WorkerProcess
) -> None:
    submitted = [jobs.submit(ground, caller.account.id) for _ in range(10)]

    worker.hear(Queue.IMAGE)

    assert eventually(lambda: all(is_over(ground, job) for job in submitted))
    assert {jobs.read(ground, job.id).status for job in submitted} == {Status.SUCCEEDED}


def test_the_artifact_row_tells_the_truth_about_the_file(
    ground: Ground, caller: Caller, worker: WorkerProcess
) -> None:
    wanted = {"width": 96, "height": 72, "format": "webp", "num_images": 2, "seed": 7}
    job = jobs.submit(ground, caller.account.id, input=wanted)

    worker.hear(Queue.IMAGE)
    assert eventually(lambda: is_over(ground, job))

    with ground.transaction() as session:
        artifacts = list(session.get_one(Job, job.id).artifacts)
    assert [one.seed for one in artifacts] == [7, 8]
    for one in artifacts:
        content = b"".join(ground.store.read(one.key))
        with Image.open(io.BytesIO(content)) as image:
            assert (image.format, image.size) == ("WEBP", (96, 72))
        assert (one.width, one.height, one.content_type) == (96, 72, "image/webp")
        assert (one.bytes, one.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_the_job_says_who_made_it_and_that_it_was_a_stand_in(
    ground: Ground, caller: Caller, worker: WorkerProcess
) -> None:
    stand_in = jobs.submit(ground, caller.account.id, model="flux")
    itself = jobs.submit(ground, caller.account.id, model="sketch")

    worker.hear(Queue.IMAGE)
    assert eventually(lambda: is_over(ground, stand_in) and is_over(ground, itself))

    assert jobs.read(ground, stand_in.id).provider == "sketch"
    assert [one["code"] for one in jobs.read(ground, stand_in.id).warnings] == ["local_engine"]
    assert jobs.read(ground, itself.id).warnings == []


def test_a_job_is_tried_again_when_the_storage_was_away(
    ground: Ground, caller: Caller, worker: WorkerProcess, tmp_path: Path
) -> None:
    (tmp_path / "storage").write_text("a file where the folder should be")
    job = jobs.submit(ground, caller.account.id)
    worker.hear(Queue.IMAGE)
    assert eventually(lambda: jobs.read(ground, job.id).status == Status.QUEUED)
    (tmp_path / "storage").unlink()

    def rang_again() -> bool:
        worker.hear(Queue.IMAGE)
        return is_over(ground, job)

    assert eventually(rang_again)
    assert jobs.read(ground, job.id).status == Status.SUCCEEDED


def test_a_model_that_has_left_the_catalogue_fails_its_jobs(
    ground: Ground, caller: Caller, make_settings: MakeSettings
) -> None:
    job = jobs.submit(ground, caller.account.id)
    elsewhere = Ground.open(make_settings(LIMNER_LOCAL_ENGINES="off", LIMNER_MAX_ATTEMPTS="1"))
    process = WorkerProcess(elsewhere, Teller())

    process.hear(Queue.IMAGE)
    assert eventually(lambda: is_over(ground, job))
    process.stop()

    after = jobs.read(ground, job.id)
    assert (after.status, after.error_code) == (Status.FAILED, "model_unavailable")


def test_a_running_job_is_stopped_when_its_caller_wishes_so(
    ground: Ground, caller: Caller, worker: WorkerProcess
) -> None:
    large = {"width": 2048, "height": 2048, "num_images": 4}
    job = jobs.submit(ground, caller.account.id, input=large)
    worker.hear(Queue.IMAGE)
    with ground.transaction() as session:
        lifecycle.cancel(session, job)

    assert eventually(lambda: is_over(ground, job))

    assert jobs.read(ground, job.id).status == Status.CANCELED


def test_a_stopping_worker_gives_back_what_it_cannot_finish_in_time(
    ground: Ground, caller: Caller, make_settings: MakeSettings
) -> None:
    large = {"width": 2048, "height": 2048, "num_images": 4}
    job = jobs.submit(ground, caller.account.id, input=large)
    process = WorkerProcess(Ground.open(make_settings(LIMNER_STOP_GRACE="0")), Teller())
    process.hear(Queue.IMAGE)
    assert eventually(lambda: jobs.read(ground, job.id).status == Status.RUNNING)

    process.stop()

    after = jobs.read(ground, job.id)
    assert (after.status, after.worker) == (Status.QUEUED, None)


def test_a_stopped_worker_claims_nothing_more(
    ground: Ground, caller: Caller, worker: WorkerProcess
) -> None:
    worker.hear(Queue.IMAGE)
    worker.close()
    job = jobs.submit(ground, caller.account.id)

    worker.hear(Queue.IMAGE)

    assert jobs.read(ground, job.id).status == Status.QUEUED


def test_the_keeper_gives_a_dead_workers_job_to_another(
    ground: Ground, caller: Caller, worker: WorkerProcess
) -> None:
    job = jobs.submit(ground, caller.account.id)
    jobs.claim(ground, lease=-jobs.LEASE)

    keeper.keep(ground)
    worker.hear(Queue.IMAGE)

    assert eventually(lambda: is_over(ground, job))
    assert jobs.read(ground, job.id).status == Status.SUCCEEDED


def test_what_a_lost_worker_stored_is_removed_once_another_has_made_it(
    ground: Ground, caller: Caller, worker: WorkerProcess
) -> None:
    job = jobs.submit(ground, caller.account.id)
    [lost] = jobs.claim(ground, lease=-jobs.LEASE)
    stored = artifact_key(f"{job.id}-{lost.lease}-0", "png")
    ground.store.put(stored, io.BytesIO(b"a picture"), content_type="image/png")

    keeper.keep(ground)
    worker.hear(Queue.IMAGE)

    assert eventually(lambda: is_over(ground, job))
    assert eventually(lambda: not holds(ground, stored))


def test_a_worker_that_comes_too_late_leaves_nothing_behind(
    ground: Ground, caller: Caller, worker: WorkerProcess
) -> None:
    job = jobs.submit(ground, caller.account.id)
    [late] = jobs.claim(ground, lease=-jobs.LEASE)
    keeper.keep(ground)
    [made] = SketchEngine().make(routing.order(late, "sketch"), on_progress=lambda _: None)

    with pytest.raises(LeaseLost):
        results.keep(late, "sketch", [made], worker.tools)

    assert not holds(ground, artifact_key(f"{job.id}-{late.lease}-0", "png"))


def test_a_worker_that_finishes_what_was_just_taken_from_it_keeps_what_it_stored(
    ground: Ground, caller: Caller, worker: WorkerProcess
) -> None:
    job = jobs.submit(ground, caller.account.id)
    jobs.claim(ground, lease=-jobs.LEASE)
    keeper.keep(ground)
    [late] = jobs.claim(ground, lease=-jobs.LEASE)
    with ground.transaction() as session:
        attempts.intend(session, late, provider="fal", route_model="fal-ai/flux/dev")
    keeper.keep(ground)
    [made] = SketchEngine().make(routing.order(late, "sketch"), on_progress=lambda _: None)

    results.keep(late, "fal", [made], worker.tools)

    assert jobs.read(ground, job.id).status == Status.SUCCEEDED
    assert holds(ground, artifact_key(f"{job.id}-{late.lease}-0", "png"))


def holds(ground: Ground, key: str) -> bool:
    try:
        ground.store.read(key).close()
    except ArtifactNotFound:
        return False
    return True


def test_several_keepers_at_once_do_no_harm(ground: Ground, caller: Caller) -> None:
    lost = [jobs.submit(ground, caller.account.id) for _ in range(20)]
    jobs.claim(ground, limit=20, lease=-jobs.LEASE)

    keepers = [threading.Thread(target=keeper.keep, args=(ground,)) for _ in range(4)]
    for one in keepers:
        one.start()
    for one in keepers:
        one.join()

    assert {jobs.read(ground, job.id).status for job in lost} == {Status.QUEUED}
    assert len(jobs.claim(ground, limit=50)) == 20


def test_a_job_that_ends_between_two_files_leaves_none_behind(
    ground: Ground, caller: Caller, worker: WorkerProcess
) -> None:
    job = jobs.submit(ground, caller.account.id)
    [held] = jobs.claim(ground)
    [made] = SketchEngine().make(routing.order(held, "sketch"), on_progress=lambda _: None)
    was_there: list[bool] = []

    def outputs() -> Iterator[Output]:
        yield made
        was_there.append(holds(ground, first))
        raise JobCanceled

    first = artifact_key(f"{job.id}-{held.lease}-0", "png")
    with pytest.raises(JobCanceled):
        results.keep(held, "sketch", outputs(), worker.tools)

    assert was_there == [True]
    assert not holds(ground, first)
