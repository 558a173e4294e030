"""MayanIO's contract: its clients find finished media where they were, and pay in points."""

import base64
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from shared.accounts import keys, ledger, register
from shared.accounts.keys import Powers
from shared.accounts.tables import Account
from shared.dialects import mayanio
from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.audit import oddities
from shared.jobs.status import Queue
from tests.conftest import PUBLIC_URL, Api, Caller
from tests.integration.conftest import AtWork, CountRows, MakeApi, MakeGround
from tests.integration.test_webhook_endpoints import deliver
from tests.support import jobs, site
from tests.support.media import picture
from tests.support.patience import eventually
from tests.support.receiver import Receiver
from tests.support.site import Site
from workers.process import WorkerProcess

IMAGES, VIDEOS, MODELS, PROJECTS = (
    f"/api/v1/{name}" for name in ("images", "videos", "3d", "projects")
)
LIGHTHOUSE = {
    "prompt": "Paper-cut lighthouse on a cliff, warm dusk light",
    "aspect_ratio": "3:2",
    "output_format": "jpeg",
    "num_images": 2,
}
FOX = {"prompt": "a red fox"}
SHORT = {"prompt": "Slow pan over a snowy harbour", "duration": 2, "resolution": "360p"}
CHAIR = base64.b64encode(picture(96, 64)).decode()


@pytest.fixture
def busy_api(api: Api, ground: Ground, at_work: AtWork) -> Iterator[Api]:
    """The API, with a worker behind it."""
    with at_work(ground):
        yield api


@pytest.fixture
def hasty_api(make_ground: MakeGround, make_api: MakeApi) -> Api:
    """The API of a server that holds nobody, and with no worker behind it."""
    nobody = {"LIMNER_HOLD_IMAGE_SECONDS": "0", "LIMNER_HOLD_SECONDS": "0"}
    return make_api(make_ground(**nobody))


@pytest.fixture
def pages() -> Iterator[Site]:
    """A web site with pictures."""
    with site.online() as found:
        yield found


def give(ground: Ground, caller: Caller, points: int) -> None:
    """Leave the account exactly so many points."""
    with ground.transaction() as session:
        account = register.get_account(session, caller.account.id)
        ledger.credit(session, account.id, points - account.balance, note="for the test")


def points_of(api: Api) -> int:
    return int(api.get("/v1/account").json["available"])


def made(response: Any) -> dict[str, Any]:
    """Check their envelope of what went well; returns what is in it."""
    assert response.status_code == 200, response.json
    assert response.content_type == "application/json"
    assert list(response.json) == ["success", "data"]
    assert response.json["success"] is True
    found: dict[str, Any] = response.json["data"]
    return found


def told(response: Any, status: int, code: str) -> dict[str, Any]:
    """Check their envelope of what went wrong; returns it."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/json"
    body: dict[str, Any] = response.json
    assert list(body)[:2] == ["success", "error"]
    assert body["success"] is False
    assert isinstance(body["error"], str)
    assert body["error"]
    assert body["code"] == code
    assert body["request_id"].startswith("req_")
    return body


def fields(body: dict[str, Any]) -> set[str]:
    """Return the fields that an error names, each in the sentence too."""
    named = {one["field"] for one in body["details"]}
    assert all(one in body["error"] for one in named)
    return named


def content(api: Api, url: str) -> bytes:
    """Follow a link with no key."""
    assert url.startswith(PUBLIC_URL)
    response = api.http.get(url.removeprefix(PUBLIC_URL))
    assert response.status_code == 200
    return bytes(response.data)


def test_images_are_answered_finished(busy_api: Api, ground: Ground) -> None:
    give(ground, busy_api.caller, 100)

    response = busy_api.post(IMAGES, json=LIGHTHOUSE)

    data = made(response)
    assert list(data) == [
        "images", "generation_id", "generation_time", "remaining_points", "request_id"
    ]  # fmt: skip
    assert len(data["images"]) == 2
    for at, one in enumerate(data["images"], start=1):
        assert list(one) == [
            "url", "content_type", "file_name", "file_size", "width", "height", "aspect_ratio"
        ]  # fmt: skip
        file = content(busy_api, one["url"])
        with Image.open(io.BytesIO(file)) as image:
            assert (image.format, image.size) == ("JPEG", (one["width"], one["height"]))
        assert (one["content_type"], one["file_size"]) == ("image/jpeg", len(file))
        assert one["file_name"].endswith(f"-{at}.jpeg")
        assert one["aspect_ratio"] == "3:2"
    assert data["remaining_points"] == points_of(busy_api) == 92
    assert type(data["generation_time"]) is int
    headers = response.headers
    assert int(headers["X-RateLimit-Limit"]) > int(headers["X-RateLimit-Remaining"])
    assert headers["X-RateLimit-Reset"].isdecimal()


@pytest.mark.parametrize("path", [VIDEOS, "/api/v1/video"])
def test_a_video_is_answered_finished(busy_api: Api, ground: Ground, path: str) -> None:
    give(ground, busy_api.caller, 100)

    data = made(busy_api.post(path, json=SHORT))

    video = data["video"]
    assert content(busy_api, video["url"])[4:8] == b"ftyp"
    assert (video["width"], video["height"], video["duration"]) == (640, 360, 2)
    assert (video["resolution"], video["aspect_ratio"], video["model"]) == (
        "360p", "16:9", "vidu-q2"
    )  # fmt: skip
    assert data["remaining_points"] == points_of(busy_api) == 97
    assert video["generation_id"] == made(busy_api.get(PROJECTS))["projects"][0]["id"]


@pytest.mark.parametrize(
    "path", [MODELS, "/api/v1/models", "/api/v1/3d-models", "/api/v1/image-to-3d"]
)
def test_a_model_is_answered_finished(busy_api: Api, ground: Ground, path: str) -> None:
    give(ground, busy_api.caller, 100)

    data = made(busy_api.post(path, json={"image_base64": CHAIR}))

    model = data["model"]
    assert content(busy_api, model["url"])[:4] == b"glTF"
    assert content(busy_api, model["preview_image"])[:3] == b"\xff\xd8\xff"
    assert (model["content_type"], model["texture_quality"]) == ("model/gltf-binary", "standard")
    assert data["remaining_points"] == points_of(busy_api) == 80


def test_a_model_without_a_texture_costs_less(busy_api: Api, ground: Ground) -> None:
    give(ground, busy_api.caller, 100)
    wanted = {"image_base64": f"data:image/png;base64,{CHAIR}", "texture_quality": "no"}

    data = made(busy_api.post(MODELS, json=wanted))

    assert (data["model"]["texture_quality"], data["remaining_points"]) == ("no", 85)


def test_an_image_is_fetched_from_its_address(
    make_ground: MakeGround, make_api: MakeApi, at_work: AtWork, pages: Site
) -> None:
    ground = make_ground(LIMNER_INPUT_ALLOW_NETWORKS="127.0.0.0/8")
    api = make_api(ground)

    with at_work(ground):
        data = made(api.post(MODELS, json={"image_url": pages.put("chair.png", picture(96, 64))}))

    assert content(api, data["model"]["url"])[:4] == b"glTF"
    assert pages.asked == {"/chair.png": 1}


def test_an_address_inside_is_not_fetched_and_costs_nothing(
    busy_api: Api, ground: Ground, pages: Site
) -> None:
    give(ground, busy_api.caller, 100)

    response = busy_api.post(MODELS, json={"image_url": pages.put("secret.png", picture())})

    told(response, 400, "address_refused")
    assert pages.asked == {}
    assert points_of(busy_api) == 100


@pytest.mark.parametrize(
    ("image", "about"),
    [
        ("%%%", "image_base64"),
        (base64.b64encode(b"no picture at all").decode(), "image_base64"),
        (base64.b64encode(picture(format="GIF")).decode(), "image_base64"),
    ],
    ids=["not base64", "no picture", "another type"],
)
def test_what_is_no_image_is_told_with_its_field(
    hasty_api: Api, count_rows: CountRows, image: str, about: str
) -> None:
    response = hasty_api.post(MODELS, json={"image_base64": image})

    assert fields(told(response, 400, "invalid_request")) == {about}
    assert count_rows()["jobs"] == 0


def test_an_image_larger_than_other_bodies_is_taken(
    make_ground: MakeGround, make_api: MakeApi
) -> None:
    api = make_api(make_ground(LIMNER_MAX_BODY_BYTES="4096", LIMNER_HOLD_SECONDS="0"))
    noise = io.BytesIO()
    Image.effect_noise((100, 100), 90).save(noise, "PNG")
    text = base64.b64encode(noise.getvalue()).decode()
    assert len(text) > 4096

    accepted = api.post(MODELS, json={"image_base64": text, "async": True})

    assert accepted.status_code == 202
    told(api.post(IMAGES, json=FOX | {"x": text}), 413, "body_too_large")
    too_large = base64.b64encode(bytes(20_000_001)).decode()
    told(api.post(MODELS, json={"image_base64": too_large}), 413, "file_too_large")
    told(api.post(MODELS, data=b" " * 30_000_000), 413, "body_too_large")


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        (IMAGES, {"prompt": " ", "num_images": 5, "output_format": "gif", "model": "x"},
         {"prompt", "num_images", "output_format", "model"}),
        (VIDEOS, {"model": "ltx-2", "duration": 4, "aspect_ratio": "1:1"},
         {"prompt", "duration", "aspect_ratio"}),
        (MODELS, {"texture_quality": "HD", "orientation": "up"},
         {"image_url", "texture_quality", "orientation"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_every_faulty_field_is_told_at_once_and_nothing_is_kept(
    api: Api, count_rows: CountRows, path: str, body: dict[str, Any], named: set[str]
) -> None:
    before = count_rows()

    response = api.post(path, json=body)

    assert fields(told(response, 400, "invalid_request")) == named
    assert count_rows() == before


def test_too_few_points_are_told_with_what_is_needed(api: Api, ground: Ground) -> None:
    give(ground, api.caller, 12)
    wanted = {"prompt": "Slow pan", "model": "ltx-2", "duration": 10, "resolution": "1080p"}

    body = told(api.post(VIDEOS, json=wanted), 402, "insufficient_points")

    assert body["error"] == "Not enough points: this video needs 40, you have 12"
    assert (body["required_points"], body["remaining_points"]) == (40, 12)
    assert points_of(api) == 12


def test_the_cap_of_a_key_is_told_as_such(http: Any, ground: Ground, caller: Caller) -> None:
    with ground.transaction() as session:
        owner = session.get_one(Account, caller.account.id)
        _, key = keys.create(session, owner, name="", powers=Powers(spending_cap=3))

    body = told(Api(http, Caller(caller.account, key)).post(IMAGES, json=FOX), 402,
                "insufficient_points")  # fmt: skip

    assert "API key" in body["error"]
    assert (body["required_points"], body["remaining_points"]) == (4, 3)


def test_the_hour_used_up_is_told_in_their_words(api: Api, ground: Ground) -> None:
    with ground.transaction() as session:
        change: dict[str, int | None] = {"requests_per_hour": 2}
        register.change(session, api.caller.account.id, ground.plans, overrides=change)
    left = [api.get(PROJECTS).headers["X-RateLimit-Remaining"] for _ in range(2)]
    assert left == ["1", "0"]

    response = api.get(PROJECTS, query_string={"type": "3d", "limit": 5})

    body = told(response, 429, "rate_limited")
    assert body["error"] == "Hourly request limit reached, try again later"
    assert str(body["retry_after"]) == response.headers["Retry-After"]
    assert response.headers["X-RateLimit-Limit"] == "2"
    assert response.headers["X-RateLimit-Remaining"] == "0"


def test_a_failed_generation_leaves_the_points_as_they_were(busy_api: Api, ground: Ground) -> None:
    give(ground, busy_api.caller, 100)
    broken = base64.b64encode(picture(4000, 4000)[:2000]).decode()

    response = busy_api.post(MODELS, json={"image_base64": broken})

    body = told(response, 400, "input_unusable")
    assert len(body["generation_id"]) == 24
    assert points_of(busy_api) == 100
    project = made(busy_api.get(f"{PROJECTS}/{body['generation_id']}"))
    assert (project["status"], project["error"]) == ("failed", body["error"])
    assert made(busy_api.get(PROJECTS))["projects"] == []
    with ground.transaction() as session:
        assert list(oddities(session, ground.catalog)) == []


def test_a_canceled_generation_is_told_as_failed(api: Api, ground: Ground) -> None:
    with ThreadPoolExecutor(1) as executor:
        answer = executor.submit(
            Api(api.http.application.test_client(), api.caller).post, IMAGES, json=FOX
        )
        assert eventually(lambda: len(api.get("/v1/jobs").json["data"]) == 1)
        with ground.transaction() as session:
            job_id = api.get("/v1/jobs").json["data"][0]["id"]
            lifecycle.cancel(session, jobs.read(ground, job_id))
        response = answer.result(20)

    assert told(response, 500, "canceled")["error"] == "The generation was canceled."


def test_what_takes_too_long_goes_on_and_is_found_among_the_projects(
    make_ground: MakeGround, make_api: MakeApi, worker: WorkerProcess
) -> None:
    api = make_api(make_ground(LIMNER_HOLD_IMAGE_SECONDS="1"))

    body = told(api.post(IMAGES, json=FOX), 504, "timed_out")

    assert made(api.get(PROJECTS))["projects"] == []
    worker.hear(Queue.IMAGE)
    assert eventually(lambda: made(api.get(PROJECTS))["pagination"]["total"] == 1)
    assert made(api.get(PROJECTS))["projects"][0]["id"] == body["generation_id"]


LATER: dict[str, dict[str, Any]] = {
    "field": {"json": FOX | {"async": True}},
    "header": {"json": FOX, "headers": {"Prefer": "wait=1, Respond-Async"}},
}


@pytest.mark.parametrize("how", LATER)
def test_who_wishes_so_is_answered_at_once(api: Api, worker: WorkerProcess, how: str) -> None:
    response = api.post(IMAGES, **LATER[how])

    assert response.status_code == 202
    assert list(response.json["data"]) == ["generation_id", "status", "request_id"]
    assert response.json["data"]["status"] == "queued"
    path = response.headers["Location"].removeprefix(PUBLIC_URL)
    assert made(api.get(path))["status"] == "queued"
    worker.hear(Queue.IMAGE)
    assert eventually(lambda: made(api.get(path))["status"] == "completed")
    project = made(api.get(path))
    assert project["generation_id"] == project["id"] == response.json["data"]["generation_id"]
    assert content(api, project["images"][0]["url"])[:4] == b"\x89PNG"


@pytest.mark.parametrize("ends", ["completed", "failed"])
def test_a_webhook_is_told_what_would_have_been_answered(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver, ends: str
) -> None:
    accepted = api.post(IMAGES, json=FOX | {"webhook_url": webhook.url})
    assert accepted.status_code == 202
    path = f"{PROJECTS}/{accepted.json['data']['generation_id']}"
    if ends == "completed":
        worker.hear(Queue.IMAGE)
    else:
        with ground.transaction() as session:
            job_id = api.get("/v1/jobs").json["data"][0]["id"]
            lifecycle.cancel(session, jobs.read(ground, job_id))
    assert eventually(lambda: made(api.get(path))["status"] == ends)
    deliver(worker)

    [received] = webhook.wait_for(1)
    body = json.loads(received.body)
    assert (body["success"], body["data"]["status"]) == (ends == "completed", ends)
    assert body["data"]["generation_id"] == accepted.json["data"]["generation_id"]
    assert body["data"]["remaining_points"] == points_of(api)
    assert ("images" in body["data"]) == (ends == "completed")
    assert body.get("code") == (None if ends == "completed" else "canceled")
    assert received.headers["webhook-signature"].startswith("v1,")


def test_a_webhook_that_is_no_address_is_told(api: Api) -> None:
    response = api.post(IMAGES, json=FOX | {"webhook_url": "nowhere"})

    assert fields(told(response, 400, "invalid_request")) == {"webhook_url"}
    assert api.get("/v1/jobs").json["data"] == []


def test_a_request_sent_again_is_not_made_again(busy_api: Api, ground: Ground) -> None:
    give(ground, busy_api.caller, 100)
    headers = {"Idempotency-Key": "once"}

    first = busy_api.post(IMAGES, json=FOX, headers=headers)
    second = busy_api.post(IMAGES, json=FOX, headers=headers)

    assert made(first) == made(second)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert points_of(busy_api) == 96
    other = busy_api.post(IMAGES, json=FOX | {"num_images": 2}, headers=headers)
    told(other, 400, "idempotency_key_reused")


def test_an_image_in_the_body_is_stored_once_for_a_request_sent_again(
    hasty_api: Api, count_rows: CountRows
) -> None:
    wanted = {"image_base64": CHAIR, "async": True}
    for _ in range(2):
        answer = hasty_api.post(MODELS, json=wanted, headers={"Idempotency-Key": "once"})
        assert answer.status_code == 202

    assert (count_rows()["jobs"], count_rows()["uploads"]) == (1, 1)


def test_a_model_that_nobody_here_can_serve_is_told_in_their_words(
    make_ground: MakeGround, make_api: MakeApi
) -> None:
    api = make_api(make_ground(LIMNER_LOCAL_ENGINES="off"))

    for path, body in ((IMAGES, FOX), (VIDEOS, SHORT), (MODELS, {"image_base64": CHAIR})):
        response = api.post(path, json=body)
        body = told(response, 503, "model_unavailable")
        assert response.headers["Retry-After"] == str(body["retry_after"])


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", [IMAGES, VIDEOS, MODELS])
def test_another_method_is_told_in_their_words(api: Api, path: str, method: str) -> None:
    response = api.http.open(path, method=method, headers=api.caller.headers)

    told(response, 405, "method_not_allowed")
    assert "POST" in response.headers["Allow"]


def test_other_addresses_below_api_are_not_theirs(api: Api) -> None:
    response = api.get("/api/v1/nothing")

    assert (response.status_code, response.content_type) == (404, "application/problem+json")


def test_jobs_say_through_which_contract_they_came(hasty_api: Api, ground: Ground) -> None:
    hasty_api.post(IMAGES, json=FOX | {"async": True})

    job_id = hasty_api.get("/v1/jobs").json["data"][0]["id"]
    assert jobs.read(ground, job_id).origin == mayanio.NAME
