"""VidiKing's bodies into ours and back."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from api.dialects.vidiking import translate
from shared import catalog, settings
from shared.dialects import vidiking
from shared.errors import InvalidRequest
from shared.jobs import requests
from shared.jobs.status import Status
from shared.jobs.tables import Artifact, Job
from shared.settings import CatalogSettings
from shared.storage.links import Links
from shared.storage.store import open_store

SUBMITTED = datetime(2025, 1, 15, 10, 30, 0, 999_000, tzinfo=UTC)
CATALOG = catalog.load(CatalogSettings(path="", local_engines="fallback"))


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


def job(status: Status = Status.SUCCEEDED, **other: Any) -> Job:
    usual: dict[str, Any] = {
        "id": "job_01jd3k8v9xf6tq2m5c7h0w4ezr",
        "kind": "image",
        "model": "flux",
        "status": status,
        "progress": 0.0,
        "input": {},
        "job_metadata": {},
        "warnings": [],
        "error_code": None,
        "error_message": None,
        "created_at": SUBMITTED,
        "started_at": None,
        "finished_at": None,
        "artifacts": [],
    }
    return Job(**usual | other)


def finished_job(**other: Any) -> Job:
    made = Artifact(
        id="art_1",
        key="artifacts/3f/art_1.png",
        content_type="image/png",
        width=1920,
        height=1080,
        role="result",
    )
    small = Artifact(id="art_2", key="a/2.webp", content_type="image/webp", role="thumbnail")
    usual = {
        "progress": 100.0,
        "artifacts": [small, made],
        "cost": 5,
        "started_at": SUBMITTED + timedelta(seconds=2),
        "finished_at": SUBMITTED + timedelta(seconds=5),
    }
    return job(Status.SUCCEEDED, **usual | other)


def ours(**theirs: Any) -> dict[str, Any]:
    return translate.image_request({"prompt": "a red fox"} | theirs).request


def warnings_of(**theirs: Any) -> list[str]:
    return [*translate.image_request({"prompt": "a red fox"} | theirs).warnings]


def test_a_prompt_alone_asks_for_their_defaults() -> None:
    wanted = translate.image_request({"prompt": "a red fox"})

    assert wanted.request == {
        "kind": "image",
        "operation": "generate",
        "model": "flux",
        "input": {
            "prompt": "a red fox",
            "negative_prompt": "",
            "width": 1024,
            "height": 1024,
            "style": "natural",
            "format": "png",
        },
    }
    assert wanted.warnings == ()


def test_a_full_request_is_kept_word_for_word() -> None:
    wanted = translate.image_request(
        {
            "prompt": " A fox, at dusk 🦊 ",
            "model": "stable-diffusion",
            "width": 1920,
            "height": 1080,
            "style": "artistic",
            "negative_prompt": "rain",
        }
    )

    assert wanted.request["model"] == "stable-diffusion"
    assert wanted.request["input"] == {
        "prompt": " A fox, at dusk 🦊 ",
        "negative_prompt": "rain",
        "width": 1920,
        "height": 1080,
        "style": "artistic",
        "format": "png",
    }
    assert wanted.warnings == ()


@pytest.mark.parametrize("written", [576, 576.0])
def test_a_size_is_any_json_number_without_a_fraction(written: float) -> None:
    width = ours(width=written)["input"]["width"]

    assert width == 576
    assert type(width) is int


def test_no_negative_prompt_is_the_same_as_an_empty_one() -> None:
    assert ours(negative_prompt=None) == ours(negative_prompt="") == ours()


@pytest.mark.parametrize(
    ("theirs", "places"),
    [
        pytest.param({}, {"prompt"}, id="nothing said"),
        pytest.param({"prompt": None}, {"prompt"}, id="a prompt that is null"),
        pytest.param({"prompt": 5}, {"prompt"}, id="a prompt that is a number"),
        pytest.param({"prompt": "x", "model": "imagen"}, {"model"}, id="another model"),
        pytest.param({"prompt": "x", "style": "baroque"}, {"style"}, id="another style"),
        pytest.param({"prompt": "x", "width": "512"}, {"width"}, id="a width as text"),
        pytest.param({"prompt": "x", "width": 512.5}, {"width"}, id="a width with a fraction"),
        pytest.param({"prompt": "x", "height": True}, {"height"}, id="a height that is true"),
        pytest.param({"prompt": "x", "height": None}, {"height"}, id="a height that is null"),
        pytest.param({"prompt": "x", "height": 1e400}, {"height"}, id="a height without end"),
        pytest.param({"prompt": "\x00"}, {"prompt"}, id="text that cannot be stored"),
        pytest.param(
            {"model": "imagen", "width": "wide", "height": [], "style": 1, "negative_prompt": 2},
            {"prompt", "model", "width", "height", "style", "negative_prompt"},
            id="everything at once",
        ),
        pytest.param({"prompt": "x" * 4001}, {"prompt"}, id="a prompt that is too long"),
        pytest.param({"prompt": "x", "negative_prompt": "x" * 4001}, {"negative_prompt"}, id="no"),
        pytest.param({"prompt": "x", "width": 63, "height": 2049}, {"width", "height"}, id="size"),
        pytest.param([], {""}, id="a list"),
        pytest.param(None, {""}, id="null"),
    ],
)
def test_a_faulty_body_is_refused_with_every_place(theirs: Any, places: set[str]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        translate.image_request(theirs)

    assert {one.path.lstrip(".") for one in caught.value.faults} == places


def test_a_field_that_nobody_knows_is_let_pass_with_a_word() -> None:
    assert ours(quality="hd", n=1) == ours()
    assert warnings_of(quality="hd", n=1) == [
        "quality: unknown field, ignored",
        "n: unknown field, ignored",
    ]


@pytest.mark.parametrize(
    ("theirs", "field", "instead", "warning"),
    [
        (
            {"negative_prompt": "rain"},
            "negative_prompt",
            "",
            "negative_prompt: dall-e-3 does not support it, ignored",
        ),
        (
            {"style": "artistic"},
            "style",
            "natural",
            "style: dall-e-3 does not support 'artistic', ignored",
        ),
    ],
)
def test_what_dall_e_3_does_not_know_is_left_out_with_a_word(
    theirs: dict[str, str], field: str, instead: str, warning: str
) -> None:
    assert ours(model="dall-e-3", **theirs)["input"][field] == instead
    assert warnings_of(model="dall-e-3", **theirs) == [warning]


@pytest.mark.parametrize("theirs", [{}, {"style": "vivid"}, {"negative_prompt": None}])
def test_what_dall_e_3_knows_is_kept_without_a_word(theirs: dict[str, Any]) -> None:
    assert warnings_of(model="dall-e-3", **theirs) == []
    assert ours(model="dall-e-3", **theirs)["input"]["style"] == theirs.get("style", "natural")


@pytest.mark.parametrize("model", ["flux", "stable-diffusion", "dall-e-3"])
@pytest.mark.parametrize("style", ["natural", "vivid", "artistic"])
@pytest.mark.parametrize("negative_prompt", [None, "rain"])
@pytest.mark.parametrize(
    ("width", "height"), [(512, 512), (1920, 1080), (1080, 1920), (768, 1024), (1080, 1080)]
)
def test_whatever_their_pages_list_can_be_served(
    model: str, style: str, negative_prompt: str | None, width: int, height: int
) -> None:
    wanted = ours(
        model=model, style=style, negative_prompt=negative_prompt, width=width, height=height
    )

    draft = requests.read(wanted, CATALOG)

    assert draft.model.name == model
    assert (draft.input["width"], draft.input["height"]) == (width, height)


def test_a_finished_image_is_answered_as_their_page_shows_it(links: Links) -> None:
    answer = translate.finished_image(finished_job(), links)

    url = answer.pop("url")
    assert url.startswith("https://media.example.org/v1/artifacts/art_1/content?")
    assert answer == {
        "id": "img_01jd3k8v9xf6tq2m5c7h0w4ezr",
        "model": "flux",
        "width": 1920,
        "height": 1080,
        "credits_used": 5,
        "created_at": "2025-01-15T10:30:00Z",
    }


def a_video(**theirs: Any) -> translate.Wanted:
    return translate.video_request({"prompt": "a slow push"} | theirs)


def test_a_prompt_alone_asks_for_a_video_of_their_defaults() -> None:
    assert a_video().request == {
        "kind": "video",
        "operation": "generate",
        "model": "runway-gen4-turbo",
        "input": {"prompt": "a slow push", "duration": 5, "aspect_ratio": "16:9"},
    }


def test_a_video_begins_with_the_image_that_is_named() -> None:
    wanted = a_video(image_url="https://example.org/room.png", callback="https://example.org/")

    assert wanted.request["operation"] == "from_image"
    assert wanted.request["input"]["image"] == "https://example.org/room.png"
    assert wanted.request["webhook"] == "https://example.org/"
    assert a_video(image_url=None).request == a_video().request


@pytest.mark.parametrize("model", ["runway-gen4-turbo", "runway-gen4-hq"])
@pytest.mark.parametrize("duration", [5, 10, 5.0])
@pytest.mark.parametrize("aspect_ratio", ["16:9", "9:16", "1:1"])
@pytest.mark.parametrize("image", [{}, {"image_url": "https://example.org/room.png"}])
def test_every_video_on_their_page_can_be_served(
    model: str, duration: float, aspect_ratio: str, image: dict[str, str]
) -> None:
    wanted = a_video(model=model, duration=duration, aspect_ratio=aspect_ratio, **image)

    draft = requests.read(wanted.request, CATALOG)

    assert draft.model.name == model
    assert (draft.input["duration"], draft.input["aspect_ratio"]) == (duration, aspect_ratio)


@pytest.mark.parametrize(
    ("theirs", "place"),
    [
        ({"prompt": " "}, "prompt"),
        ({"prompt": "x" * 4001}, "prompt"),
        ({"model": "sora"}, "model"),
        ({"duration": 6}, "duration"),
        ({"duration": "5"}, "duration"),
        ({"aspect_ratio": "4:3"}, "aspect_ratio"),
        ({"image_url": 7}, "image_url"),
    ],
)
def test_a_faulty_video_is_refused_with_its_place(theirs: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        a_video(**theirs)

    assert {one.path.lstrip(".") for one in caught.value.faults} == {place}


def test_an_image_that_takes_longer_says_where_it_will_be_found() -> None:
    assert translate.unfinished_image(job(Status.QUEUED)) == {
        "id": "img_01jd3k8v9xf6tq2m5c7h0w4ezr",
        "status": "PROCESSING",
        "created_at": "2025-01-15T10:30:00Z",
    }


def test_a_finished_job_is_told_in_full(links: Links) -> None:
    remark = {"code": "fallback", "message": "Made on this machine."}
    finished = finished_job(job_metadata={"order": "A-1009"}, warnings=[remark])

    answer = vidiking.job(finished, links)

    assert answer.pop("url").startswith("https://media.example.org/v1/artifacts/art_1/content?")
    assert answer.pop("thumbnail").startswith("https://media.example.org/v1/artifacts/art_2/")
    assert answer == {
        "id": "img_01jd3k8v9xf6tq2m5c7h0w4ezr",
        "type": "image",
        "status": "COMPLETE",
        "progress": 100,
        "width": 1920,
        "height": 1080,
        "poster": None,
        "duration": None,
        "credits_used": 5,
        "error": None,
        "error_code": None,
        "warnings": ["Made on this machine."],
        "metadata": {"order": "A-1009"},
        "created_at": "2025-01-15T10:30:00Z",
        "started_at": "2025-01-15T10:30:02Z",
        "completed_at": "2025-01-15T10:30:05Z",
    }


@pytest.mark.parametrize(
    ("status", "theirs"),
    [
        (Status.QUEUED, "QUEUED"),
        (Status.RUNNING, "PROCESSING"),
        (Status.SUCCEEDED, "COMPLETE"),
        (Status.FAILED, "FAILED"),
        (Status.CANCELED, "FAILED"),
    ],
)
def test_each_status_of_ours_is_one_of_theirs(links: Links, status: Status, theirs: str) -> None:
    assert vidiking.job(job(status), links)["status"] == theirs


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.SUCCEEDED])
def test_what_was_not_made_costs_nothing_and_has_no_address(links: Links, status: Status) -> None:
    answer = vidiking.job(job(status), links)

    assert answer["credits_used"] == 0
    assert (answer["url"], answer["width"], answer["height"]) == (None, None, None)


def test_a_failed_job_says_why_in_words_and_by_code(links: Links) -> None:
    failed = job(Status.FAILED, error_code="provider_refused", error_message="Not allowed.")

    answer = vidiking.job(failed, links)

    assert (answer["error"], answer["error_code"]) == ("Not allowed.", "provider_refused")


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            "The address in `timeline.tracks[0].clips[1].asset.src` may not be fetched.",
            "The address in `timeline.tracks[0].clips[1].asset.src` may not be fetched. "
            "(https://example.org/b.mp4)",
        ),
        ("The file in `image` is too large.", "The file in `image` is too large."),
        ("Nothing at `timeline.tracks[7].clips` or `x`.", None),
        ("Ticks ` are ` no places.", None),
    ],
)
def test_a_job_that_failed_for_a_file_says_which(
    links: Links, message: str, told: str | None
) -> None:
    clips = [{"asset": {"src": f"https://example.org/{name}.mp4"}} for name in "ab"]
    given = {"image": "upl_1", "timeline": {"tracks": [{"clips": clips}]}}
    failed = job(Status.FAILED, error_message=message, error_code="x", input=given)

    assert vidiking.job(failed, links)["error"] == (told or message)


def test_a_canceled_job_says_so_in_words(links: Links) -> None:
    answer = vidiking.job(job(Status.CANCELED), links)

    assert (answer["error"], answer["error_code"]) == ("The job was canceled.", "canceled")


def test_progress_is_a_whole_number(links: Links) -> None:
    progress = vidiking.job(job(Status.RUNNING, progress=41.7), links)["progress"]

    assert progress == 42
    assert type(progress) is int


@pytest.mark.parametrize(
    ("kind", "operation", "prefix"),
    [
        ("image", "generate", "img_"),
        ("video", "generate", "job_"),
        ("render", "timeline", "job_"),
        ("render", "stitch", "job_stitch_"),
        ("render", "trim", "job_trim_"),
    ],
)
def test_a_job_is_found_again_under_the_id_that_was_told(
    kind: str, operation: str, prefix: str
) -> None:
    told = vidiking.their_id(job(kind=kind, operation=operation))

    assert told.startswith(prefix)
    assert vidiking.our_id(told) == "job_01jd3k8v9xf6tq2m5c7h0w4ezr"


@pytest.mark.parametrize("written", ["job_7f", "job_stitch_7f", "img_7f", "7f"])
def test_only_the_end_of_an_id_counts(written: str) -> None:
    assert vidiking.our_id(written) == "job_7f"


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 2, 3, 9, 15, 0, 999_999, tzinfo=UTC),
        datetime(2026, 2, 3, 10, 15, tzinfo=timezone(timedelta(hours=1))),
        datetime(2026, 2, 2, 23, 45, tzinfo=timezone(-timedelta(hours=9, minutes=30))),
    ],
)
def test_a_moment_is_written_in_utc_and_whole_seconds(moment: datetime) -> None:
    assert vidiking.timestamp(moment) == "2026-02-03T09:15:00Z"
