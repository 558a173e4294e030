"""Vell's contract: a client of theirs finds everything where it was."""

import io
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shared.ground import Ground
from shared.jobs import lifecycle
from tests.conftest import PUBLIC_URL, Api, Caller
from tests.integration.conftest import AtWork, CountRows, MakeApi, MakeGround
from tests.support import jobs
from tests.support.patience import eventually
from tests.support.vell import (
    AVAILABILITY,
    DALL_E,
    FLUX,
    FROM_IMAGE,
    GENERATE,
    IDEOGRAM,
    KONTEXT,
    RECENT,
    STABLE_DIFFUSION,
    VERSIONS,
    as_form,
    data_uri,
    generate,
    picture,
    sent_form,
    told,
)


def picture_at(api: Api, output: str) -> tuple[str | None, tuple[int, int]]:
    """Fetch an image as their clients do, with no key; returns its format and its size."""
    response = api.http.get("/" + output)
    assert response.status_code == 200
    with Image.open(io.BytesIO(response.data)) as image:
        image.load()
        return image.format, image.size


def is_moment(text: str) -> bool:
    """Say whether this is a moment as they write it: UTC, whole seconds, Z."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").year >= 2026  # noqa: DTZ007


def available(api: Api) -> int:
    """Return the credits that the caller may spend."""
    found: int = api.get("/v1/account").json["available"]
    return found


def the_job(api: Api) -> dict[str, Any]:
    """Return the newest job, as our own contract shows it."""
    job: dict[str, Any] = api.get("/v1/jobs").json["data"][0]
    return job


@pytest.fixture
def busy_api(api: Api, ground: Ground, at_work: AtWork) -> Iterator[Api]:
    """The API, with a worker behind it."""
    with at_work(ground):
        yield api


@pytest.fixture
def hasty_api(make_ground: MakeGround, make_api: MakeApi) -> Api:
    """The API of a server that holds nobody, and with no worker behind it."""
    return make_api(make_ground(LIMNER_MAX_WAIT_SECONDS="0"))


@pytest.fixture
def api_on_terms(make_ground: MakeGround, make_api: MakeApi, tmp_path: Path) -> Callable[..., Api]:
    """Serves the API on terms of its operator's own."""

    def serve(terms: str, **settings: str) -> Api:
        (tmp_path / "vell.toml").write_text(terms)
        return make_api(make_ground(LIMNER_CONTRACTS=str(tmp_path), **settings))

    return serve


def test_images_are_answered_finished_in_their_whole_shape(busy_api: Api) -> None:
    wanted = DALL_E | {"image_number_of_images": 2, "image_lighting": "neon"}

    response = busy_api.post(GENERATE, json=wanted)

    body = response.json
    assert (response.status_code, response.content_type) == (200, "application/json")
    assert list(body) == ["status", "images", "image_storage"]
    assert (body["status"], body["image_storage"]) == ("success", "public")
    assert len(body["images"]) == 2
    for image in body["images"]:
        assert list(image) == [
            "id", "title", "input", "output", "created_at", "credits", "response"
        ]  # fmt: skip
        assert type(image["id"]) is int
        assert 0 < image["id"] < 2**53
        assert image["input"] == "Isometric data centre made of glass neon lighting"
        assert image["title"].startswith("isometric-data-centre-made-of-")
        assert image["title"].endswith(".png")
        assert image["output"] == f"uploads/{image['title']}"
        assert is_moment(image["created_at"])
        assert (image["credits"], image["response"]) == (5, "DE")
        assert picture_at(busy_api, image["output"]) == ("PNG", (256, 256))
    assert len({image["id"] for image in body["images"]}) == 2
    assert len({image["output"] for image in body["images"]}) == 2


@pytest.mark.parametrize(
    ("wanted", "words", "size", "response_code"),
    [
        (DALL_E | {"size": "512x512"}, DALL_E["description"], (512, 512), "DE"),
        (STABLE_DIFFUSION, STABLE_DIFFUSION["stable_description"], (128, 64), "SD"),
        (FLUX, FLUX["description_flux_pro"], (1024, 1024), "FL"),
        (IDEOGRAM, IDEOGRAM["description_ideogram"], (1024, 1024), "FL"),
        (KONTEXT, KONTEXT["description_flux_pro"], (1024, 1024), "FL"),
    ],
    ids=lambda one: one.get("image_generator") if isinstance(one, dict) else "",
)
def test_every_engine_makes_images(
    busy_api: Api, wanted: dict[str, Any], words: str, size: tuple[int, int], response_code: str
) -> None:
    response = generate(busy_api, wanted)

    assert response.status_code == 200, response.json
    [image] = response.json["images"]
    assert (image["input"], image["response"]) == (words, response_code)
    assert picture_at(busy_api, image["output"]) == ("PNG", size)


def test_thumbnails_are_no_images_of_theirs(busy_api: Api) -> None:
    made = generate(busy_api, DALL_E, size="1024x1024", image_number_of_images=2).json["images"]

    assert the_job(busy_api)["artifacts"][0]["thumbnail_url"]
    assert len(made) == 2
    assert [picture_at(busy_api, one["output"]) for one in made] == [("PNG", (1024, 1024))] * 2
    assert busy_api.get(RECENT).json == made[::-1]


@pytest.mark.parametrize("size", ["256x256", "512x512", "1024x1024", "1792x1024", "1024x1792"])
@pytest.mark.parametrize("quality", ["standard", "hd"])
def test_every_size_of_dall_e_is_taken(hasty_api: Api, size: str, quality: str) -> None:
    response = generate(hasty_api, DALL_E, size=size, quality=quality)

    assert response.status_code == 200
    made = the_job(hasty_api)["input"]
    assert f"{made['width']}x{made['height']}" == size


def test_all_modifiers_of_dall_e_follow_the_prompt(hasty_api: Api) -> None:
    response = generate(hasty_api, DALL_E, image_style="pixel", image_lighting="neon", mood="calm")

    words = f"{DALL_E['description']} pixel style neon lighting calm mood"
    assert response.json["images"][0]["input"] == words
    assert the_job(hasty_api)["input"]["prompt"] == words


def test_what_they_ask_of_stable_diffusion_reaches_the_job(hasty_api: Api) -> None:
    fields = {"negative_prompt": "people", "style_preset": "comic-book", "sampler": "K_EULER"}
    generate(hasty_api, STABLE_DIFFUSION, image_resolution="1021x515", **fields)

    job = the_job(hasty_api)
    assert (job["model"], job["kind"], job["operation"]) == (
        "stable-diffusion", "image", "generate"
    )  # fmt: skip
    asked = {"negative_prompt": "people", "style": "artistic", "width": 1024, "height": 512}
    assert asked.items() <= job["input"].items()
    assert job["metadata"] == {"image_generator": "stablediffusion", "type": "text-to-image"}


def test_several_prompts_become_one_picture_and_the_first_is_shown(busy_api: Api) -> None:
    prompts = ["A lighthouse, alone", "a storm"]

    response = generate(busy_api, STABLE_DIFFUSION, type="multi-prompt", stable_description=prompts)

    assert response.status_code == 200, response.json
    [image] = response.json["images"]
    assert image["input"] == "A lighthouse, alone"
    words = [{"text": "A lighthouse, alone", "weight": 1}, {"text": "a storm", "weight": 1}]
    assert the_job(busy_api)["input"]["prompts"] == words
    assert picture_at(busy_api, image["output"]) == ("PNG", (128, 64))


@pytest.mark.parametrize("name", ["stable_description[]", "stable_description[0]"])
def test_several_prompts_come_by_form_as_php_names_them(hasty_api: Api, name: str) -> None:
    fields = STABLE_DIFFUSION | {"type": "multi-prompt", "stable_description": ...}
    form = {key: str(one) for key, one in fields.items() if one is not ...}
    form |= {name: "a tower", "stable_description[1]": "a storm"}

    response = hasty_api.post(GENERATE, data=form, content_type="multipart/form-data")

    assert response.status_code == 200, response.json
    texts = [one["text"] for one in the_job(hasty_api)["input"]["prompts"]]
    assert texts == ["a tower", "a storm"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_is_changed_by_form(busy_api: Api, kind: str) -> None:
    form = as_form(FROM_IMAGE, picture(96, 64, kind))

    response = busy_api.post(GENERATE, data=form)

    assert response.status_code == 200, response.json
    [image] = response.json["images"]
    assert image["input"] == "the same, in winter"
    assert picture_at(busy_api, image["output"]) == ("PNG", (96, 64))
    job = the_job(busy_api)
    assert (job["operation"], job["model"]) == ("edit", "flux-kontext")


@pytest.mark.parametrize("count", [1, 3])
def test_a_file_is_enlarged_to_twice_its_sides(busy_api: Api, count: int) -> None:
    fields = FROM_IMAGE | {"type": "upscale", "image_number_of_images": count}

    response = busy_api.post(GENERATE, data=as_form(fields, picture(90, 60)))

    assert response.status_code == 200, response.json
    [image] = response.json["images"]
    assert (image["input"], image["response"]) == ("the same, in winter", "SD")
    assert picture_at(busy_api, image["output"]) == ("PNG", (180, 120))


@pytest.mark.parametrize("wanted", [FROM_IMAGE, KONTEXT], ids=["image-to-image", "kontext"])
def test_a_file_is_changed_in_json_too(busy_api: Api, wanted: dict[str, Any]) -> None:
    response = generate(busy_api, wanted, image_src=data_uri(picture(80, 64)))

    assert response.status_code == 200, response.json
    [image] = response.json["images"]
    assert picture_at(busy_api, image["output"]) == ("PNG", (80, 64))


def test_a_negative_prompt_is_passed_on_where_the_model_of_a_picture_takes_one(
    hasty_api: Api, api_on_terms: Callable[..., Api], make_caller: Callable[[str], Caller]
) -> None:
    fields = {"image_src": data_uri(picture()), "negative_prompt": "people"}
    generate(hasty_api, FROM_IMAGE, **fields)
    models = '{ generate = "stable-diffusion", edit = "sketch" }'
    terms = f'[engines.stablediffusion]\nversion = "x"\nmodels = {models}'
    bob = Api(api_on_terms(terms, LIMNER_MAX_WAIT_SECONDS="0").http, make_caller("bob"))
    generate(bob, FROM_IMAGE, **fields)

    assert "negative_prompt" not in the_job(hasty_api)["input"]
    assert the_job(bob)["input"]["negative_prompt"] == "people"


def test_an_address_inside_is_not_fetched(busy_api: Api) -> None:
    response = generate(busy_api, FROM_IMAGE, image_src="http://127.0.0.1:1/poster.png")

    told(response, 500, "ADDRESS_REFUSED")


def test_a_form_needs_no_file(hasty_api: Api) -> None:
    response = hasty_api.post(
        GENERATE, data=as_form(STABLE_DIFFUSION, None), content_type="multipart/form-data"
    )

    assert response.status_code == 200, response.json


def test_more_images_than_a_model_makes_at_once_are_made_by_several_jobs(busy_api: Api) -> None:
    response = generate(busy_api, STABLE_DIFFUSION, image_number_of_images=10)

    images = response.json["images"]
    assert len({one["id"] for one in images}) == len({one["output"] for one in images}) == 10
    asked = [job["input"]["num_images"] for job in busy_api.get("/v1/jobs").json["data"]]
    assert sorted(asked) == [2, 4, 4]
    assert {picture_at(busy_api, one["output"]) for one in images} == {("PNG", (128, 64))}


@pytest.mark.parametrize(
    "fields",
    [
        {"image_number_of_images": "2"},
        {"image_number_of_images": 2.0},
        {"description": ..., "prompt": "a red fox"},
        {"image_style": None, "mood": ""},
        {"image_mood": "calm"},
        {"description": "  ein Füchslein 🦊 "},
        {"something_else": [1, {"a": 2}]},
    ],
    ids=repr,
)
def test_what_their_clients_may_send_is_taken(hasty_api: Api, fields: dict[str, Any]) -> None:
    assert generate(hasty_api, DALL_E, **fields).status_code == 200


@pytest.mark.parametrize("wanted", [FLUX, IDEOGRAM, STABLE_DIFFUSION], ids=repr)
@pytest.mark.parametrize("name", ["description", "prompt"])
def test_a_prompt_is_found_under_its_usual_names(
    hasty_api: Api, wanted: dict[str, Any], name: str
) -> None:
    places = ("description_flux_pro", "description_ideogram", "stable_description")

    response = generate(hasty_api, wanted | dict.fromkeys(places, ...), **{name: "a red fox"})

    assert response.status_code == 200, response.json
    assert response.json["images"][0]["input"] == "a red fox"


@pytest.mark.parametrize(
    ("wanted", "fields", "place"),
    [
        (DALL_E, {"image_generator": ...}, "image_generator"),
        (DALL_E, {"image_generator": "midjourney"}, "image_generator"),
        (DALL_E, {"image_generator": ["dall-e"]}, "image_generator"),
        (DALL_E, {"image_number_of_images": ...}, "image_number_of_images"),
        (DALL_E, {"image_number_of_images": 0}, "image_number_of_images"),
        (DALL_E, {"image_number_of_images": 11}, "image_number_of_images"),
        (DALL_E, {"image_number_of_images": -1}, "image_number_of_images"),
        (DALL_E, {"image_number_of_images": "two"}, "image_number_of_images"),
        (DALL_E, {"image_number_of_images": True}, "image_number_of_images"),
        (DALL_E, {"image_number_of_images": 1.5}, "image_number_of_images"),
        (DALL_E, {"image_number_of_images": 10**30}, "image_number_of_images"),
        (DALL_E, {"description": ...}, "description"),
        (DALL_E, {"description": " \n"}, "description"),
        (DALL_E, {"description": 7}, "description"),
        (DALL_E, {"description": "x" * 10_001}, "description"),
        (DALL_E, {"description": "a\x00b"}, "description"),
        (DALL_E, {"description": "\ud800"}, "description"),
        (DALL_E, {"size": ...}, "size"),
        (DALL_E, {"size": "640x480"}, "size"),
        (DALL_E, {"quality": ...}, "quality"),
        (DALL_E, {"quality": "ultra"}, "quality"),
        (DALL_E, {"mood": 5}, "mood"),
        (STABLE_DIFFUSION, {"type": ...}, "type"),
        (STABLE_DIFFUSION, {"type": "inpaint"}, "type"),
        (STABLE_DIFFUSION, {"type": ["upscale"]}, "type"),
        (STABLE_DIFFUSION, {"stable_description": ...}, "stable_description"),
        (STABLE_DIFFUSION, {"stable_description": ["a"]}, "stable_description"),
        (STABLE_DIFFUSION, {"image_resolution": ...}, "image_resolution"),
        (STABLE_DIFFUSION, {"image_resolution": "1x1"}, "image_resolution"),
        (STABLE_DIFFUSION, {"image_resolution": "63x64"}, "image_resolution"),
        (STABLE_DIFFUSION, {"image_resolution": "2048x2049"}, "image_resolution"),
        (STABLE_DIFFUSION, {"image_resolution": "64*64"}, "image_resolution"),
        (STABLE_DIFFUSION, {"image_resolution": "٦٤x٦٤"}, "image_resolution"),
        (STABLE_DIFFUSION, {"image_resolution": 64}, "image_resolution"),
        (STABLE_DIFFUSION, {"style_preset": "baroque"}, "style_preset"),
        (STABLE_DIFFUSION, {"negative_prompt": 1}, "negative_prompt"),
        (STABLE_DIFFUSION, {"negative_prompt": "x" * 10_001}, "negative_prompt"),
        (STABLE_DIFFUSION, {"type": "multi-prompt", "stable_description": []}, "stable_descr"),
        (STABLE_DIFFUSION, {"type": "multi-prompt", "stable_description": [1]}, "stable_descr"),
        (STABLE_DIFFUSION, {"type": "multi-prompt", "stable_description": [""]}, "stable_descr"),
        (FROM_IMAGE, {}, "image_src"),
        (FROM_IMAGE, {"image_src": "poster.png"}, "image_src"),
        (FROM_IMAGE, {"image_src": "file:///etc/passwd"}, "image_src"),
        (FROM_IMAGE, {"image_src": 7}, "image_src"),
        (FROM_IMAGE, {"image_src": "data:image/png;base64,%%%"}, "image_src"),
        (FROM_IMAGE, {"image_src": data_uri(b"no picture at all")}, "image_src"),
        (FROM_IMAGE, {"image_src": "upl_" + "0" * 26}, "image_src"),
        (FLUX, {"description_flux_pro": ...}, "description_flux_pro"),
        (IDEOGRAM, {"description_ideogram": ...}, "description_ideogram"),
        (KONTEXT, {"description_flux_pro": ...}, "description_flux_pro"),
        (KONTEXT, {"image_src": "nowhere"}, "image_src"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_a_faulty_request_is_told_in_their_words_and_not_kept(
    api: Api, count_rows: CountRows, wanted: dict[str, Any], fields: dict[str, Any], place: str
) -> None:
    before = count_rows()

    response = generate(api, wanted, **fields)

    [field] = told(response, 422, "VALIDATION_ERROR")
    assert field.startswith(place)
    assert count_rows() == before


@pytest.mark.parametrize("resolution", ["64x64", "64x2048", "2048x2048", "99x1000"])
def test_a_resolution_at_its_limits_is_taken(hasty_api: Api, resolution: str) -> None:
    response = generate(hasty_api, STABLE_DIFFUSION, image_resolution=resolution)

    assert response.status_code == 200


def test_several_faults_are_told_together(api: Api) -> None:
    response = generate(api, DALL_E, description=..., size="1x1", image_number_of_images=11)

    told(response, 422, "VALIDATION_ERROR")
    assert response.json["errors"].keys() == {"description", "size", "image_number_of_images"}


@pytest.mark.parametrize("content", [b"no picture at all", picture(kind="GIF")], ids=["", "gif"])
def test_what_a_form_brings_is_looked_at(api: Api, content: bytes) -> None:
    response = api.post(GENERATE, data=as_form(FROM_IMAGE, content))

    assert told(response, 422, "VALIDATION_ERROR").keys() == {"image_src"}
    assert api.get("/v1/jobs").json["data"] == []


def test_a_file_of_ten_megabytes_is_taken_and_not_a_byte_more(hasty_api: Api) -> None:
    most = 10 * 1024 * 1024
    padded = picture() + bytes(most - len(picture()))

    too_large = hasty_api.post(GENERATE, **sent_form(FROM_IMAGE, padded + b"\0"))
    just_right = hasty_api.post(GENERATE, **sent_form(FROM_IMAGE, padded))

    assert told(too_large, 422, "VALIDATION_ERROR").keys() == {"image_src"}
    assert just_right.status_code == 200, just_right.json


def test_a_far_larger_form_is_not_read(api: Api) -> None:
    form = sent_form(FROM_IMAGE, bytes(12 * 1024 * 1024))

    told(api.post(GENERATE, **form), 413, "BODY_TOO_LARGE")


def test_a_type_that_no_model_does_is_told(api_on_terms: Callable[..., Api]) -> None:
    api = api_on_terms('[engines.stablediffusion]\nversion = "x"\nmodels = {}')

    response = generate(api, FROM_IMAGE, type="upscale", image_src=data_uri(picture()))

    [message] = told(response, 422, "VALIDATION_ERROR")["type"]
    assert message == "'upscale' is not offered by this server."


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"[" * 100_000], ids=lambda one: one[:9])
def test_what_is_not_json_is_told_in_their_words(api: Api, body: bytes) -> None:
    told(api.post(GENERATE, data=body), 400, "MALFORMED_JSON")


@pytest.mark.parametrize("body", ["[]", "null", "7", '"a red fox"', "[[" * 400 + "]]" * 400])
def test_what_is_not_an_object_is_told_in_their_words(api: Api, body: str) -> None:
    assert told(api.post(GENERATE, data=body), 422, "VALIDATION_ERROR").keys() == {"body"}


def test_what_is_nested_too_deep_is_told_in_their_words(api: Api) -> None:
    body = '{"a":' * 400 + "1" + "}" * 400

    assert told(api.post(GENERATE, data=body), 422, "VALIDATION_ERROR")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer vell_pk_wrong"}], ids=str)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", AVAILABILITY),
        ("GET", VERSIONS),
        ("POST", GENERATE),
        ("GET", RECENT),
    ],
)
def test_a_missing_key_is_told_in_their_words(
    api: Api, method: str, path: str, headers: dict[str, str]
) -> None:
    response = api.http.open(path, method=method, headers=headers)

    told(response, 401, "UNAUTHENTICATED")
    assert response.get_json()["message"] == "Unauthenticated."
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", GENERATE, 405, "METHOD_NOT_ALLOWED"),
        ("POST", RECENT, 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", VERSIONS, 405, "METHOD_NOT_ALLOWED"),
        ("PUT", "/uploads/a.png", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/api/v1/aiimage/nothing", 404, "NOT_FOUND"),
        ("GET", "/api/v1/aiimage", 404, "NOT_FOUND"),
    ],
)
def test_a_wrong_address_is_told_in_their_words(
    api: Api, method: str, path: str, status: int, code: str
) -> None:
    response = api.http.open(path, method=method, headers=api.caller.headers)

    told(response, status, code)
    assert ("Allow" in response.headers) == (status == 405)


def test_the_documented_versions_are_told(api: Api) -> None:
    response = api.get(VERSIONS)

    assert response.status_code == 200
    assert response.json == {"dall-e": "dalle3", "stable-diffusion": "sd3-large"}


def test_all_versions_are_told_where_the_operator_says_so(
    api_on_terms: Callable[..., Api],
) -> None:
    api = api_on_terms("all_versions = true")

    assert api.get(VERSIONS).json == {
        "dall-e": "dalle3",
        "stable-diffusion": "sd3-large",
        "flux-pro": "flux-pro",
        "ideogram": "ideogram",
        "flux-pro-kontext": "flux-pro-kontext",
    }


def test_the_operator_says_which_model_serves_an_engine(api_on_terms: Callable[..., Api]) -> None:
    api = api_on_terms(
        'max_images = 2\n[engines.dall-e]\nversion = "own"\nmodels = { generate = "sketch" }',
        LIMNER_MAX_WAIT_SECONDS="0",
    )

    assert generate(api, DALL_E, image_number_of_images=2).status_code == 200
    assert the_job(api)["model"] == "sketch"
    assert api.get(VERSIONS).json["dall-e"] == "own"
    told(generate(api, FLUX, image_number_of_images=3), 422, "VALIDATION_ERROR")


def test_a_model_that_is_not_in_the_catalogue_is_told(api_on_terms: Callable[..., Api]) -> None:
    api = api_on_terms('[engines.flux-pro]\nversion = "x"\nmodels = { generate = "nowhere" }')

    response = generate(api, FLUX)

    assert told(response, 422, "VALIDATION_ERROR").keys() == {"image_generator"}


def test_images_in_a_store_have_whole_addresses(
    api_on_terms: Callable[..., Api], ground: Ground, at_work: AtWork
) -> None:
    api = api_on_terms('image_storage = "s3"')
    with at_work(ground):
        body = generate(api, STABLE_DIFFUSION).json

    assert body["image_storage"] == "s3"
    output = body["images"][0]["output"]
    assert output.startswith(PUBLIC_URL)
    assert picture_at(api, output.removeprefix(PUBLIC_URL + "/")) == ("PNG", (128, 64))


@pytest.fixture
def luckless(make_ground: MakeGround, at_work: AtWork, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings with a worker that can store nothing: where its folder is, is a file."""
    no_folder = tmp_path / "a file"
    no_folder.write_text("no folder")
    settings = {"LIMNER_STORAGE_URL": f"folder://{no_folder}", "LIMNER_MAX_ATTEMPTS": "1"}
    with at_work(make_ground(**settings)):
        yield settings


def test_an_image_that_cannot_be_made_is_told_and_costs_nothing(
    luckless: dict[str, str], api_on_terms: Callable[..., Api], tmp_path: Path
) -> None:
    api = api_on_terms("", **luckless)
    before = available(api)

    response = generate(api, STABLE_DIFFUSION)

    told(response, 500, "STORAGE_UNAVAILABLE")
    assert str(tmp_path) not in response.get_data(as_text=True)
    assert available(api) == before
    assert api.get(AVAILABILITY).status_code == 200


def test_a_failure_is_answered_as_before_where_the_operator_says_so(
    luckless: dict[str, str], api_on_terms: Callable[..., Api]
) -> None:
    api = api_on_terms("failures_as_200 = true", **luckless)

    told(generate(api, STABLE_DIFFUSION), 200, "STORAGE_UNAVAILABLE")


def test_a_model_that_nobody_here_can_serve_is_told(
    make_ground: MakeGround, make_api: MakeApi
) -> None:
    api = make_api(make_ground(LIMNER_LOCAL_ENGINES="off"))

    response = generate(api, FLUX)

    told(response, 503, "MODEL_UNAVAILABLE")
    assert response.headers["Retry-After"]


def test_images_that_take_longer_are_in_the_queue_and_found_later_as_the_same(
    hasty_api: Api, ground: Ground, at_work: AtWork
) -> None:
    body = generate(hasty_api, STABLE_DIFFUSION, image_number_of_images=2).json

    assert body["status"] == "success"
    for image in body["images"]:
        assert (image["status"], image["output"]) == ("IN_QUEUE", "")
        assert image["request_id"] == the_job(hasty_api)["id"]
        assert is_moment(image["created_at"])
    assert hasty_api.get(RECENT).json == []
    with at_work(ground):
        assert eventually(lambda: len(hasty_api.get(RECENT).json) == 2)
    found = hasty_api.get(RECENT).json
    assert {(one["id"], one["title"]) for one in found} == {
        (one["id"], one["title"]) for one in body["images"]
    }


def test_what_was_made_is_answered_and_paid_though_the_rest_was_not(
    hasty_api: Api, ground: Ground, at_work: AtWork
) -> None:
    before = available(hasty_api)
    headers, wanted = {"Idempotency-Key": "once"}, STABLE_DIFFUSION | {"image_number_of_images": 6}
    begun = hasty_api.post(GENERATE, json=wanted, headers=headers).json["images"]
    four, two = begun[0]["request_id"], begun[5]["request_id"]
    assert four != two
    with ground.transaction() as session:
        lifecycle.cancel(session, jobs.read(ground, two))

    rest = hasty_api.post(GENERATE, json=wanted, headers=headers).json["images"]
    with at_work(ground):
        assert eventually(lambda: hasty_api.get(AVAILABILITY).status_code == 200)
    made = hasty_api.post(GENERATE, json=wanted, headers=headers).json["images"]

    assert {one["request_id"] for one in rest} == {four}
    assert [one["id"] for one in made] == [one["id"] for one in rest]
    assert {picture_at(hasty_api, one["output"]) for one in made} == {("PNG", (128, 64))}
    assert before - available(hasty_api) == sum(one["credits"] for one in made) == 20


def test_a_canceled_generation_is_told(hasty_api: Api, ground: Ground) -> None:
    headers = {"Idempotency-Key": "once"}
    first = hasty_api.post(GENERATE, json=FLUX, headers=headers).json["images"][0]
    with ground.transaction() as session:
        lifecycle.cancel(session, jobs.read(ground, first["request_id"]))

    response = hasty_api.post(GENERATE, json=FLUX, headers=headers)

    told(response, 500, "CANCELED")


def test_a_form_that_is_sent_again_makes_nothing_anew(hasty_api: Api) -> None:
    headers = {"Idempotency-Key": "once"}
    form = b"".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in STABLE_DIFFUSION.items()
    )
    answers = [
        hasty_api.post(
            GENERATE,
            data=form + end,
            content_type="multipart/form-data; boundary=x",
            headers=headers,
        )
        for end in (b"--x--\r\n", b"--x--\r\n", b"--x--\r\n\r\n")
    ]

    assert [one.status_code for one in answers] == [200, 200, 422]
    assert answers[0].json == answers[1].json
    assert "Idempotent-Replayed" in answers[1].headers
    assert answers[2].json["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert len(hasty_api.get("/v1/jobs").json["data"]) == 1


def test_recent_images_are_at_most_ten_newest_first(busy_api: Api) -> None:
    for count in (9, 2):
        generate(busy_api, STABLE_DIFFUSION, image_number_of_images=count)
    newest = generate(busy_api, STABLE_DIFFUSION, stable_description="the last").json["images"]

    response = busy_api.get(RECENT)

    assert (response.status_code, response.content_type) == (200, "application/json")
    images = response.json
    assert len(images) == 10
    assert list(images[0])[:5] == ["id", "title", "input", "output", "created_at"]
    assert images[0] == newest[0]
    moments = [one["created_at"] for one in images]
    assert moments == sorted(moments, reverse=True)


def test_another_accounts_images_are_never_seen(
    busy_api: Api, make_caller: Callable[[str], Caller]
) -> None:
    generate(busy_api, STABLE_DIFFUSION)
    bob = Api(busy_api.http, make_caller("bob"))

    assert bob.get(RECENT).json == []
    assert bob.get(AVAILABILITY).status_code == 200


def test_a_picture_of_another_account_cannot_be_started_from(
    busy_api: Api, make_caller: Callable[[str], Caller]
) -> None:
    generate(busy_api, STABLE_DIFFUSION)
    artifact = the_job(busy_api)["artifacts"][0]["id"]
    bob = Api(busy_api.http, make_caller("bob"))

    response = generate(bob, FROM_IMAGE, image_src=artifact)

    assert told(response, 422, "VALIDATION_ERROR").keys() == {"image_src"}
