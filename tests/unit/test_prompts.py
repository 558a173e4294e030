"""Several prompts with weights: what may be said, and what becomes of it."""

from typing import Any

import pytest

from shared import catalog
from shared.errors import InvalidRequest
from shared.jobs import prompts, requests
from shared.jobs.fields import MAX_PROMPT
from shared.jobs.prompts import MOST_PROMPTS
from shared.settings import CatalogSettings
from workers.providers.local.sketch import intent

CATALOG = catalog.load(CatalogSettings(path="", local_engines="fallback"))


def body(words: Any, *, model: str = "sketch", **fields: Any) -> dict[str, Any]:
    return {"kind": "image", "model": model, "input": {"prompts": words, **fields}}


def faults_of(document: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidRequest) as caught:
        requests.read(document, CATALOG)
    return [one.path for one in caught.value.faults]


def test_a_prompt_without_a_weight_weighs_one() -> None:
    draft = requests.read(body([{"text": "a fox"}, {"text": "snow", "weight": -0.5}]), CATALOG)

    assert draft.input["prompts"] == [
        {"text": "a fox", "weight": 1},
        {"text": "snow", "weight": -0.5},
    ]
    assert "prompt" not in draft.input


@pytest.mark.parametrize(
    "words",
    [
        [{"text": "x" * MAX_PROMPT, "weight": 10}],
        [{"text": "x", "weight": 0.001}, {"text": "y", "weight": -10}, {"text": "z", "weight": 0}],
        [{"text": "x"}] * MOST_PROMPTS,
    ],
)
def test_prompts_at_their_limits_are_taken(words: Any) -> None:
    assert len(requests.read(body(words), CATALOG).input["prompts"]) == len(words)


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ([], ""),
        ("a fox", ""),
        ([{"text": "a fox"}] * (MOST_PROMPTS + 1), ""),
        ([{"text": "x" * MAX_PROMPT}, {"text": "y"}], ""),
        ([{"text": "a fox", "weight": 0}], ""),
        ([{"text": "a fox", "weight": -1}], ""),
        (["a fox"], "[0]"),
        ([{"weight": 1}], "[0].text"),
        ([{"text": "a fox"}, {"text": " "}], "[1].text"),
        ([{"text": "x" * (MAX_PROMPT + 1)}], "[0].text"),
        ([{"text": "a fox", "weight": 10.1}], "[0].weight"),
        ([{"text": "a fox", "weight": -11}], "[0].weight"),
        ([{"text": "a fox", "weight": "heavy"}], "[0].weight"),
        ([{"text": "a fox", "wieght": 1}], "[0].wieght"),
    ],
    ids=lambda one: str(one)[:40],
)
def test_a_fault_is_told_where_it_is(words: Any, path: str) -> None:
    assert faults_of(body(words)) == [f"$.input.prompts{path}"]


def test_it_is_one_prompt_or_several() -> None:
    both, neither = body([{"text": "snow"}], prompt="a fox"), body([])
    del neither["input"]["prompts"]

    assert faults_of(both) == ["$.input.prompts"]
    assert faults_of(neither) == ["$.input.prompt"]


def test_only_models_that_say_so_take_several() -> None:
    several = [{"text": "a fox"}]

    assert faults_of(body(several, model="flux")) == ["$.input.prompts"]
    assert requests.read(body(several, model="stable-diffusion"), CATALOG).input["prompts"]


def test_words_are_told_apart_by_what_they_weigh() -> None:
    given = {
        "prompts": [
            {"text": "a", "weight": 0.5},
            {"text": "b", "weight": -1},
            {"text": "c", "weight": 2},
            {"text": "d", "weight": 0},
        ],
        "negative_prompt": "e",
    }

    assert [one.text for one in prompts.wanted(given)] == ["c", "a"]
    assert prompts.unwanted(given) == "b, e"
    assert prompts.in_one(given) == prompts.shown(given) == "c, a"


def test_an_input_with_one_prompt_reads_the_same() -> None:
    given = {"prompt": "a fox", "negative_prompt": ""}

    assert [(one.text, one.weight) for one in prompts.wanted(given)] == [("a fox", 1)]
    assert (prompts.unwanted(given), prompts.in_one(given)) == ("", "a fox")
    assert prompts.shown({"image": "upl_x"}) == ""


def test_the_engine_sees_what_every_prompt_wishes_for() -> None:
    fox, sea = intent.read("a red fox"), intent.read("a lighthouse by the sea at sunset")

    mixed = intent.mixed(fox, [(sea, 0.2)])

    assert {wish.figure for wish in mixed.wishes} == {"fox", "lighthouse"}
    assert mixed.hours == sea.hours
    assert set(sea.places) <= set(mixed.places)


def test_a_heavier_prompt_shows_its_figures_larger() -> None:
    fox, tower = intent.read("a red fox"), intent.read("a lighthouse")

    def size(share: float) -> float:
        [_, wish] = intent.mixed(fox, [(tower, share)]).wishes
        return wish.size

    assert 0 < size(0.01) < size(0.5) < size(1) == 1


def test_what_the_heaviest_prompt_says_stands_first() -> None:
    night, noon = intent.read("a red fox at night"), intent.read("a blue fox at noon")

    mixed = intent.mixed(night, [(noon, 1)])

    assert mixed.hours[0] == night.hours[0]
    assert mixed.wishes == night.wishes


def test_to_who_takes_no_weights_several_are_one_and_what_is_unwanted_is_negative() -> None:
    words = [
        {"text": "snow", "weight": -1},
        {"text": "a fox", "weight": 1},
        {"text": "b", "weight": 2},
    ]
    given = {"prompts": words, "negative_prompt": "rain", "width": 64}

    assert prompts.as_one(given) == {
        "prompt": "b, a fox",
        "negative_prompt": "snow, rain",
        "width": 64,
    }
    assert prompts.as_one({"prompt": "a fox"}) == {"prompt": "a fox"}
