"""What a caller may ask for: completed, held to the limits, every fault at once."""

import json
from typing import Any

import pytest

from shared.catalog import Catalog, Limits, Model
from shared.errors import InvalidRequest
from shared.jobs import fields, requests
from shared.jobs.requests import Draft
from shared.jobs.status import Kind


def model(name: str, **other: Any) -> Model:
    usual: dict[str, Any] = {
        "title": name,
        "kind": Kind.IMAGE,
        "operations": ("generate",),
        "credits": 5,
        "aliases": (),
        "styles": ("natural", "vivid"),
        "negative_prompt": True,
        "limits": Limits(min_side=64, max_side=2048, max_images=4),
        "defaults": {"width": 1024, "height": 768, "style": "natural", "format": "png"},
        "routes": (),
    }
    return Model(name=name, **usual | other)


CATALOG = Catalog(
    [
        model("flux", aliases=("flux-1",)),
        model(
            "small",
            negative_prompt=False,
            styles=(),
            limits=Limits(min_side=100, max_side=200, max_images=1),
            defaults={"width": 150, "height": 150, "format": "webp"},
        ),
        model("clip", kind=Kind.VIDEO),
    ],
    local_engines=True,
)


def body(of_input: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {"kind": "image", "input": {"prompt": "a red fox"} | (of_input or {}), **fields}


def read(document: Any) -> Draft:
    return requests.read(document, CATALOG)


def faults_of(document: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as caught:
        read(document)
    return [one.path for one in caught.value.faults]


def message_of(document: Any) -> str:
    with pytest.raises(InvalidRequest) as caught:
        read(document)
    [fault] = caught.value.faults
    return fault.message


def test_a_request_is_made_complete() -> None:
    draft = read({"kind": "image", "input": {"prompt": "a red fox"}})

    assert (draft.kind, draft.operation, draft.model.name) == (Kind.IMAGE, "generate", "flux")
    assert {name: value for name, value in draft.input.items() if name != "seed"} == {
        "prompt": "a red fox",
        "negative_prompt": "",
        "width": 1024,
        "height": 768,
        "style": "natural",
        "format": "png",
        "num_images": 1,
    }
    assert (draft.webhook, draft.metadata, draft.priority) == (None, {}, 0)


def test_what_the_caller_says_is_kept() -> None:
    of_input = {
        "prompt": " Füchse 🦊 ",
        "negative_prompt": "rain",
        "width": 64,
        "height": 2048,
        "style": "vivid",
        "format": "jpeg",
        "seed": 7,
        "num_images": 3,
    }

    draft = read(
        body(
            of_input,
            operation="generate",
            model="flux",
            webhook="https://example.org/hook?a=1",
            metadata={"reference": "A-1", "deep": {"list": [1, None]}},
            priority=9,
        )
    )

    assert draft.input == of_input
    assert draft.webhook == "https://example.org/hook?a=1"
    assert draft.metadata == {"reference": "A-1", "deep": {"list": [1, None]}}
    assert draft.priority == 9


def test_each_model_fills_in_its_own_defaults() -> None:
    draft = read(body(model="small"))

    assert (draft.input["width"], draft.input["format"]) == (150, "webp")
    assert "style" not in draft.input


def test_an_alias_stands_for_its_model() -> None:
    assert read(body(model="flux-1")).model.name == "flux"


def test_a_seed_that_nobody_named_is_drawn_and_recorded() -> None:
    seeds = {read(body()).input["seed"] for _ in range(20)}

    assert all(0 <= seed <= fields.MAX_SEED for seed in seeds)
    assert len(seeds) > 1


@pytest.mark.parametrize("seed", [0, 1, fields.MAX_SEED])
def test_a_seed_that_was_named_is_kept(seed: int) -> None:
    assert read(body({"seed": seed})).input["seed"] == seed


@pytest.mark.parametrize(
    ("name", "of_input"),
    [
        ("flux", {"width": 64, "height": 64}),
        ("flux", {"width": 2048, "height": 2048}),
        ("flux", {"num_images": 4}),
        ("flux", {"prompt": "x" * fields.MAX_PROMPT}),
        ("flux", {"negative_prompt": "x" * fields.MAX_PROMPT}),
        ("small", {"width": 100, "height": 200}),
        ("small", {"num_images": 1}),
        ("small", {"negative_prompt": ""}),
    ],
)
def test_what_lies_just_within_the_limits_is_taken(name: str, of_input: dict[str, Any]) -> None:
    draft = read(body(of_input, model=name))

    assert {**draft.input, **of_input} == draft.input


@pytest.mark.parametrize(
    ("name", "of_input"),
    [
        ("flux", {"width": 63}),
        ("flux", {"width": 2049}),
        ("flux", {"height": 63}),
        ("flux", {"height": 2049}),
        ("flux", {"height": -1}),
        ("flux", {"num_images": 0}),
        ("flux", {"num_images": 5}),
        ("flux", {"seed": -1}),
        ("flux", {"seed": fields.MAX_SEED + 1}),
        ("flux", {"style": "artistic"}),
        ("flux", {"format": "gif"}),
        ("flux", {"prompt": ""}),
        ("flux", {"prompt": " \n\t"}),
        ("flux", {"prompt": "x" * (fields.MAX_PROMPT + 1)}),
        ("flux", {"negative_prompt": "x" * (fields.MAX_PROMPT + 1)}),
        ("small", {"width": 99}),
        ("small", {"height": 201}),
        ("small", {"num_images": 2}),
        ("small", {"style": "natural"}),
        ("small", {"negative_prompt": "rain"}),
    ],
)
def test_what_lies_just_beyond_is_refused_by_its_field(name: str, of_input: dict[str, Any]) -> None:
    [field] = of_input

    assert faults_of(body(of_input, model=name)) == [f"$.input.{field}"]


@pytest.mark.parametrize("field", ["width", "height", "seed", "num_images"])
@pytest.mark.parametrize("value", ["64", 64.0, 64.5, True, None, [64], 1e400])
def test_only_a_whole_number_is_a_whole_number(field: str, value: Any) -> None:
    assert set(faults_of(body({field: value}))) == {f"$.input.{field}"}


@pytest.mark.parametrize("value", [1, True, None, ["a red fox"], {"text": "a red fox"}])
def test_only_text_is_a_prompt(value: Any) -> None:
    assert faults_of(body({"prompt": value})) == ["$.input.prompt"]


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        pytest.param({}, ["$.input", "$.kind"], id="nothing said"),
        pytest.param(
            {
                "kind": "image",
                "modell": "flux",
                "operation": "daydream",
                "webhook": "example.org",
                "priority": 10,
                "metadata": [],
                "input": {"prompt": "a red fox"},
            },
            ["$.metadata", "$.modell", "$.operation", "$.priority", "$.webhook"],
            id="around the input",
        ),
        pytest.param(
            {"kind": "image", "input": {"width": "wide", "seed": -1, "colour": "red"}},
            ["$.input.colour", "$.input.prompt", "$.input.seed", "$.input.width"],
            id="in the input",
        ),
        pytest.param(
            {
                "kind": "image",
                "model": "small",
                "input": {
                    "prompt": "x",
                    "width": 1,
                    "height": 9999,
                    "num_images": 9,
                    "style": "baroque",
                    "negative_prompt": "rain",
                },
            },
            [
                "$.input.height",
                "$.input.negative_prompt",
                "$.input.num_images",
                "$.input.style",
                "$.input.width",
            ],
            id="beyond the limits",
        ),
        pytest.param(
            {"kind": "image", "priority": -1, "input": {"prompt": "", "seed": "x"}},
            ["$.input.prompt", "$.input.seed", "$.priority"],
            id="around the input and in it",
        ),
        pytest.param(
            {"kind": "image", "priority": -1, "input": {"prompt": "x", "width": 1}},
            ["$.input.width", "$.priority"],
            id="around the input and beyond the limits",
        ),
        pytest.param(
            {"kind": "image", "input": {"prompt": "", "width": 1, "style": "baroque"}},
            ["$.input.prompt", "$.input.style", "$.input.width"],
            id="in the input and beyond the limits",
        ),
        pytest.param(
            {"kind": "image", "model": "fluxx", "input": {"width": "wide", "prompt": "x"}},
            ["$.input.width", "$.model"],
            id="an unknown model and the input",
        ),
    ],
)
def test_every_fault_is_told_at_once(document: Any, paths: list[str]) -> None:
    assert sorted(faults_of(document)) == paths


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(body({"prompt": "\x00"}), id="text that cannot be stored"),
        pytest.param(body({"prompt": "x", "colour": "red"}), id="an unknown field of the input"),
        pytest.param(body(operation=5), id="an operation that is a number"),
        pytest.param(body(operation=None), id="an operation that is null"),
        pytest.param(body(model=5), id="a model that is a number"),
        pytest.param(body(model=None), id="a model that is null"),
        pytest.param({"kind": 5, "input": {}}, id="a kind that is a number"),
        pytest.param({"kind": ["image"], "input": {}}, id="a kind that is a list"),
        pytest.param({"kind": "image", "input": "a red fox"}, id="an input that is text"),
        pytest.param({"kind": "image", "input": None}, id="an input that is null"),
        pytest.param([], id="a list"),
        pytest.param(None, id="null"),
    ],
)
def test_one_mistake_is_told_once(document: Any) -> None:
    assert len(faults_of(document)) == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": "fluxx"}, "Unknown model 'fluxx'. Did you mean 'flux'? See /v1/models."),
        ({"model": "midjourney"}, "Unknown model 'midjourney'. See /v1/models."),
        ({"model": "clip"}, "'clip' makes kind 'video', not 'image'."),
        ({"kind": "3d"}, "No model of kind '3d' is offered here."),
        ({"operation": "edit"}, "'flux' does not do that. It does: generate."),
        ({"modell": "flux"}, "Unknown field. Did you mean 'model'?"),
    ],
)
def test_a_fault_says_what_would_be_right(fields: dict[str, Any], message: str) -> None:
    assert message_of(body() | fields) == message


@pytest.mark.parametrize(
    ("of_input", "message"),
    [
        ({"width": 63}, "Must be 64 to 2048 pixels for 'flux'."),
        ({"num_images": 5}, "'flux' makes at most 4 at a time."),
        ({"style": "baroque"}, "Unknown style for 'flux'. It knows: natural, vivid."),
        ({"negativ_prompt": "rain"}, "Unknown field. Did you mean 'negative_prompt'?"),
    ],
)
def test_a_fault_in_the_input_says_what_would_be_right(
    of_input: dict[str, Any], message: str
) -> None:
    assert message_of(body(of_input)) == message


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org",
        "https://example.org:8443/hook?job=1#x",
        "HTTPS://EXAMPLE.ORG/",
        "http://127.0.0.1:9/hook",
        "http://[2001:db8::1]:8080/",
        "https://user:word@example.org/",
        None,
    ],
)
def test_a_webhook_may_be_any_http_address(address: str | None) -> None:
    assert read(body(webhook=address)).webhook == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "example.org",
        "//example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///hook",
        "http://:80/",
        "http://[::1",
        "http://example.org:http/",
        "http://example.org:65536/",
        "http://example.org:0/",
        "http://exa mple.org/",
        "https://example.org/" + "x" * 2048,
        5,
    ],
)
def test_a_webhook_that_cannot_be_called_is_refused(address: Any) -> None:
    assert faults_of(body(webhook=address)) == ["$.webhook"]


def test_metadata_may_be_as_long_as_its_limit_and_no_longer() -> None:
    around = len(json.dumps({"note": ""}))
    longest = "ü" * ((requests.MAX_METADATA_BYTES - around) // 2)  # two bytes each

    assert read(body(metadata={"note": longest})).metadata == {"note": longest}
    assert faults_of(body(metadata={"note": longest + "ü"})) == ["$.metadata"]


@pytest.mark.parametrize("priority", [-1, 10, 1.0, "1", True, None])
def test_a_priority_is_a_digit(priority: Any) -> None:
    assert faults_of(body(priority=priority)) == ["$.priority"]
