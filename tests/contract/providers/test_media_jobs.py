"""Videos and 3D models of a vendor become artifacts, each file as what it is."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.app import create_app
from shared.ground import Ground
from shared.jobs.status import Role, Status
from shared.jobs.tables import Job
from tests.conftest import Api, Caller, MakeSettings
from tests.contract.providers.fal import FAL
from tests.contract.providers.test_jobs import until_over
from tests.support import jobs, media
from tests.support.emulator import Emulator, running
from workers.process import WorkerProcess
from workers.telling import Teller


@pytest.fixture(scope="module")
def provider() -> Iterator[Emulator]:
    with running(vendor="fal", seconds=0) as found:
        yield found


@pytest.fixture
def worker(
    ground: Ground, make_settings: MakeSettings, provider: Emulator
) -> Iterator[WorkerProcess]:
    allowed = {"LIMNER_PROVIDER_ALLOW_NETWORKS": "127.0.0.0/8", "LIMNER_PROVIDER_INPUTS": "inline"}
    process = WorkerProcess(
        Ground.open(make_settings(**allowed, **FAL.settings(provider))), Teller()
    )
    yield process
    process.stop()


def made(worker: WorkerProcess, caller: Caller, request: dict[str, Any]) -> Job:
    api = Api(create_app(worker.ground).test_client(), caller)
    response = api.post("/v1/jobs", json=request)
    assert response.status_code == 202, response.json
    job = jobs.read(worker.ground, response.json["id"])
    done = until_over(worker, job)
    assert done.status == Status.SUCCEEDED, done.error_message
    with worker.ground.transaction() as session:
        job = session.get_one(Job, job.id)
        assert job.artifacts
        return job


@pytest.mark.parametrize("model", ["vidu-q2", "ltx-2"])
def test_a_video_is_kept_with_its_length(worker: WorkerProcess, caller: Caller, model: str) -> None:
    job = made(worker, caller, {"kind": "video", "model": model, "input": {"prompt": "a boat"}})

    [video] = job.artifacts
    assert (video.content_type, video.role, job.provider) == ("video/mp4", Role.RESULT, "fal")
    assert video.duration == pytest.approx(1, abs=0.3)


def test_a_3d_model_is_kept_with_the_picture_of_it(worker: WorkerProcess, caller: Caller) -> None:
    image = media.data_uri(media.picture())

    job = made(worker, caller, {"kind": "3d", "model": "tripo-v2.5", "input": {"image": image}})

    model, preview = job.artifacts
    assert (model.content_type, model.role) == ("model/gltf-binary", Role.RESULT)
    assert (preview.content_type, preview.role) == ("image/png", Role.PREVIEW)
    assert preview.of_id == model.id
