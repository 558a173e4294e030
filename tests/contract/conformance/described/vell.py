"""Vell: images, one generation at a time; what is made is found in a list."""

from typing import Any

from tests.contract.conformance.dialect import Dialect, Fields, Form, Told, each, wrong
from tests.support.vell import (
    DALL_E,
    FLUX,
    FROM_IMAGE,
    GENERATE,
    IDEOGRAM,
    KONTEXT,
    RECENT,
    STABLE_DIFFUSION,
    data_uri,
    picture,
)

_DAY_IS_OVER = {"daily_limit_reached": "DAILY_LIMIT_EXCEEDED"}
_COUNT = "image_number_of_images"
_WRONG_PROMPTS = (..., None, "", " \n", 7, "x" * 10_001, "a\x00b", "\ud800")
_POSTER = data_uri(picture())


def _told(response: Any) -> Told:
    body = response.json
    assert list(body)[:4] == ["status", "message", "success", "error"]
    assert (body["status"], body["success"]) == ("error", False)
    assert body["error"] == {"code": body["error"]["code"], "message": body["message"]}
    named = body.get("errors", {})
    assert all(messages and all(messages) for messages in named.values())
    return Told(message=body["message"], code=body["error"]["code"], fields=frozenset(named))


def _form(body: Fields, prompt: str, **rest: Any) -> Form:
    """Return a form whose prompt is called so: all that every engine takes, and the rest."""
    taken = [*each(prompt, "x" * 10_000), *each(_COUNT, 1, 10, "3", 2.0), *rest.get("taken", ())]
    faulty = [
        *wrong(prompt, *_WRONG_PROMPTS),
        *wrong(_COUNT, ..., None, 0, 11, -1, "two", True, 1.5, 10**30),
        *rest.get("faulty", ()),
    ]
    return Form(path=GENERATE, body=body, taken=taken, faulty=faulty)


_SMALL = {**STABLE_DIFFUSION, "image_resolution": "64x64"}
_TEXT = _form(
    _SMALL,
    "stable_description",
    taken=[
        *each("image_resolution", "64x64", "2048x64", "64x2048", "99x1000"),
        *each("negative_prompt", "", None, "x" * 10_000),
        *each("style_preset", "3d-model", "tile-texture"),
        *each("sampler", "K_EULER"),
        *each("clip_guidance_preset", "NONE"),
        *each("something_else", [1, {"a": 2}]),
    ],
    faulty=[
        *wrong("image_generator", ..., None, "midjourney", ["dall-e"]),
        *wrong("type", ..., None, "inpaint", ["upscale"]),
        *wrong("image_resolution", ..., "1x1", "63x64", "64x2049", "64*64", "\u0666\u0664x64", 64),
        *wrong("negative_prompt", 7, "x" * 10_001),
        *wrong("style_preset", "baroque", 7),
        *wrong("sampler", 7),
        *wrong("clip_guidance_preset", 7),
        (
            {"stable_description": 7, "image_resolution": "1x1", _COUNT: 11},
            frozenset({"stable_description", "image_resolution", _COUNT}),
        ),
    ],
)
_DALL_E = _form(
    DALL_E,
    "description",
    taken=[
        *each("size", "256x256", "512x512", "1024x1024", "1792x1024", "1024x1792"),
        *each("quality", "standard", "hd"),
        *each("image_style", "pixel"),
        *each("image_lighting", "neon"),
        *each("mood", "calm"),
    ],
    faulty=[
        *wrong("size", ..., "640x480", 256),
        *wrong("quality", ..., "ultra", 7),
        *wrong("image_style", 7),
        *wrong("image_lighting", 7),
        *wrong("mood", 7),
    ],
)
_IMAGE = _form(
    {**FROM_IMAGE, "image_src": _POSTER},
    "stable_description",
    taken=each("image_src", data_uri(picture(kind="JPEG")), data_uri(picture(kind="WEBP"))),
    faulty=wrong(
        "image_src", ..., "poster.png", 7, "file:///etc/passwd", data_uri(b"no picture at all")
    ),
)
_PROMPTS = Form(
    path=GENERATE,
    body={**_SMALL, "type": "multi-prompt", "stable_description": ["a tower", "a storm"]},
    taken=each("stable_description", "a tower", ["a tower"]),
    faulty=wrong("stable_description", ..., [], 7),
)
_KONTEXT = _form(
    KONTEXT,
    "description_flux_pro",
    taken=each("image_src", _POSTER),
    faulty=wrong("image_src", "nowhere", 7),
)

DIALECT = Dialect(
    name="vell",
    path=GENERATE,
    body=_TEXT.body,
    taken=_TEXT.taken,
    faulty=_TEXT.faulty,
    more=[
        _DALL_E,
        _IMAGE,
        _PROMPTS,
        _form(FLUX, "description_flux_pro"),
        _form(IDEOGRAM, "description_ideogram"),
        _KONTEXT,
    ],
    wrong_method="PUT",
    files=lambda body: [f"/{one['output']}" for one in body["images"]],
    id_of=lambda body: str(body["images"][0]["id"]),
    found_at=RECENT,
    pick=lambda body, their_id: next((one for one in body if str(one["id"]) == their_id), None),
    is_done=lambda one: one is not None,
    told=_told,
    spelt=lambda code: _DAY_IS_OVER.get(code, code.upper()),
    late_id=lambda body: str(body["images"][0]["id"]),
    hold=["LIMNER_MAX_WAIT_SECONDS"],
    nowhere=["/api/v1/aiimage", "/api/v1/aiimage/nothing", "/uploads/x.png", "/api/v1/uploads/x"],
    open_rules=frozenset({"/uploads/<name>", "/api/v1/uploads/<name>"}),
    statuses={"no_credits": 419, "late": 200},
)
