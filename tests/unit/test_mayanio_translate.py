"""MayanIO's bodies into ours and back, and what they cost."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.dialects.mayanio import points, present, translate
from api.dialects.mayanio.translate import MOST_IMAGE_BYTES
from shared import catalog, ids, settings
from shared.catalog import Catalog
from shared.dialects import mayanio, mayanio_media
from shared.errors import FileTooLarge, InvalidRequest, ModelUnavailable
from shared.jobs import requests
from shared.jobs.status import Role, Status
from shared.jobs.tables import Artifact, Job
from shared.settings import CatalogSettings
from shared.storage.links import Links
from shared.storage.store import open_store

SUBMITTED = datetime(2025, 1, 15, 10, 30, 0, 999_000, tzinfo=UTC)
CATALOG = catalog.load(CatalogSettings(path="", local_engines="fallback"))
JOB = "job_01jd3k8v9xf6tq2m5c7h0w4ezr"

IMAGES = {
    "prompt": "Paper-cut lighthouse on a cliff, warm dusk light",
    "aspect_ratio": "3:2",
    "output_format": "jpeg",
    "num_images": 2,
}
VIDEO = {
    "prompt": "Slow pan over a snowy harbour",
    "model": "ltx-2",
    "duration": 10,
    "resolution": "1080p",
}
MODEL = {"image_url": "https://example.org/chair.png"}
READ = {"images": translate.images, "video": translate.video, "3d": translate.model_3d}


@pytest.fixture
def links(tmp_path: Path) -> Links:
    """Links of a server at an address of its own."""
    found = settings.load(
        {
            "LIMNER_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "LIMNER_BROKER_URL": "redis://127.0.0.1:1/0",
            "LIMNER_STORAGE_URL": f"folder://{tmp_path}",
            "LIMNER_PUBLIC_URL": "https://media.example.org",
            "LIMNER_SECRET_KEY": "a secret of at least 32 characters",
        }
    )
    return Links(found, open_store(found.storage))


def draft(what: str, body: dict[str, Any], offer: Catalog = CATALOG) -> requests.Draft:
    """Read a request of theirs to the end."""
    wanted = READ[what](body, offer)
    return wanted.priced(requests.read(wanted.request, offer))


def faults(what: str, body: dict[str, Any]) -> list[str]:
    """Return the fields that are told to be wrong."""
    with pytest.raises(InvalidRequest) as caught:
        READ[what](body, CATALOG)
    return [one.path.lstrip(".") for one in caught.value.faults]


def test_images_are_asked_for_in_the_size_that_their_model_makes() -> None:
    found = draft("images", IMAGES)

    assert (found.kind, found.operation, found.model.name) == ("image", "generate", "nano-banana")
    assert {name: one for name, one in found.input.items() if name != "seed"} == {
        "prompt": IMAGES["prompt"],
        "negative_prompt": "",
        "width": 1248,
        "height": 832,
        "format": "jpeg",
        "num_images": 2,
    }


def test_their_defaults_are_one_square_png() -> None:
    found = draft("images", {"prompt": "a red fox"}).input

    wanted = {"width": 1024, "height": 1024, "format": "png", "num_images": 1}
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize("ratio", mayanio_media.SIZES)
def test_every_ratio_is_named_alike_on_the_way_back(ratio: str) -> None:
    width, height = mayanio_media.SIZES[ratio]
    shown = Artifact(width=width, height=height)

    across, down = (int(one) for one in ratio.split(":"))
    assert width / height == pytest.approx(across / down, rel=0.05)
    assert mayanio_media.shape_of(Job(kind="image", input={}), shown) == ratio


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["prompt"]),
        ({"prompt": None}, ["prompt"]),
        ({"prompt": " \n"}, ["prompt"]),
        ({"prompt": 7}, ["prompt"]),
        ({"prompt": "x" * 10_001}, ["prompt"]),
        ({"prompt": "a", "num_images": 0}, ["num_images"]),
        ({"prompt": "a", "num_images": 5}, ["num_images"]),
        ({"prompt": "a", "num_images": 1.5}, ["num_images"]),
        ({"prompt": "a", "num_images": "2"}, ["num_images"]),
        ({"prompt": "a", "num_images": True}, ["num_images"]),
        ({"prompt": "a", "output_format": "jpg"}, ["output_format"]),
        ({"prompt": "a", "aspect_ratio": "7:5"}, ["aspect_ratio"]),
        ({"prompt": "a", "aspect_ratio": "16x9"}, ["aspect_ratio"]),
        ({"prompt": "a", "model": "flux"}, ["model"]),
        ({"prompt": "a", "async": "yes"}, ["async"]),
        ({"prompt": "a", "webhook_url": "ftp://example.org"}, ["webhook_url"]),
        ({"num_images": 9, "model": "x"}, ["prompt", "num_images", "model"]),
    ],
    ids=lambda value: repr(value)[:50],
)  # fmt: skip
def test_a_faulty_field_of_images_is_named(body: dict[str, Any], fields: list[str]) -> None:
    assert sorted(faults("images", body)) == sorted(fields)


@pytest.mark.parametrize(
    "more",
    [
        {"num_images": 4},
        {"num_images": 4.0},
        {"num_images": None, "model": None, "aspect_ratio": None},
        {"quality": "hd", "seed": "x"},
        {"prompt": "x" * 10_000},
        {"output_format": "webp"},
    ],
    ids=lambda value: repr(value)[:50],
)
def test_what_their_clients_may_send_is_taken(more: dict[str, Any]) -> None:
    assert draft("images", {"prompt": "a red fox"} | more).kind == "image"


def test_a_video_has_the_defaults_of_its_model() -> None:
    vidu, ltx = draft("video", {"prompt": "a"}), draft("video", {"prompt": "a", "model": "ltx-2"})

    names = ("duration", "resolution", "aspect_ratio")
    assert [vidu.input[name] for name in names] == [4, "720p", "16:9"]
    assert [ltx.input[name] for name in names] == [6, "1080p", "16:9"]
    assert (vidu.model.name, ltx.model.name) == ("vidu-q2", "ltx-2")


@pytest.mark.parametrize("resolution", ["360p", "520p", "720p", "1080p"])
def test_a_lower_resolution_than_the_model_makes_is_made_larger(resolution: str) -> None:
    found = draft("video", {"prompt": "a", "model": "ltx-2", "resolution": resolution})

    assert found.input["resolution"] == "1080p"
    assert found.price == 24


def offering(*resolutions: str) -> Catalog:
    """Return a catalogue whose ltx-2 makes these."""
    model = CATALOG.models["ltx-2"]
    limits = replace(model.limits, resolutions=resolutions)
    rates = {"1080p": 4, "1440p": 8, "2160p": 16}
    dearer = replace(model, limits=limits, credits_per_second=rates)
    return Catalog([dearer], local_engines=True)


@pytest.mark.parametrize(
    ("asked", "made", "price"),
    [("1080p", "1080p", 24), ("1440p", "1440p", 48), ("2160p", "2160p", 96)],
)
def test_a_higher_resolution_is_dearer(asked: str, made: str, price: int) -> None:
    offer = offering("2160p", "1080p", "1440p")

    found = draft("video", {"prompt": "a", "model": "ltx-2", "resolution": asked}, offer)

    assert (found.input["resolution"], found.price) == (made, price)


@pytest.mark.parametrize("asked", ["1440p", "2160p"])
def test_a_higher_resolution_than_this_server_makes_is_made_and_paid_as_its_highest(
    asked: str,
) -> None:
    offer = offering("480p", "1080p")

    found = draft("video", {"prompt": "a", "model": "ltx-2", "resolution": asked}, offer)

    assert (found.input["resolution"], found.price) == ("1080p", 24)


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"duration": 1}, ["duration"]),
        ({"duration": 9}, ["duration"]),
        ({"duration": 2.5}, ["duration"]),
        ({"duration": "4"}, ["duration"]),
        ({"model": "ltx-2", "duration": 4}, ["duration"]),
        ({"model": "ltx-2", "duration": 7}, ["duration"]),
        ({"model": "ltx-2", "aspect_ratio": "9:16"}, ["aspect_ratio"]),
        ({"resolution": "480p"}, ["resolution"]),
        ({"resolution": "1440p"}, ["resolution"]),
        ({"aspect_ratio": "4:3"}, ["aspect_ratio"]),
        ({"model": "sora"}, ["model"]),
        ({"prompt": "x" * 3001}, ["prompt"]),
        ({"prompt": "", "duration": 9, "resolution": 1}, ["prompt", "duration", "resolution"]),
    ],
    ids=repr,
)
def test_a_faulty_field_of_a_video_is_named(more: dict[str, Any], fields: list[str]) -> None:
    assert sorted(faults("video", {"prompt": "a"} | more)) == sorted(fields)


def test_allowed_values_are_listed() -> None:
    with pytest.raises(InvalidRequest) as caught:
        translate.video({"prompt": "a", "duration": 9}, CATALOG)

    assert [one.message for one in caught.value.faults] == ["Must be one of: 2, 3, 4, 5, 6, 7, 8."]


@pytest.mark.parametrize("texture", ["standard", "no"])
def test_a_model_starts_from_an_address(texture: str) -> None:
    found = draft("3d", MODEL | {"texture_quality": texture})

    assert (found.kind, found.operation, found.model.name) == ("3d", "from_image", "tripo-v2.5")
    assert [(one.path, one.value) for one in found.media] == [("image", MODEL["image_url"])]
    assert found.input["texture"] == (texture == "standard")


@pytest.mark.parametrize("head", ["", "data:image/png;base64,"])
def test_a_model_starts_from_base64_with_or_without_what_names_its_type(head: str) -> None:
    found = draft("3d", {"image_base64": head + "aGVs\nbG8="})

    assert [one.value for one in found.media] == ["data:;base64,aGVsbG8="]


def test_of_both_the_address_counts() -> None:
    found = draft("3d", MODEL | {"image_base64": "aGVsbG8="})

    assert [one.value for one in found.media] == [MODEL["image_url"]]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["image_url"]),
        ({"image_url": None, "image_base64": None}, ["image_url"]),
        ({"image_url": "file:///etc/passwd"}, ["image_url"]),
        ({"image_url": 7}, ["image_url"]),
        ({"image_base64": ""}, ["image_base64"]),
        ({"image_base64": "data:image/png,abc"}, ["image_base64"]),
        (MODEL | {"texture_quality": "HD"}, ["texture_quality"]),
        (MODEL | {"texture_alignment": "x"}, ["texture_alignment"]),
        (MODEL | {"orientation": "x"}, ["orientation"]),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_a_faulty_field_of_a_model_is_named(body: dict[str, Any], fields: list[str]) -> None:
    assert faults("3d", body) == fields


def test_an_image_may_have_twenty_megabytes_and_no_byte_more() -> None:
    largest = base64.b64encode(bytes(MOST_IMAGE_BYTES)).decode()
    larger = base64.b64encode(bytes(MOST_IMAGE_BYTES + 3)).decode()

    assert translate.model_3d({"image_base64": largest}, CATALOG).fields["image"] == "image_base64"
    assert len(json.dumps({"image_base64": largest})) < translate.MOST_BODY_BYTES
    with pytest.raises(FileTooLarge, match="image_base64"):
        translate.model_3d({"image_base64": larger}, CATALOG)


@pytest.mark.parametrize(
    ("what", "body"), [("images", IMAGES), ("video", VIDEO), ("3d", MODEL)], ids=str
)
def test_a_model_that_is_not_in_the_catalogue_is_not_available(
    what: str, body: dict[str, Any]
) -> None:
    with pytest.raises(ModelUnavailable):
        READ[what](body, Catalog([CATALOG.models["flux"]], local_engines=True))


def test_who_wants_to_be_told_later_is_not_held() -> None:
    held = translate.images({"prompt": "a"}, CATALOG)
    later = translate.images({"prompt": "a", "async": True}, CATALOG)
    told = translate.images({"prompt": "a", "webhook_url": "https://example.org/x"}, CATALOG)

    assert [one.is_held for one in (held, later, told)] == [True, False, False]
    assert told.request["webhook"] == "https://example.org/x"


def test_their_documented_run_costs_what_it_did() -> None:
    images = draft("images", {"prompt": "a", "num_images": 2})
    video, model = draft("video", {"prompt": "a"}), draft("3d", MODEL)

    assert [100 - images.price, 92 - video.price, 82 - model.price] == [92, 82, 62]


@pytest.mark.parametrize(
    ("what", "body", "price"),
    [
        ("images", {"num_images": 1}, 4),
        ("images", {"num_images": 4}, 16),
        ("video", {"duration": 2, "resolution": "360p"}, 3),
        ("video", {"duration": 3, "resolution": "360p"}, 5),
        ("video", {"duration": 5, "resolution": "520p"}, 10),
        ("video", {"duration": 3, "resolution": "720p"}, 8),
        ("video", {"duration": 8, "resolution": "1080p"}, 40),
        ("video", VIDEO, 40),
        ("3d", MODEL | {"texture_quality": "no"}, 15),
    ],
    ids=str,
)
def test_points_by_what_is_asked_for(what: str, body: dict[str, Any], price: int) -> None:
    words = {} if what == "3d" else {"prompt": "a"}

    assert draft(what, words | body).price == price


def test_what_the_catalogue_asks_for_a_3d_model_moves_both_prices() -> None:
    dear = replace(CATALOG.models["tripo-v2.5"], credits=40)

    assert points.model_3d(dear, has_texture=True) == 40
    assert points.model_3d(replace(dear, credits=7), has_texture=False) == 6


def test_what_is_only_tried_is_free() -> None:
    assert draft("video", {"prompt": "a"}, CATALOG.local).price == 0


def test_an_id_of_theirs_finds_the_job_and_no_other() -> None:
    theirs = mayanio.generation_id(Job(id=JOB))
    span = mayanio.our_ids(theirs)

    assert span is not None
    assert len(theirs) == 24
    assert span[0] <= JOB <= span[1]
    number = ids.number_of(JOB)
    for other in (number - 2**32, number + 2**32):
        assert not span[0] <= ids.of_number("job", other) <= span[1]


@pytest.mark.parametrize("name", ["", "0" * 23, "0" * 25, "A" * 24, "x" * 24, "0" * 23 + "\n", JOB])
def test_what_is_no_id_of_theirs_stands_for_nothing(name: str) -> None:
    assert mayanio.our_ids(name) is None


def job(kind: str, files: list[Artifact], **asked: Any) -> Job:
    return Job(
        id=JOB,
        kind=kind,
        model={"image": "nano-banana", "video": "vidu-q2", "3d": "tripo-v2.5"}[kind],
        input=asked,
        status=Status.SUCCEEDED,
        created_at=SUBMITTED,
        finished_at=SUBMITTED + timedelta(milliseconds=2450),
        artifacts=files,
    )


def file(content_type: str, role: Role = Role.RESULT, **other: Any) -> Artifact:
    usual = {"id": f"art_{role}", "key": f"k/{role}", "bytes": 2_000, "duration": None}
    return Artifact(**usual | {"content_type": content_type, "role": role} | other)


POSTER = file("image/jpeg", Role.POSTER, bytes=500)
THUMBNAIL = file("image/webp", Role.THUMBNAIL, bytes=100)


def test_finished_images_leave_out_what_comes_along(links: Links) -> None:
    pictures = [file("image/png", width=1344, height=768) for _ in range(2)]

    made = mayanio_media.generation(
        job("image", [*pictures, THUMBNAIL]), links, remaining_points=92
    )

    url = made["images"][0].pop("url")
    assert url.startswith("https://media.example.org/v1/artifacts/art_result/content?")
    number = made["request_id"].removeprefix("req_")
    assert (len(number), number.isdigit()) == (9, True)
    assert made["images"][0] == {
        "content_type": "image/png",
        "file_name": f"generated-image-{number}-1.png",
        "file_size": 2_000,
        "width": 1344,
        "height": 768,
        "aspect_ratio": "16:9",
    }
    assert [one["file_name"][-6:] for one in made["images"]] == ["-1.png", "-2.png"]
    assert {name: made[name] for name in made if name not in {"images", "request_id"}} == {
        "generation_id": mayanio.generation_id(Job(id=JOB)),
        "generation_time": 2450,
        "remaining_points": 92,
    }


def test_a_finished_video_tells_what_is_in_the_file(links: Links) -> None:
    shot = file("video/mp4", width=1280, height=720, duration=4.0)
    done = job("video", [shot, POSTER, THUMBNAIL], aspect_ratio="16:9", resolution="720p")

    made = mayanio_media.generation(done, links, remaining_points=82)

    assert list(made) == ["video", "generation_time", "remaining_points", "request_id"]
    video = made["video"]
    assert list(video) == [
        "url", "content_type", "file_name", "file_size", "width", "height", "duration",
        "resolution", "aspect_ratio", "model", "generation_id",
    ]  # fmt: skip
    assert (video["content_type"], video["file_size"]) == ("video/mp4", 2_000)
    assert video["file_name"].endswith(".mp4")
    told = {name: video[name] for name in ("duration", "resolution", "aspect_ratio", "model")}
    assert told == {
        "duration": 4, "resolution": "720p", "aspect_ratio": "16:9", "model": "vidu-q2"
    }  # fmt: skip
    assert type(video["duration"]) is int


def test_a_finished_model_comes_with_its_preview(links: Links) -> None:
    preview = file("image/jpeg", Role.PREVIEW)
    done = job("3d", [file("model/gltf-binary"), preview, THUMBNAIL], texture=False)

    made = mayanio_media.generation(done, links, remaining_points=62)

    model = made["model"]
    assert list(model) == [
        "url", "preview_image", "content_type", "file_name", "file_size", "texture_quality",
        "generation_id",
    ]  # fmt: skip
    assert "art_preview" in model["preview_image"]
    assert model["texture_quality"] == "no"
    assert model["file_name"].startswith("3d-model-")


@pytest.mark.parametrize(
    ("done", "metadata"),
    [
        (
            job("image", [file("image/png", width=1024, height=1024), THUMBNAIL], prompt="a"),
            {"aspect_ratio": "1:1", "file_size": 2_000, "dimensions": "1024x1024"},
        ),
        (
            job(
                "video",
                [file("video/mp4", width=360, height=640, duration=2.04), POSTER, THUMBNAIL],
                prompt="a",
                aspect_ratio="9:16",
            ),
            {
                "duration": 2.04,
                "resolution": "360p",
                "aspect_ratio": "9:16",
                "model": "vidu-q2",
                "file_size": 2_000,
                "dimensions": "360x640",
            },
        ),
        (
            job("3d", [file("model/gltf-binary"), THUMBNAIL], texture=True),
            {"texture_quality": "standard", "file_size": 2_000},
        ),
    ],
    ids=["image", "video", "3d"],
)
def test_a_project_is_a_job(done: Job, metadata: dict[str, Any], links: Links) -> None:
    shown = present.project(done, links)

    assert list(shown) == [
        "id", "type", "prompt", "created_at", "url", "thumbnail", "metadata"
    ]  # fmt: skip
    assert shown["created_at"] == "2025-01-15T10:30:00Z"
    assert (shown["type"], shown["prompt"]) == (done.kind, done.input.get("prompt"))
    assert "art_thumbnail" in shown["thumbnail"]
    assert shown["metadata"] == metadata


def test_a_file_that_is_no_longer_kept_has_no_address(links: Links) -> None:
    gone = file("image/png", width=64, height=64, expired_at=SUBMITTED)

    assert present.project(job("image", [gone]), links)["url"] is None
