"""IMG Processing's words and ours, each turned into the other."""

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.dialects.imgprocessing import changes, origins, terms, translate
from shared.declaring import SettingsError
from shared.errors import Fault, InvalidRequest
from shared.jobs.tables import Artifact
from shared.library.images import Picture
from shared.library.tables import LibraryImage
from tests.support.imgprocessing import FIELDS, FOX

MODELS = terms.load().models
ARTIFACT = "art_01jd3k8v9xf6tq2m5c7h0w4ezr"


class Links:
    """Addresses of a server."""

    def absolute(self, path: str) -> str:
        return f"https://media.example.org{path}"


def picture(number: int = 0, *, width: int = 48, height: int = 32, **fields: Any) -> Picture:
    """An image of the library with its file."""
    given = {"id": f"image_{number:024}", "name": "logo", "is_published": False}
    moment = datetime(2026, 11, 20, 16, 2, 44, 10_000, tzinfo=UTC)
    file = Artifact(
        id=f"{ARTIFACT[:-1]}{number}",
        content_type="image/jpeg",
        width=width,
        height=height,
        bytes=40_112,
    )
    return Picture(LibraryImage(created_at=moment, **(given | fields)), file)


def wanted(operation: str, body: dict[str, Any], *marks: Picture) -> dict[str, Any]:
    """Return our input for an operation, without the picture."""
    found = changes.asked(operation, body).of(picture(), marks)
    assert found.request["operation"] == operation
    assert found.request["model"] == "darkroom"
    given = dict(found.request["input"])
    assert given.pop("image") == picture().file.id
    return given


def test_their_documented_request_becomes_ours() -> None:
    found = translate.imagined(FOX | {"model": "sdxl"}, MODELS)

    assert found.name == "fox-header"
    assert found.request == {
        "kind": "image",
        "operation": "generate",
        "model": "stable-diffusion",
        "input": {
            "prompt": "A red fox asleep in a library, soft morning light",
            "negative_prompt": "people, text",
            "width": 1024,
            "height": 1024,
            "format": "jpeg",
            "seed": 1207,
        },
        "webhook": None,
    }


def test_flux_takes_no_negative_prompt_and_sdxl_is_usual() -> None:
    flux = translate.imagined(FOX, MODELS).request
    usual = translate.imagined({"name": "a", "prompt": "b"}, MODELS).request

    assert flux["model"] == "flux"
    assert "negative_prompt" not in flux["input"]
    assert usual["model"] == "stable-diffusion"
    assert "seed" not in usual["input"]


@pytest.mark.parametrize(
    ("seed", "ours"), [(0, 0), (2**32 - 1, 2**32 - 1), (2**32 + 7, 7), (2**53 - 1, 2**32 - 1)]
)
def test_a_seed_that_is_too_large_is_reduced(seed: int, ours: int) -> None:
    assert translate.imagined(FOX | {"seed": seed}, MODELS).request["input"]["seed"] == ours


def test_a_word_for_the_corner_is_asked_for() -> None:
    marked = translate.imagined(FOX, MODELS, word="TEST").request["input"]
    changed = changes.asked("blur", {}).of(picture(), [], word="TEST").request["input"]

    assert (marked["mark"], changed["mark"]) == ("TEST", "TEST")
    assert "mark" not in translate.imagined(FOX, MODELS).request["input"]


@pytest.mark.parametrize(
    ("operation", "body", "ours"),
    [
        ("resize", {"width": 20},
         {"width": 20, "fit": "fill", "position": "center", "background": "transparent"}),
        ("resize", {"height": 9, "fit": "cover", "position": "top", "letterbox_color": "#F80"},
         {"height": 9, "fit": "cover", "position": "top", "background": "#ff8800"}),
        ("crop", {"x1": 0, "y1": 0.5, "x2": 48.4, "y2": 32},
         {"x1": 0, "y1": 0.5, "x2": 48.4, "y2": 32}),
        ("rotate", {"angle": 450}, {"angle": 90.0, "background": "#000000"}),
        ("rotate", {"angle": -math.pi / 2, "unit": "radians", "background_color": "Transparent"},
         {"angle": -90.0, "background": "transparent"}),
        ("mirror", {"mode": "both"}, {"mode": "both"}),
        ("convert", {"format": "jpg"}, {"format": "jpeg", "quality": 100}),
        ("convert", {"format": "webp", "quality": 40}, {"format": "webp", "quality": 40}),
        ("blur", {}, {"sigma": 20}),
        ("modulate", {"exposure": 12.6},
         {"brightness": 0, "contrast": 0, "saturation": 0, "exposure": 13}),
    ],
)  # fmt: skip
def test_each_operation_becomes_one_of_ours(
    operation: str, body: dict[str, Any], ours: dict[str, Any]
) -> None:
    assert wanted(operation, body) == ours


def test_watermarks_are_pictures_with_their_places() -> None:
    body = {"watermarks": [
        {"id": "a", "left": 3, "repetition_mode": "repeat_y"}, {"id": "b", "width": 9}
    ]}  # fmt: skip

    assert changes.asked("watermark", body).marks == ("a", "b")
    assert wanted("watermark", body, picture(1), picture(2)) == {
        "watermarks": [picture(1).file.id, picture(2).file.id],
        "placements": [
            {"left": 3, "top": 0, "repeat": "y"},
            {"left": 0, "top": 0, "width": 9, "repeat": "none"},
        ],
    }


def test_an_image_keeps_its_name_unless_another_one_is_given() -> None:
    kept, given = (
        changes.asked("blur", body).of(picture(), []).name for body in ({}, {"name": "b"})
    )

    assert (kept, given) == ("logo", "b")


@pytest.mark.parametrize(
    ("path", "theirs"),
    [
        ("$.input.background", "letterbox_color"),
        ("$.input.image", "image_id"),
        ("$.webhook", "callback_url"),
        ("$.input.width", "width"),
    ],
)
def test_a_fault_of_ours_is_told_at_their_field(path: str, theirs: str) -> None:
    found = changes.asked("resize", {"width": 9}).of(picture(), [])

    told = found.in_their_words(InvalidRequest([Fault(path, "No.")]))

    assert told.faults == (Fault(theirs, "No."),)


def test_a_fault_of_a_watermark_is_told_with_its_place() -> None:
    found = changes.asked("watermark", {"watermarks": [{"id": "a"}]}).of(picture(), [picture()])

    told = found.in_their_words(InvalidRequest([Fault("$.input.placements[0].left", "No.")]))

    assert told.faults == (Fault("watermarks[0].left", "No."),)


def test_an_image_is_shown_as_in_their_examples() -> None:
    hidden = translate.image(picture(7), Links(), published_at="/images")  # type: ignore[arg-type]
    shown = translate.image(
        picture(7, is_published=True),
        Links(),  # type: ignore[arg-type]
        published_at="/images",
    )

    assert list(hidden) == FIELDS
    assert hidden == {
        "id": "image_000000000000000000000007",
        "name": "logo",
        "url": None,
        "width": 48,
        "height": 32,
        "format": "jpeg",
        "size": 40_112,
        "created_at": "2026-11-20T16:02:44.010Z",
    }
    assert shown["url"] == "https://media.example.org/images/image_000000000000000000000007"


@pytest.mark.parametrize(
    "address",
    [
        "https://bucket.s3.eu-central-1.amazonaws.com/a.png",
        "https://bucket.s3.amazonaws.com/a.png",
        "https://s3.amazonaws.com/bucket/a.png",
        "https://me.blob.core.windows.net/a.png",
        "https://pub-1.r2.dev/a.png",
        "https://www.dropbox.com/s/x/a.png?dl=1",
        "https://storage.googleapis.com/bucket/a.png",
        "https://drive.google.com/uc?id=1",
        "https://1drv.ms/i/a",
        "https://1drv.ms:443/i/a",
        "https://me@1drv.ms/i/a",
        "http://minio.example.org:9000/bucket/a.png",
        "https://cdn.example.net/a.png",
    ],
)
def test_images_come_from_known_hosts(address: str) -> None:
    assert origins.is_allowed(
        address, servers=["http://minio.example.org:9000"], patterns=["*.example.net"]
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a.png",
        "https://amazonaws.com/a.png",
        "https://evils3.amazonaws.com/a.png",
        "https://s3.amazonaws.com.example.org/a.png",
        "https://example.org/?s3.amazonaws.com",
        "https://s3.amazonaws.com@example.org/a.png",
        "https://1drv.ms:8443/a.png",
        "http://minio.example.org/bucket/a.png",
        "https://minio.example.org:9001/bucket/a.png",
        "https://example.net/a.png",
        "ftp://1drv.ms/a.png",
        "//1drv.ms/a.png",
        "https:///a.png",
        "https://[::1/a.png",
        "https://1drv.ms:x/a.png",
        "",
    ],
)
def test_images_come_from_no_other_host(address: str) -> None:
    assert not origins.is_allowed(
        address, servers=["http://minio.example.org:9000"], patterns=["*.example.net"]
    )


def test_a_server_may_have_terms_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "imgprocessing.toml").write_text('test_days = 7\n[models]\nsdxl = "sketch"')

    found = terms.load(str(tmp_path))

    assert (found.test_days, found.test_mark) == (7, "TEST")
    assert found.models == {"sdxl": "sketch", "flux": "flux"}


@pytest.mark.parametrize(
    "text",
    [
        "test_days = -1",
        'test_days = "x"',
        "test_mark = 'a word that is far too long'",
        "test_mark = '\u00e9'",
        "publishing_counts = 1.5",
        "origins = ['https://example.org']",
        "origins = ['*']",
        "[models]\nmidjourney = 'flux'",
        "colour = 1",
        "test_days",
    ],
)
def test_terms_that_make_no_sense_are_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "imgprocessing.toml").write_text(text)

    with pytest.raises(SettingsError, match=r"imgprocessing\.toml"):
        terms.load(str(tmp_path))
