"""Jobs of every kind on the local engines, from the request to the files."""

import io
from typing import Any

import pytest
from PIL import Image

from shared.ground import Ground
from shared.jobs.status import OVER, Queue
from tests.conftest import PUBLIC_URL, Api, MakeSettings
from tests.support.media import picture
from tests.support.patience import eventually
from workers.process import WorkerProcess
from workers.telling import Teller

SHORT = {"duration": 1, "resolution": "480p", "aspect_ratio": "1:1"}


def carried_out(api: Api, worker: WorkerProcess, kind: str, **fields: Any) -> dict[str, Any]:
    """Submit a job and return it as it ended."""
    response = api.post("/v1/jobs", {"kind": kind} | fields)
    assert response.status_code == 202, response.json
    job_id = response.json["id"]
    worker.hear(Queue(kind))
    assert eventually(lambda: api.job(job_id)["status"] in OVER, seconds=60)
    job: dict[str, Any] = api.job(job_id)
    return job


def content(api: Api, url: str) -> bytes:
    response = api.http.get(url.removeprefix(PUBLIC_URL))
    assert response.status_code == 200
    return bytes(response.data)


def size(api: Api, url: str) -> tuple[int, int]:
    with Image.open(io.BytesIO(content(api, url))) as image:
        return image.size


def faults(api: Api, kind: str, given: dict[str, Any], **fields: Any) -> list[str]:
    response = api.post("/v1/jobs", {"kind": kind, "input": given} | fields)
    assert response.status_code == 422
    return [one["path"] for one in response.json["errors"]]


def test_a_video_comes_with_its_poster_and_is_paid_once(api: Api, worker: WorkerProcess) -> None:
    job = carried_out(api, worker, "video", input={"prompt": "a lake", **SHORT})

    assert (job["status"], job["provider"], job["cost"]) == ("succeeded", "sketch", job["price"])
    video, poster = job["artifacts"]
    assert (video["role"], poster["role"]) == ("result", "poster")
    assert (video["content_type"], poster["content_type"]) == ("video/mp4", "image/jpeg")
    assert (video["width"], video["height"]) == (poster["width"], poster["height"]) == (480, 480)
    assert (video["duration"], video["frame_rate"]) == (1.0, 24.0)
    assert (poster["duration"], poster["frame_rate"]) == (None, None)
    assert size(api, video["thumbnail_url"]) == (320, 320)
    assert content(api, video["url"])[4:8] == b"ftyp"


def test_no_more_videos_are_made_at_once_than_there_is_room_for(
    api: Api, make_settings: MakeSettings
) -> None:
    process = WorkerProcess(Ground.open(make_settings(LIMNER_LOCAL_SLOTS="1")), Teller())
    body = {"kind": "video", "input": {"prompt": "a lake", **SHORT}}
    given = [api.post("/v1/jobs", body).json["id"] for _ in range(2)]
    try:
        process.hear(Queue.VIDEO)
        assert eventually(lambda: all(api.job(one)["status"] in OVER for one in given), seconds=60)
    finally:
        process.stop()

    first, second = sorted(map(api.job, given), key=lambda job: str(job["started_at"]))
    assert first["finished_at"] <= second["started_at"]


def test_a_video_starts_from_a_picture(api: Api, worker: WorkerProcess) -> None:
    png = {"Content-Type": "image/png"}
    upload = api.post("/v1/uploads", data=picture(90, 60), headers=png).json["id"]

    job = carried_out(
        api, worker, "video", operation="from_image", input={"image": upload, **SHORT}
    )

    assert [one["role"] for one in job["artifacts"]] == ["result", "poster"]


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({}, ["$.input.prompt"]),
        ({"prompt": "a", "duration": 11}, ["$.input.duration"]),
        ({"prompt": "a", "duration": 0.5}, ["$.input.duration"]),
        ({"prompt": "a", "duration": "long"}, ["$.input.duration"]),
        ({"prompt": "a", "resolution": "4k"}, ["$.input.resolution"]),
        (
            {"prompt": "a", "aspect_ratio": "2:9", "frame_rate": 23},
            ["$.input.aspect_ratio", "$.input.frame_rate"],
        ),
        ({"prompt": "a", "style": "odd", "width": 10}, ["$.input.style", "$.input.width"]),
    ],
)
def test_what_is_wrong_with_a_wish_for_a_video_is_said_with_its_place(
    api: Api, given: dict[str, Any], paths: list[str]
) -> None:
    assert sorted(faults(api, "video", given)) == paths


def test_a_large_picture_has_a_thumbnail_and_a_small_one_is_its_own(
    api: Api, worker: WorkerProcess
) -> None:
    wanted = {"prompt": "a fox", "width": 640, "height": 320, "num_images": 2}

    large = carried_out(api, worker, "image", input=wanted)["artifacts"]
    [small] = carried_out(api, worker, "image", input=wanted | {"width": 64, "num_images": 1})[
        "artifacts"
    ]

    assert [one["role"] for one in large] == ["result", "result"]
    assert [size(api, one["thumbnail_url"]) for one in large] == [(320, 160)] * 2
    assert size(api, small["thumbnail_url"]) == (64, 320)


def test_who_deletes_a_video_deletes_the_pictures_of_it(
    ground: Ground, api: Api, worker: WorkerProcess
) -> None:
    job = carried_out(api, worker, "video", input={"prompt": "a lake", **SHORT})
    video, poster = job["artifacts"]
    links = [video["url"], video["thumbnail_url"], poster["url"]]

    assert api.delete(f"/v1/artifacts/{video['id']}").status_code == 204

    for link in links:
        assert api.http.get(link.removeprefix(PUBLIC_URL)).status_code == 410
    for one in api.job(job["id"])["artifacts"]:
        assert (one["url"], one["thumbnail_url"]) == (None, None)
        assert one["deleted_at"] is not None


def test_a_picture_becomes_a_model_with_a_preview(api: Api, worker: WorkerProcess) -> None:
    png = {"Content-Type": "image/png"}
    upload = api.post("/v1/uploads", data=picture(90, 60), headers=png).json["id"]

    job = carried_out(api, worker, "3d", input={"image": upload, "detail": "low"})

    model, preview = job["artifacts"]
    assert (job["provider"], job["model"], job["cost"]) == ("relief", "relief", job["price"])
    assert (model["role"], preview["role"]) == ("result", "preview")
    assert model["content_type"] == "model/gltf-binary"
    assert (model["width"], model["height"], model["duration"]) == (None, None, None)
    assert (preview["width"], preview["height"]) == (960, 720)
    assert content(api, model["url"])[:4] == b"glTF"
    assert size(api, model["thumbnail_url"]) == (320, 240)


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({}, ["$.input.image"]),
        ({"image": "nothing"}, ["$.input.image"]),
        (
            {
                "image": "https://example.org/a.png",
                "depth": 2,
                "detail": "finest",
                "texture": "yes",
            },
            ["$.input.depth", "$.input.detail", "$.input.texture"],
        ),
    ],
)
def test_what_is_wrong_with_a_wish_for_a_model_is_said_with_its_place(
    api: Api, given: dict[str, Any], paths: list[str]
) -> None:
    assert sorted(faults(api, "3d", given)) == paths


def test_a_picture_is_changed_as_it_is_told(api: Api, worker: WorkerProcess) -> None:
    png = {"Content-Type": "image/png"}
    upload = api.post("/v1/uploads", data=picture(90, 60), headers=png).json["id"]
    given = {"image": upload}

    larger = carried_out(api, worker, "image", operation="upscale", input=given)
    marked = carried_out(
        api, worker, "image", operation="watermark", input=given | {"watermarks": [upload]}
    )

    assert (larger["model"], larger["provider"]) == ("darkroom", "darkroom")
    assert [(one["width"], one["height"]) for one in larger["artifacts"]] == [(180, 120)]
    assert [(one["width"], one["height"]) for one in marked["artifacts"]] == [(90, 60)]


def test_a_word_in_the_corner_is_part_of_what_is_made(api: Api, worker: WorkerProcess) -> None:
    wanted = {"prompt": "a fox", "width": 64, "height": 64, "seed": 1}

    plain = carried_out(api, worker, "image", model="sketch", input=wanted)
    marked = carried_out(api, worker, "image", model="sketch", input=wanted | {"mark": "TEST"})

    [first], [second] = plain["artifacts"], marked["artifacts"]
    assert (second["width"], second["height"]) == (64, 64)
    assert first["sha256"] != second["sha256"]
    assert faults(api, "image", wanted | {"mark": "\u00e9"}) == ["$.input.mark"]


def test_a_part_outside_of_the_picture_fails_the_job(api: Api, worker: WorkerProcess) -> None:
    png = {"Content-Type": "image/png"}
    upload = api.post("/v1/uploads", data=picture(90, 60), headers=png).json["id"]

    wanted = {"image": upload, "x1": 0, "y1": 0, "x2": 91, "y2": 60}
    job = carried_out(api, worker, "image", operation="crop", input=wanted)

    assert (job["status"], job["error"]["code"], job["cost"]) == ("failed", "input_unusable", 0)


def test_a_model_without_styles_is_made_too(api: Api, worker: WorkerProcess) -> None:
    wanted = {"prompt": "a lake", "duration": 2, "resolution": "360p", "aspect_ratio": "1:1"}

    job = carried_out(api, worker, "video", model="vidu-q2", input=wanted)

    assert (job["status"], job["provider"], job["model"]) == ("succeeded", "sketch", "vidu-q2")
    assert [one["code"] for one in job["warnings"]] == ["local_engine"]
    video = job["artifacts"][0]
    assert (video["width"], video["height"], video["duration"]) == (360, 360, 2.0)
