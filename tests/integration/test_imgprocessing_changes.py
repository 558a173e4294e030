"""IMG Processing's operations: each makes a new image of another one."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from shared.accounts import keys
from shared.accounts.keys import Powers
from shared.accounts.tables import Account
from shared.ground import Ground
from shared.jobs.audit import oddities
from tests.conftest import Api, Caller, MakeCaller
from tests.integration.conftest import AtWork, CountRows
from tests.support.imgprocessing import (
    IMAGES,
    changed,
    fields_of,
    file_of,
    made,
    opened,
    their,
    told,
    uploaded,
)
from tests.support.media import picture

RED, GREEN, BLUE, WHITE, BLACK = (
    (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)
)  # fmt: skip
UNSERVED = ("remove-background", "classify", "visualize", "extract-formatted-text")
NOWHERE = {"id": "image_" + "0" * 24}


@pytest.fixture
def img(api: Api, ground: Ground, at_work: AtWork) -> Iterator[Api]:
    """The API as their clients call it, with a worker behind it."""
    with at_work(ground):
        yield their(api)


@pytest.fixture
def tester(http: FlaskClient, ground: Ground, caller: Caller) -> Api:
    """The same account with a key for tests."""
    with ground.transaction() as session:
        owner = session.get_one(Account, caller.account.id)
        _, key = keys.create(session, owner, name="", powers=Powers(is_test=True))
    return their(Api(http, Caller(caller.account, key)))


def quarters(kind: str = "PNG") -> bytes:
    """Return red, green, blue and white, in reading order, 40 pixels a side."""
    tiny = Image.new("RGB", (2, 2))
    tiny.putdata([RED, GREEN, BLUE, WHITE])
    buffer = io.BytesIO()
    tiny.resize((40, 40), Image.Resampling.NEAREST).save(buffer, kind, quality=100)
    return buffer.getvalue()


def colours(image: Image.Image) -> list[Any]:
    """Return the colours of the four quarters, in reading order."""
    across, down = image.width // 4, image.height // 4
    places = [(1, 1), (3, 1), (1, 3), (3, 3)]
    return [image.convert("RGB").getpixel((x * across, y * down)) for x, y in places]


Look = Callable[[Image.Image], Any]

CHANGES: dict[str, tuple[str, dict[str, Any], tuple[int, int], Look, Any]] = {
    "one side": ("resize", {"width": 20}, (20, 20), colours, [RED, GREEN, BLUE, WHITE]),
    "both sides": ("resize", {"width": 80, "height": 20}, (80, 20), colours,
                   [RED, GREEN, BLUE, WHITE]),
    "covering": ("resize", {"width": 40, "height": 20, "fit": "cover", "position": "top"},
                 (40, 20), lambda one: colours(one)[:2], [RED, GREEN]),
    "letterbox": ("resize", {"width": 80, "height": 40, "fit": "contain", "position": "right",
                             "letterbox_color": "Blue"}, (80, 40),
                  lambda one: one.convert("RGB").getpixel((5, 5)), BLUE),
    "clear letterbox": ("resize", {"width": 80, "height": 40, "fit": "contain"}, (80, 40),
                        lambda one: one.getchannel("A").getpixel((5, 5)), 0),
    "part": ("crop", {"x1": 20, "y1": 0, "x2": 40, "y2": 19.6}, (20, 20), colours, [GREEN] * 4),
    "whole": ("crop", {"x1": 0, "y1": 0, "x2": 40, "y2": 40}, (40, 40), colours,
              [RED, GREEN, BLUE, WHITE]),
    "quarter turn": ("rotate", {"angle": 90}, (40, 40), colours, [BLUE, RED, WHITE, GREEN]),
    "back": ("rotate", {"angle": -450}, (40, 40), colours, [GREEN, WHITE, RED, BLUE]),
    "radians": ("rotate", {"angle": 1.5708, "unit": "radians"}, (40, 40), colours,
                [BLUE, RED, WHITE, GREEN]),
    "black corners": ("rotate", {"angle": 45}, (58, 58),
                      lambda one: one.convert("RGB").getpixel((1, 1)), BLACK),
    "coloured corners": ("rotate", {"angle": 45, "background_color": "#0f0"}, (58, 58),
                         lambda one: one.convert("RGB").getpixel((1, 1)), GREEN),
    "horizontal": ("mirror", {"mode": "horizontal"}, (40, 40), colours,
                   [GREEN, RED, WHITE, BLUE]),
    "vertical": ("mirror", {"mode": "vertical"}, (40, 40), colours, [BLUE, WHITE, RED, GREEN]),
    "both": ("mirror", {"mode": "both"}, (40, 40), colours, [WHITE, BLUE, GREEN, RED]),
    "jpg": ("convert", {"format": "jpg"}, (40, 40), lambda one: one.format, "JPEG"),
    "webp": ("convert", {"format": "webp", "quality": 1}, (40, 40), lambda one: one.format, "WEBP"),
    "blur": ("blur", {"sigma": 4}, (40, 40),
             lambda one: one.getpixel((20, 20)) in {RED, GREEN, BLUE, WHITE}, False),
    "grey": ("modulate", {"saturation": -100}, (40, 40),
             lambda one: {len(set(colour)) for colour in colours(one)}, {1}),
    "dark": ("modulate", {"brightness": -99.6}, (40, 40), colours, [BLACK] * 4),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_an_image_is_changed_and_its_source_stays(api: Api, img: Api, name: str) -> None:
    operation, fields, size, look, expected = CHANGES[name]
    source = uploaded(img, quarters())

    response = changed(img, source, operation, **fields)

    image = made(response)
    assert response.headers["X-Image-Processing-Usage"] == "1"
    assert image["id"] != source["id"]
    assert (image["name"], image["url"]) == ("logo", None)
    assert (image["width"], image["height"]) == size
    assert look(opened(img, image)) == expected
    assert file_of(img, source) == quarters()
    [job, _] = api.get("/v1/jobs").json["data"]
    assert (job["operation"], job["model"], job["cost"]) == (operation, "darkroom", 1)


def test_what_is_transparent_is_white_in_jpeg(img: Api) -> None:
    source = uploaded(img, quarters("JPEG"))

    image = made(changed(img, source, "resize", width=80, height=40, fit="contain"))

    assert image["format"] == "jpeg"
    assert opened(img, image).getpixel((5, 5)) == WHITE


def test_a_new_name_may_be_given(img: Api, ground: Ground) -> None:
    source = uploaded(img)

    image = made(changed(img, source, "blur", name="x" * 30))
    second = made(changed(img, image, "mirror", mode="both"))

    assert (image["name"], second["name"]) == ("x" * 30, "x" * 30)
    with ground.transaction() as session:
        assert list(oddities(session, ground.catalog)) == []


@pytest.mark.parametrize(
    ("mode", "count"),
    [(None, 1), ("no_repeat", 1), ("repeat_x", 4), ("repeat_y", 4), ("repeat", 16)],
)
def test_watermarks_are_laid_over_an_image(img: Api, mode: str | None, count: int) -> None:
    dot = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    dot.putpixel((5, 5), (*BLUE, 255))
    buffer = io.BytesIO()
    dot.save(buffer, "PNG")
    source, mark = (
        uploaded(img, picture(40, 40, colour="#ff0000")),
        uploaded(img, buffer.getvalue()),
    )

    image = made(
        changed(img, source, "watermark", watermarks=[{"id": mark["id"], "repetition_mode": mode}])
    )

    pixels = opened(img, image).convert("RGB")
    assert sum(pixels.getpixel((x, y)) == BLUE for x in range(40) for y in range(40)) == count


def test_watermarks_lie_where_and_as_large_as_is_said(img: Api) -> None:
    source, green, blue = (
        uploaded(img, picture(40, 40, colour=colour))
        for colour in ("#ff0000", "#00ff00", "#0000ff")
    )
    marks = [
        {"id": green["id"], "left": 20, "width": 20, "height": 20},
        {"id": blue["id"], "left": -30, "top": 30.0},
    ]

    image = opened(img, made(changed(img, source, "watermark", watermarks=marks)))

    assert colours(image) == [RED, GREEN, RED, RED]
    assert [image.getpixel((x, 35)) for x in (0, 9, 10)] == [BLUE, BLUE, RED]


FAULTS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("resize", {}, {"width"}),
    ("resize", {"fit": "contain"}, {"width"}),
    ("resize", {"width": 0}, {"width"}),
    ("resize", {"width": 10_001, "height": 10_001}, {"width", "height"}),
    ("resize", {"width": 1.5}, {"width"}),
    ("resize", {"width": "40"}, {"width"}),
    ("resize", {"width": 4, "fit": "x", "position": "x", "letterbox_color": "x"},
     {"fit", "position", "letterbox_color"}),
    ("resize", {"width": 4, "letterbox_color": "#00ff0080"}, {"letterbox_color"}),
    ("crop", {}, {"x1", "y1", "x2", "y2"}),
    ("crop", {"x1": "0", "y1": True, "x2": None, "y2": 1e300}, {"x1", "y1", "x2"}),
    ("rotate", {}, {"angle"}),
    ("rotate", {"angle": "90", "unit": "turns", "background_color": 7},
     {"angle", "unit", "background_color"}),
    ("mirror", {}, {"mode"}),
    ("mirror", {"mode": "diagonal"}, {"mode"}),
    ("convert", {}, {"format"}),
    ("convert", {"format": "gif", "quality": 0}, {"format", "quality"}),
    ("convert", {"format": "png", "quality": 101}, {"quality"}),
    ("blur", {"sigma": 0.9}, {"sigma"}),
    ("blur", {"sigma": 1_001}, {"sigma"}),
    ("modulate", {"brightness": -101, "contrast": 101, "saturation": "0", "exposure": True},
     {"brightness", "contrast", "saturation", "exposure"}),
    ("watermark", {}, {"watermarks"}),
    ("watermark", {"watermarks": []}, {"watermarks"}),
    ("watermark", {"watermarks": [NOWHERE] * 6}, {"watermarks"}),
    ("watermark", {"watermarks": [{}, 7]}, {"watermarks[0].id", "watermarks[1]"}),
    ("watermark", {"watermarks": [NOWHERE | {"width": 0, "repetition_mode": "x"}]},
     {"watermarks[0].width", "watermarks[0].repetition_mode"}),
    ("mirror", {"mode": "both", "name": ""}, {"name"}),
    ("mirror", {"mode": "both", "name": "x" * 31}, {"name"}),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "fields", "named"), FAULTS)
def test_what_makes_no_sense_is_named(
    api: Api, count_rows: CountRows, operation: str, fields: dict[str, Any], named: set[str]
) -> None:
    before = count_rows()

    assert fields_of(changed(their(api), NOWHERE, operation, **fields)) == named

    assert count_rows() == before


OUTSIDE: list[tuple[str, dict[str, Any], set[str]]] = [
    ("crop", {"x1": 0, "y1": 0, "x2": 49, "y2": 33}, {"x2", "y2"}),
    ("crop", {"x1": -1, "y1": 5, "x2": 5, "y2": 5}, {"x1", "y2"}),
    ("crop", {"x1": 5, "y1": 0, "x2": 4, "y2": 5}, {"x2"}),
    ("crop", {"x1": 0, "y1": 0, "x2": 1e300, "y2": 9}, {"x2"}),
    ("resize", {"width": 10_000, "height": 10_000}, {"width"}),
]


def test_what_does_not_fit_the_image_is_named(img: Api, count_rows: CountRows) -> None:
    source = uploaded(img, picture(48, 32))
    before = count_rows()

    for operation, fields, named in OUTSIDE:
        assert fields_of(changed(img, source, operation, **fields)) == named

    assert count_rows() == before


WITHIN: list[tuple[str, dict[str, Any]]] = [
    ("resize", {"width": 10_000, "height": 1}),
    ("resize", {"width": 1, "position": "bottom-left", "letterbox_color": "rebeccapurple"}),
    ("rotate", {"angle": 1e300}),
    ("convert", {"format": "jpeg", "quality": 100}),
    ("blur", {"sigma": 1}),
    ("blur", {"sigma": 1_000}),
    ("modulate", {"brightness": 100, "contrast": -100, "saturation": 0, "exposure": 100}),
    ("modulate", {}),
    ("blur", {"sigma": None, "name": None, "unknown": 1}),
]


def test_what_is_within_the_limits_is_made(img: Api) -> None:
    source = uploaded(img)

    for operation, fields in WITHIN:
        made(changed(img, source, operation, **fields))


def test_a_side_that_follows_may_be_too_large(img: Api) -> None:
    source = uploaded(img, picture(10, 4_000))

    response = changed(img, source, "resize", width=1_000)

    assert told(response, 422, "validation-error")["code"] == "input_unusable"


def test_an_empty_body_that_says_it_is_json_is_refused(img: Api) -> None:
    path = f"{IMAGES}/{uploaded(img)['id']}"

    for operation in ("blur", "modulate", "publish", "unpublish"):
        response = img.post(f"{path}/{operation}", data=b"", content_type="application/json")
        told(response, 400, "bad-request")
        made(img.post(f"{path}/{operation}"))


@pytest.mark.parametrize(
    "image_id", ["image_" + "0" * 24, "image_x", "x", "%00", "imagine", "a%2Fb"]
)
def test_an_image_that_is_not_there_is_told(img: Api, count_rows: CountRows, image_id: str) -> None:
    answers = [
        changed(img, {"id": image_id}, "mirror", mode="both"),
        img.post(f"{IMAGES}/{image_id}/publish"),
        img.post(f"{IMAGES}/{image_id}/classify"),
        img.get(f"{IMAGES}/{image_id}/download"),
        img.delete(f"{IMAGES}/{image_id}"),
    ]

    for response in answers:
        body = told(response, 404, "not-found")
        assert response.headers["x-should-retry"] == "false"
        if image_id.isascii() and "%" not in image_id:
            assert body["message"] == f"Image with id {image_id} not found."
    assert count_rows()["jobs"] == 0


def test_nobody_changes_images_of_another_account_or_stage(
    img: Api, tester: Api, make_caller: MakeCaller
) -> None:
    source, own = uploaded(img), uploaded(tester)
    bob = their(Api(img.http, make_caller("bob")))

    for other, image in ((bob, source), (tester, source), (img, own)):
        told(changed(other, image, "blur"), 404, "not-found")
        told(other.post(f"{IMAGES}/{image['id']}/publish"), 404, "not-found")
        told(other.delete(f"{IMAGES}/{image['id']}"), 404, "not-found")
        told(other.get(f"{IMAGES}/{image['id']}"), 404, "not-found")
        told(other.get(f"{IMAGES}/{image['id']}/download"), 404, "not-found")
    marks = [{"id": own["id"]}]
    response = changed(img, source, "watermark", watermarks=marks)
    assert told(response, 404, "not-found")["message"] == f"Image with id {own['id']} not found."
    assert made(changed(tester, own, "blur"))["name"] == "logo"


@pytest.mark.parametrize("operation", UNSERVED)
def test_what_takes_a_model_that_is_not_here_is_told_so(
    img: Api, count_rows: CountRows, operation: str
) -> None:
    source = uploaded(img)
    before = count_rows()

    response = changed(img, source, operation, prompt="what is this?")

    assert told(response, 501, "not-implemented")["code"] == "not_served"
    assert response.headers["x-should-retry"] == "false"
    assert count_rows() == before
