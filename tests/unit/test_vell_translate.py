"""Vell's words and ours, each turned into the other."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.dialects.vell import names, terms, translate
from api.dialects.vell.shapes import TYPES
from shared import ids
from shared.catalog import Limits, Model
from shared.declaring import SettingsError
from shared.errors import InvalidRequest
from shared.jobs.status import Kind
from shared.jobs.tables import Job
from tests.support.vell import DALL_E, FROM_IMAGE, KONTEXT, STABLE_DIFFUSION

SECRET = "a secret of at least 32 characters"


def job(**fields: Any) -> Job:
    given = {"id": ids.new("job"), "origin": "vell", "input": {"format": "png"}, "job_metadata": {}}
    return Job(**(given | fields))


@pytest.fixture
def all_terms(tmp_path: Path) -> terms.Terms:
    """The terms of a server that has a model for everything."""
    (tmp_path / "vell.toml").write_text(
        '[engines.stablediffusion]\nversion = "x"\n'
        'models = { generate = "g", edit = "e", upscale = "u" }'
    )
    return terms.load(str(tmp_path))


def test_their_documented_request_becomes_ours() -> None:
    wanted = translate.wanted(
        DALL_E | {"image_lighting": "neon", "image_number_of_images": 2}, terms.load()
    )

    assert wanted.part(2, None) == {
        "kind": "image",
        "operation": "generate",
        "model": "dall-e-3",
        "input": {
            "prompt": "Isometric data centre made of glass neon lighting",
            "width": 256,
            "height": 256,
            "format": "png",
            "num_images": 2,
        },
        "metadata": {"image_generator": "dall-e"},
    }


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_of_stable_diffusion_has_a_way(all_terms: terms.Terms, kind: str) -> None:
    body = STABLE_DIFFUSION | {"type": kind, "image_src": "https://example.org/a.png"}

    wanted = translate.wanted(body, all_terms)

    assert wanted.request["operation"] in {"generate", "edit", "upscale"}
    assert wanted.request["metadata"]["type"] == kind


def test_a_picture_is_enlarged_once_however_often_it_is_asked_for(all_terms: terms.Terms) -> None:
    body = FROM_IMAGE | {
        "type": "upscale", "image_src": "https://example.org/a.png", "image_number_of_images": 3
    }  # fmt: skip

    wanted = translate.wanted(body, all_terms)

    assert wanted.images == 1
    assert wanted.part(1, None)["input"] == {"image": "https://example.org/a.png", "format": "png"}
    assert wanted.request["metadata"]["input"] == "the same, in winter"


def model(**fields: Any) -> Model:
    usual: dict[str, Any] = {
        "name": "m",
        "title": "",
        "kind": Kind.IMAGE,
        "operations": ("generate", "edit"),
        "credits": 1,
        "aliases": (),
        "styles": (),
        "negative_prompt": True,
        "limits": Limits(min_side=64, max_side=2048, max_images=4),
        "defaults": {},
        "routes": (),
    }
    return Model(**usual | fields)


def test_several_prompts_stay_several_for_models_that_take_them() -> None:
    body = STABLE_DIFFUSION | {
        "type": "multi-prompt", "stable_description": ["a tower", "a storm"], "negative_prompt": "b"
    }  # fmt: skip
    wanted = translate.wanted(body, terms.load())

    whole, in_one, plain = (
        wanted.part(1, one)["input"]
        for one in (model(takes=("prompts",)), model(), model(negative_prompt=False))
    )

    assert whole["prompts"] == [{"text": "a tower"}, {"text": "a storm"}]
    assert "prompt" not in whole
    assert (in_one["prompt"], "prompts" in in_one) == ("a tower, a storm", False)
    assert (whole["negative_prompt"], in_one["negative_prompt"]) == ("b", "b")
    assert "negative_prompt" not in plain


def test_kontext_changes_a_picture_only_if_there_is_one() -> None:
    without = translate.wanted(KONTEXT, terms.load())
    with_one = translate.wanted(KONTEXT | {"image_src": "https://example.org/a.png"}, terms.load())

    assert (without.request["operation"], with_one.request["operation"]) == ("generate", "edit")


def test_a_type_without_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vell.toml").write_text('[engines.stablediffusion]\nversion = "x"\nmodels = {}')
    body = FROM_IMAGE | {"type": "upscale", "image_src": "https://example.org/a.png"}

    with pytest.raises(InvalidRequest) as refusal:
        translate.wanted(body, terms.load(str(tmp_path)))

    assert [one.path for one in refusal.value.faults] == ["type"]


def test_a_prompt_that_the_job_does_not_hold_is_shown_as_it_was() -> None:
    aside = {"image_generator": "stablediffusion", "input": "a tower"}
    several = {"prompt": "a tower, a storm"}

    assert translate.words(job(input=several, job_metadata=aside)) == "a tower"
    assert translate.words(job(input=several)) == "a tower, a storm"
    assert translate.words(job(input=several, job_metadata=aside, origin="v1")) == several["prompt"]


def test_moments_are_written_in_utc() -> None:
    assert translate.timestamp(datetime(2026, 11, 21, 9, 14, 3, 999, UTC)) == "2026-11-21T09:14:03Z"


def test_a_name_leads_back_to_its_image_and_no_other_does() -> None:
    one = job()
    name = names.of_file(one, 3, "Isometric data centre, made of glass!", SECRET)

    assert name.startswith("isometric-data-centre-made-of-")
    assert names.read(name, SECRET) == (one.id, 3)
    assert names.read(name, SECRET + ".") is None
    assert names.read(name.replace("-3-", "-4-"), SECRET) is None
    assert names.read(name.upper(), SECRET) is None


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("", "image"),
        ("лиса", "image"),
        ("Ein Füchslein 🦊", "ein-fuchslein"),
        ("../../etc/passwd", "etc-passwd"),
        ("x" * 10_000, "x" * 40),
        ("one two three four five six", "one-two-three-four-five"),
    ],
)
def test_a_name_begins_with_the_first_words(words: str, slug: str) -> None:
    one = job(input={"format": "jpeg"})

    name = names.of_file(one, 0, words, SECRET)

    assert name.startswith(f"{slug}-{one.id.removeprefix('job_')}-0-")
    assert name.endswith(".jpg")
    assert names.read(name, SECRET) == (one.id, 0)


def test_later_images_have_higher_numbers_that_every_client_can_read() -> None:
    first, last = (ids.first("job", datetime(year, 1, 1, tzinfo=UTC)) for year in (2026, 2057))

    assert 0 < names.number(first, 0) < names.number(first, 9) < names.number(last, 0) < 2**53


def test_jobs_of_one_second_have_numbers_of_their_own() -> None:
    second = ids.first("job", datetime(2026, 11, 21, tzinfo=UTC))
    three_jobs = [second[:-1] + last for last in "abc"]

    numbers = {names.number(one, at) for one in three_jobs for at in range(10)}

    assert len(numbers) == 30


@pytest.mark.parametrize(
    "text",
    [
        "max_images = 0",
        'max_images = "many"',
        "something = 1",
        'image_storage = "r2"',
        '[engines.midjourney]\nversion = "x"\nmodels = {}',
        "[engines.dall-e]\nmodels = {}",
        "engines = 3",
        "max_images =",
    ],
)
def test_faulty_terms_are_told_when_the_server_starts(tmp_path: Path, text: str) -> None:
    (tmp_path / "vell.toml").write_text(text)

    with pytest.raises(SettingsError, match=r"vell\.toml"):
        terms.load(str(tmp_path))


def test_a_folder_without_terms_of_its_own_changes_nothing(tmp_path: Path) -> None:
    assert terms.load(str(tmp_path)) == terms.load()
