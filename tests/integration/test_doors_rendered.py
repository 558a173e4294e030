"""One timeline through two doors, rendered: what the contracts' examples say is in the picture."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from shared.jobs.status import Queue
from tests.conftest import PUBLIC_URL, Api
from tests.integration.test_vidiking_webhooks import checked, put
from tests.integration.test_webhook_endpoints import deliver
from tests.support.patience import eventually
from tests.support.receiver import Receiver
from workers.process import WorkerProcess

WIDTH, HEIGHT = 320, 180


def picture(colour: str, width: int = 32, height: int = 18) -> str:
    """Return a picture of one colour as a data URI."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def timeline(*clips: dict[str, Any], **output: Any) -> dict[str, Any]:
    """Return an edit whose clips lie on tracks of their own, the first on top."""
    return {
        "timeline": {"tracks": [{"clips": [one]} for one in clips]},
        "output": {"format": "png", "size": {"width": WIDTH, "height": HEIGHT}} | output,
    }


def red(**fields: Any) -> dict[str, Any]:
    asset = {"type": "image", "src": picture("red")}
    return {"asset": asset, "start": 0, "length": 2, "fit": "none"} | fields


def shown(api: Api, worker: WorkerProcess, url_of: Any) -> Any:
    """Have the one job made, and return its picture."""
    worker.hear(Queue.RENDER)
    assert eventually(lambda: url_of() is not None, seconds=60)
    with Image.open(io.BytesIO(api.http.get(url_of().removeprefix(PUBLIC_URL)).data)) as found:
        return np.asarray(found.convert("RGB"), dtype=int)


def middle_of_red(picture: Any) -> tuple[float, float]:
    """Return where the red lies, from the left and from the top."""
    rows, columns = np.nonzero(picture[..., 0] - picture[..., 1] > 128)
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5


def through_vidiking(api: Api, worker: WorkerProcess, edit: dict[str, Any]) -> Any:
    taken = api.post("/v1/render", json=edit)
    assert taken.status_code == 202, taken.json
    path = f"/v1/render/{taken.json['id']}"
    return shown(api, worker, lambda: api.get(path).json["url"])


def through_shotstack(api: Api, worker: WorkerProcess, edit: dict[str, Any]) -> Any:
    headers = {"x-api-key": api.caller.key}
    taken: Any = api.http.post("/v1/render", json=edit, headers=headers)
    assert taken.status_code == 201, taken.json
    path = f"/v1/render/{taken.json['response']['id']}"

    def url_of() -> Any:
        found: Any = api.http.get(path, headers=headers)
        return found.json["response"]["url"]

    return shown(api, worker, url_of)


def test_an_offset_goes_right_and_down_through_one_door_and_right_and_up_through_the_other(
    api: Api, worker: WorkerProcess
) -> None:
    edit = timeline(red(offset={"x": 0.1, "y": 0.1}))

    theirs = middle_of_red(through_vidiking(api, worker, edit))
    others = middle_of_red(through_shotstack(api, worker, edit))

    middle = (WIDTH / 2, HEIGHT / 2)
    # Between the edges: a tenth of the half that is left beside the picture.
    assert theirs == pytest.approx((middle[0] + 0.1 * 144, middle[1] + 0.1 * 81), abs=0.6)
    # Of the frame: a tenth of it.
    assert others == pytest.approx((middle[0] + 32, middle[1] - 18), abs=0.6)


def test_a_quarter_lies_where_their_example_has_it(api: Api, worker: WorkerProcess) -> None:
    small = red(fit="crop", scale=0.25, offset={"x": 0.8, "y": 0.8})

    picture = through_vidiking(api, worker, timeline(small))

    # Their 1296 and 729 at 1080p, and half of 480 x 270.
    wanted = ((1296 + 240) / 6, (729 + 135) / 6)
    assert middle_of_red(picture) == pytest.approx(wanted, abs=0.6)


def test_a_slide_comes_from_the_side_that_it_names(api: Api, worker: WorkerProcess) -> None:
    sliding = red(fit="crop", transition={"in": "slideRight"})

    picture = through_vidiking(api, worker, timeline(sliding, range={"start": 0.5, "length": 0}))

    across, _ = middle_of_red(picture)
    assert across > WIDTH * 0.6
    assert tuple(picture[HEIGHT // 2, 4]) == (0, 0, 0)


def test_a_film_is_told_with_its_length_its_poster_and_its_event(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    put(api, "https://example.org/", "ai.complete")
    edit = timeline(red(length=1), format="mp4", fps=12) | {"callback": webhook.url}

    taken = api.post("/v1/render", json=edit).json
    worker.hear(Queue.RENDER)
    path = f"/v1/render/{taken['id']}"
    assert eventually(lambda: api.get(path).json["status"] == "COMPLETE", seconds=60)
    deliver(worker)

    job = api.get(path).json
    assert (job["width"], job["height"], job["duration"]) == (WIDTH, HEIGHT, 1.0)
    assert api.http.get(job["url"].removeprefix(PUBLIC_URL)).data[4:8] == b"ftyp"
    assert api.http.get(job["poster"].removeprefix(PUBLIC_URL)).data[:2] == b"\xff\xd8"
    [received] = webhook.wait_for(1)
    message = checked(received)
    assert (message["event"], message["data"]["id"]) == ("render.complete", taken["id"])
    assert (message["data"]["duration"], message["data"]["credits_used"]) == (1, 10)
    assert api.get("/v1/wallet/balance").json["data"]["totalSpent"] == "0.10"


def test_what_cannot_be_fetched_is_named_through_both_doors_and_costs_nothing(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    address = "http://127.0.0.1:9/harbour.png"
    clip = red() | {"asset": {"type": "image", "src": address}}
    edit = timeline(red(), clip) | {"callback": webhook.url}
    headers = {"x-api-key": api.caller.key}

    theirs = api.post("/v1/render", json=edit).json["id"]
    others: Any = api.http.post("/v1/render", json=edit, headers=headers)
    other = others.json["response"]["id"]
    worker.hear(Queue.RENDER)

    assert eventually(lambda: api.get(f"/v1/render/{theirs}").json["status"] == "FAILED")

    def shown() -> Any:
        found: Any = api.http.get(f"/edit/v1/render/{other}", headers=headers)
        return found.json["response"]

    assert eventually(lambda: shown()["status"] == "failed")
    assert address in api.get(f"/v1/render/{theirs}").json["error"]
    assert address in shown()["error"]
    data = api.get("/v1/wallet/balance").json["data"]
    assert (data["held"], data["totalSpent"]) == ("0.00", "0.00")
    deliver(worker)
    assert len(webhook.wait_for(2)) == 2
