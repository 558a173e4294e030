"""Pictures are changed by words: as much, and where, as is said."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from shared.jobs.status import OVER, Queue
from tests.conftest import PUBLIC_URL, Api
from tests.integration.conftest import CountRows
from tests.support.media import picture
from tests.support.patience import eventually
from workers.process import WorkerProcess

SIZE = (96, 64)


def data_uri(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def half(size: tuple[int, int] = SIZE) -> str:
    """Return a mask that keeps the left half."""
    mask = Image.new("L", size, "black")
    mask.paste("white", (size[0] // 2, 0, *size))
    buffer = io.BytesIO()
    mask.save(buffer, "PNG")
    return data_uri(buffer.getvalue())


def edit(api: Api, *, model: str = "sketch", **fields: Any) -> Any:
    given = {"image": data_uri(picture(*SIZE, colour="red")), "prompt": "a lake", "seed": 1}
    request = {"kind": "image", "operation": "edit", "model": model, "input": given | fields}
    return api.post("/v1/jobs", json=request)


def finish(api: Api, worker: WorkerProcess, response: Any) -> dict[str, Any]:
    assert response.status_code == 202, response.json
    job_id = response.json["id"]
    worker.hear(Queue.IMAGE)
    assert eventually(lambda: api.job(job_id)["status"] in OVER)
    return api.job(job_id)


def made(api: Api, job: dict[str, Any]) -> Image.Image:
    [artifact] = job["artifacts"]
    content = api.http.get(artifact["url"].removeprefix(PUBLIC_URL)).data
    return Image.open(io.BytesIO(content)).convert("RGB")


def test_only_what_the_mask_lets_is_changed(api: Api, worker: WorkerProcess) -> None:
    job = finish(api, worker, edit(api, mask=half()))

    assert job["input"]["mask"].startswith("upl_")
    image = made(api, job)
    assert image.crop((0, 0, 48, 64)).getcolors() == [(48 * 64, (255, 0, 0))]
    assert len(image.crop((48, 0, 96, 64)).getcolors(48 * 64) or ()) > 100


def test_a_picture_is_changed_as_strongly_as_is_said(api: Api, worker: WorkerProcess) -> None:
    unchanged = made(api, finish(api, worker, edit(api, strength=0)))

    assert unchanged.getcolors() == [(96 * 64, (255, 0, 0))]


def test_a_mask_of_another_size_fails_the_job_with_both_sizes(
    api: Api, worker: WorkerProcess
) -> None:
    job = finish(api, worker, edit(api, mask=half((64, 96))))

    assert (job["status"], job["error"]["code"]) == ("failed", "input_unusable")
    assert "64 x 96" in job["error"]["message"]
    assert "96 x 64" in job["error"]["message"]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"strength": -0.1}, "$.input.strength"),
        ({"strength": 1.1}, "$.input.strength"),
        ({"strength": "much"}, "$.input.strength"),
        ({"mask": "nowhere"}, "$.input.mask"),
        ({"mask": data_uri(b"no picture at all")}, "$.input.mask"),
        ({"model": "flux-kontext", "strength": 0.5}, "$.input.strength"),
        ({"model": "flux-kontext", "mask": half()}, "$.input.mask"),
        ({"model": "flux-kontext", "negative_prompt": "rain"}, "$.input.negative_prompt"),
    ],
    ids=lambda one: str(one)[:40],
)
def test_what_cannot_be_done_is_told_with_its_place(
    api: Api, count_rows: CountRows, fields: dict[str, Any], path: str
) -> None:
    response = edit(api, **fields)

    assert response.status_code == 422
    assert [one["path"] for one in response.json["errors"]] == [path]
    assert count_rows()["jobs"] == 0


def test_the_catalogue_says_which_model_takes_it(api: Api) -> None:
    takes = {one["name"]: one["takes"] for one in api.get("/v1/models").json["data"]}

    assert {"strength", "mask"} <= {*takes["sketch"]}
    assert takes["flux-kontext"] == []


def test_several_prompts_make_one_picture(api: Api, worker: WorkerProcess) -> None:
    def picture_of(*words: tuple[str, float]) -> bytes:
        prompts = [{"text": text, "weight": weight} for text, weight in words]
        given = {"prompts": prompts, "width": 128, "height": 96, "seed": 1}
        request = {"kind": "image", "model": "sketch", "input": given}
        job = finish(api, worker, api.post("/v1/jobs", json=request))
        return made(api, job).tobytes()

    fox, sea = ("a red fox", 1.0), ("the sea at sunset", 0.5)

    pictures = [
        picture_of(fox),
        picture_of(fox, sea),
        picture_of(fox, (sea[0], 2.0)),
        picture_of(fox, sea, ("fox", -1.0)),
    ]

    assert len({*pictures}) == 4
    assert picture_of(sea, fox) == pictures[1]
