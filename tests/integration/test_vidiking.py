"""VidiKing's contract: a client of theirs finds everything where it was."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.status import Queue
from tests.conftest import PUBLIC_URL, Api, Caller
from tests.integration.conftest import AtWork, CountRows, MakeApi, MakeGround
from tests.support import jobs
from tests.support.patience import eventually
from workers.process import WorkerProcess

SMALL = {"prompt": "A quiet harbour", "width": 64, "height": 64}

FLUX = {
    "prompt": "A futuristic city skyline at sunset with flying cars",
    "model": "flux",
    "width": 1920,
    "height": 1080,
}
STABLE_DIFFUSION = {
    "prompt": "A market hall in the morning",
    "model": "stable-diffusion",
    "width": 1024,
    "height": 576,
    "style": "artistic",
    "negative_prompt": "people, lettering",
}
DALL_E_3 = {
    "prompt": "A lighthouse above the fog",
    "model": "dall-e-3",
    "width": 1024,
    "height": 1024,
    "style": "vivid",
}


def make(api: Api, **fields: Any) -> Any:
    """Ask for a small image, but for these fields."""
    return api.post("/v1/ai/image", json=SMALL | fields)


@pytest.fixture
def busy_api(api: Api, ground: Ground, at_work: AtWork) -> Iterator[Api]:
    """The API, with a worker behind it."""
    with at_work(ground):
        yield api


@pytest.fixture
def hasty_api(make_ground: MakeGround, make_api: MakeApi) -> Api:
    """The API of a server that holds nobody, and with no worker behind it."""
    return make_api(make_ground(LIMNER_MAX_WAIT_SECONDS="0"))


def is_moment(text: str) -> bool:
    """Say whether this is a moment as they write it: UTC, whole seconds, Z."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").year >= 2026  # noqa: DTZ007


def picture_at(api: Api, url: str) -> tuple[str | None, tuple[int, int]]:
    """Follow a link with no key; returns the format and the size of what is there."""
    assert url.startswith(PUBLIC_URL)
    response = api.http.get(url.removeprefix(PUBLIC_URL))
    assert (response.status_code, response.content_type) == (200, "image/png")
    with Image.open(io.BytesIO(response.data)) as image:
        image.load()
        return image.format, image.size


def told(response: Any, status: int, code: str) -> dict[str, str]:
    """Check that this is an error of theirs; returns the messages by their paths."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/json"
    assert response.json.keys() == {"error"}
    error = response.json["error"]
    assert error["code"] == code
    assert isinstance(error["message"], str)
    assert error["message"]
    assert error.keys() - {"details"} == {"code", "message"}
    details = error.get("details", [])
    assert all(one.keys() == {"path", "message"} for one in details)
    return {one["path"]: one["message"] for one in details}


@pytest.mark.parametrize("wanted", [FLUX, STABLE_DIFFUSION, DALL_E_3], ids=lambda one: one["model"])
def test_an_image_is_answered_finished(busy_api: Api, wanted: dict[str, Any]) -> None:
    response = busy_api.post("/v1/ai/image", json=wanted)

    made = response.json
    assert response.status_code == 200, made
    assert response.content_type == "application/json"
    assert list(made) == [
        "id", "url", "model", "width", "height", "credits_used", "created_at"
    ]  # fmt: skip
    assert made["id"].startswith("img_")
    assert (made["model"], made["width"], made["height"]) == (
        wanted["model"], wanted["width"], wanted["height"]
    )  # fmt: skip
    assert type(made["credits_used"]) is int
    assert made["credits_used"] == 5
    assert is_moment(made["created_at"])
    assert picture_at(busy_api, made["url"]) == ("PNG", (wanted["width"], wanted["height"]))


def test_their_defaults_are_a_square_by_flux(hasty_api: Api) -> None:
    response = hasty_api.post("/v1/ai/image", json={"prompt": "a red fox"})

    job = hasty_api.get("/v1/jobs").json["data"][0]
    assert response.status_code == 202
    assert (job["model"], job["kind"], job["operation"]) == ("flux", "image", "generate")
    wanted = {name: job["input"][name] for name in ("width", "height", "style", "format")}
    assert wanted == {"width": 1024, "height": 1024, "style": "natural", "format": "png"}


def test_what_they_ask_for_reaches_the_job(hasty_api: Api) -> None:
    hasty_api.post("/v1/ai/image", json=STABLE_DIFFUSION)

    job = hasty_api.get("/v1/jobs").json["data"][0]
    assert STABLE_DIFFUSION.items() <= (job["input"] | {"model": job["model"]}).items()


@pytest.mark.parametrize(
    "fields",
    [
        {"width": 64.0, "height": 2048.0},
        {"negative_prompt": None},
        {"negative_prompt": ""},
        {"width": 1080, "height": 1080},
        {"prompt": "ein Füchslein 🦊"},
    ],
    ids=repr,
)
def test_what_their_clients_may_send_is_taken(hasty_api: Api, fields: dict[str, Any]) -> None:
    response = make(hasty_api, **fields)

    assert response.status_code == 202
    assert "warnings" not in response.json


@pytest.mark.parametrize(
    ("fields", "about"),
    [
        ({"model": "dall-e-3", "negative_prompt": "people"}, ["negative_prompt"]),
        ({"model": "dall-e-3", "style": "artistic"}, ["style"]),
        (
            {"model": "dall-e-3", "style": "artistic", "negative_prompt": "people"},
            ["negative_prompt", "style"],
        ),
        ({"quality": "hd"}, ["quality"]),
        ({"seed": 7, "n": 2}, ["n", "seed"]),
    ],
    ids=str,
)
def test_a_parameter_that_is_ignored_is_warned_of(
    busy_api: Api, fields: dict[str, Any], about: list[str]
) -> None:
    response = make(busy_api, **fields)

    assert response.status_code == 200, response.json
    warnings = response.json["warnings"]
    assert sorted(one.partition(":")[0] for one in warnings) == about
    assert all("ignored" in one for one in warnings)


def test_an_image_that_takes_longer_is_found_later(
    make_ground: MakeGround, make_api: MakeApi, worker: WorkerProcess
) -> None:
    api = make_api(make_ground(LIMNER_MAX_WAIT_SECONDS="1"))

    response = make(api)

    their_id = response.json["id"]
    assert response.status_code == 202
    assert response.json.keys() == {"id", "status", "created_at"}
    assert response.json["status"] == "PROCESSING"
    assert is_moment(response.json["created_at"])
    assert api.get(f"/v1/render/{their_id}").json["status"] == "QUEUED"
    worker.hear(Queue.IMAGE)
    assert eventually(lambda: api.get(f"/v1/render/{their_id}").json["status"] == "COMPLETE")


def test_a_queued_job_has_their_whole_shape(hasty_api: Api) -> None:
    their_id = make(hasty_api).json["id"]

    response = hasty_api.get(f"/v1/render/{their_id}")

    job = response.json
    assert (response.status_code, response.content_type) == (200, "application/json")
    assert is_moment(job.pop("created_at"))
    assert job == {
        "id": their_id,
        "type": "image",
        "status": "QUEUED",
        "progress": 0,
        "url": None,
        "poster": None,
        "thumbnail": None,
        "width": None,
        "height": None,
        "duration": None,
        "credits_used": 0,
        "error": None,
        "error_code": None,
        "warnings": [],
        "metadata": {},
        "started_at": None,
        "completed_at": None,
    }


def test_a_finished_job_has_their_whole_shape(busy_api: Api) -> None:
    made = make(busy_api, width=96).json

    job = busy_api.get(f"/v1/render/{made['id']}").json

    assert picture_at(busy_api, job.pop("url")) == ("PNG", (96, 64))
    assert picture_at(busy_api, job.pop("thumbnail")) == ("PNG", (96, 64))
    moments = [job.pop(name) for name in ("created_at", "started_at", "completed_at")]
    assert all(is_moment(one) for one in moments)
    assert moments == sorted(moments)
    assert moments[0] == made["created_at"]
    assert all(isinstance(one, str) for one in job.pop("warnings"))
    assert job == {
        "id": made["id"],
        "type": "image",
        "status": "COMPLETE",
        "progress": 100,
        "width": 96,
        "height": 64,
        "poster": None,
        "duration": None,
        "credits_used": 5,
        "error": None,
        "error_code": None,
        "metadata": {},
    }


def test_a_file_that_was_deleted_has_no_address_any_more(busy_api: Api) -> None:
    their_id = make(busy_api).json["id"]
    [job] = busy_api.get("/v1/jobs").json["data"]
    assert busy_api.delete(f"/v1/artifacts/{job['artifacts'][0]['id']}").status_code == 204

    shown = busy_api.get(f"/v1/render/{their_id}").json

    assert (shown["status"], shown["url"], shown["thumbnail"]) == ("COMPLETE", None, None)


def test_a_job_that_is_being_worked_on_is_processing(hasty_api: Api, ground: Ground) -> None:
    their_id = make(hasty_api).json["id"]
    jobs.claim(ground)

    job = hasty_api.get(f"/v1/render/{their_id}").json

    assert job["status"] == "PROCESSING"
    assert is_moment(job["started_at"])


def test_a_canceled_job_has_failed_in_their_words(hasty_api: Api, ground: Ground) -> None:
    their_id = make(hasty_api).json["id"]
    with ground.transaction() as session:
        lifecycle.cancel(session, jobs.read(ground, "job_" + their_id.removeprefix("img_")))

    job = hasty_api.get(f"/v1/render/{their_id}").json

    assert (job["status"], job["url"], job["credits_used"]) == ("FAILED", None, 0)
    assert isinstance(job["error"], str)


def test_a_job_that_was_submitted_our_way_is_found_their_way(api: Api) -> None:
    ours = api.submit(metadata={"order": "A-1009"})["id"]

    job = api.get(f"/v1/render/{ours}").json

    assert (job["status"], job["metadata"]) == ("QUEUED", {"order": "A-1009"})


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": " \n"}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"prompt": "x" * 100_000}, "prompt"),
        ({"prompt": "a\x00b"}, "prompt"),
        ({"prompt": "\ud800"}, "prompt"),
        ({"model": "midjourney"}, "model"),
        ({"model": "sketch"}, "model"),
        ({"model": None}, "model"),
        ({"style": "baroque"}, "style"),
        ({"style": 1}, "style"),
        ({"negative_prompt": 1}, "negative_prompt"),
        ({"negative_prompt": "x" * 100_000}, "negative_prompt"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_faulty_request_is_told_in_their_words_and_not_kept(
    api: Api, count_rows: CountRows, fields: dict[str, Any], place: str
) -> None:
    before = count_rows()

    response = make(api, **fields)

    messages = told(response, 422, "invalid_request")
    assert list(messages) == [place]
    assert f"{place}: {messages[place]}" in response.json["error"]["message"]
    assert count_rows() == before


@pytest.mark.parametrize("size", [0, 63, 2049, 100_000, 64.5, "64", True, None, 10**30], ids=repr)
def test_a_faulty_size_is_told_in_their_words(api: Api, size: object) -> None:
    response = make(api, width=size, height=size)

    assert told(response, 422, "invalid_request").keys() == {"width", "height"}
    assert api.get("/v1/jobs").json["data"] == []


def test_no_fault_is_told_twice(api: Api) -> None:
    response = make(api, prompt="a\x00b")

    assert len(response.json["error"]["details"]) == 1


def test_several_faults_are_told_together_in_their_words(api: Api) -> None:
    response = make(api, prompt=1, width="64", height=None, style="baroque", model="midjourney")

    messages = told(response, 422, "invalid_request")
    assert messages.keys() == {"prompt", "width", "height", "style", "model"}


def test_faults_of_the_body_and_of_the_model_are_told_together_in_their_words(api: Api) -> None:
    response = make(api, prompt=" ", width=63, height=2049)

    assert told(response, 422, "invalid_request").keys() == {"prompt", "width", "height"}


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"[" * 100_000], ids=lambda one: one[:9])
def test_what_is_not_json_is_told_in_their_words(api: Api, body: bytes) -> None:
    told(api.post("/v1/ai/image", data=body), 400, "malformed_json")


@pytest.mark.parametrize("body", ["[]", "null", "7", '"a red fox"'])
def test_what_is_not_an_object_is_told_in_their_words(api: Api, body: str) -> None:
    told(api.post("/v1/ai/image", data=body), 422, "invalid_request")


def test_a_body_that_is_too_large_is_told_in_their_words(
    make_ground: MakeGround, make_api: MakeApi
) -> None:
    api = make_api(make_ground(LIMNER_MAX_BODY_BYTES="1024"))

    told(make(api, prompt="x" * 1024), 413, "body_too_large")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}], ids=str)
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/ai/image"), ("GET", "/v1/render/x")])
def test_a_missing_key_is_told_in_their_words(
    api: Api, method: str, path: str, headers: dict[str, str]
) -> None:
    response = api.http.open(path, method=method, headers=headers, json=SMALL)

    told(response, 401, "not_authenticated")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_another_accounts_job_is_not_there(
    hasty_api: Api, make_caller: Callable[[str], Caller]
) -> None:
    their_id = make(hasty_api).json["id"]
    bob = Api(hasty_api.http, make_caller("bob"))

    told(bob.get(f"/v1/render/{their_id}"), 404, "job_not_found")


@pytest.mark.parametrize("name", ["img_unknown", "job_" + "0" * 26, "%00", "img_%00", "_"])
def test_a_job_that_never_was_is_not_there(api: Api, name: str) -> None:
    told(api.get(f"/v1/render/{name}"), 404, "job_not_found")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/ai/image", 405, "method_not_allowed"),
        ("POST", "/v1/ai/nothing", 404, "not_found"),
        ("PUT", "/v1/render/img_1", 405, "method_not_allowed"),
    ],
)
def test_a_wrong_address_is_told_in_their_words(
    api: Api, method: str, path: str, status: int, code: str
) -> None:
    response = api.http.open(path, method=method, headers=api.caller.headers)

    told(response, status, code)
    assert ("Allow" in response.headers) == (status == 405)


@pytest.fixture
def luckless_api(
    make_ground: MakeGround, make_api: MakeApi, at_work: AtWork, tmp_path: Path
) -> Iterator[Api]:
    """The API, with a worker behind it that can store nothing: where its folder is, is a file."""
    no_folder = tmp_path / "a file"
    no_folder.write_text("no folder")
    ground = make_ground(LIMNER_STORAGE_URL=f"folder://{no_folder}", LIMNER_MAX_ATTEMPTS="1")
    with at_work(ground):
        yield make_api(ground)


def test_an_image_that_cannot_be_made_is_told_in_their_words(luckless_api: Api) -> None:
    response = make(luckless_api)

    told(response, 502, "storage_unavailable")
    ours = luckless_api.get("/v1/jobs").json["data"][0]
    assert (ours["status"], ours["error"]["code"]) == ("failed", "storage_unavailable")
    job = luckless_api.get(f"/v1/render/{ours['id']}").json
    assert (job["status"], job["error_code"]) == ("FAILED", "storage_unavailable")
    assert job["error"] == response.json["error"]["message"]
    assert (job["url"], job["credits_used"]) == (None, 0)


def test_a_failure_tells_callers_nothing_of_the_inside(luckless_api: Api, tmp_path: Path) -> None:
    response = make(luckless_api)

    assert str(tmp_path) not in response.get_data(as_text=True)
    assert str(tmp_path) not in luckless_api.get("/v1/jobs").get_data(as_text=True)


def test_a_canceled_image_is_told_in_their_words(api: Api, ground: Ground) -> None:
    with ThreadPoolExecutor(1) as executor:
        answer = executor.submit(make, Api(api.http.application.test_client(), api.caller))
        assert eventually(lambda: len(api.get("/v1/jobs").json["data"]) == 1)
        with ground.transaction() as session:
            job_id = api.get("/v1/jobs").json["data"][0]["id"]
            lifecycle.cancel(session, jobs.read(ground, job_id))
        response = answer.result(20)

    told(response, 502, "canceled")
    assert response.json["error"]["message"] not in {"", "None"}


def test_a_model_that_nobody_here_can_serve_is_told_in_their_words(
    make_ground: MakeGround, make_api: MakeApi
) -> None:
    settings = {"LIMNER_LOCAL_ENGINES": "off", "LIMNER_MAX_WAIT_SECONDS": "0"}
    api = make_api(make_ground(**settings))

    response = make(api)

    told(response, 503, "model_unavailable")
    assert response.headers["Retry-After"]
