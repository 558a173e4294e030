"""Every fault of a document at once, each with its path."""

import contextlib
import math
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, validates_schema
from marshmallow.fields import Boolean, Dict, Float, Integer, List, Nested, Raw, String

from shared import faults
from shared.errors import Fault, InvalidRequest


class ClipSchema(Schema):
    """A part of a document."""

    source = String(required=True)
    length = Float(allow_nan=True)


class DocumentSchema(Schema):
    """A document of every shape that matters here."""

    title = String(required=True)
    width = Integer(strict=True)
    is_loop = Boolean(data_key="loop")
    clips = List(Nested(ClipSchema))
    labels = Dict(keys=String())
    anything = Raw()

    @validates_schema
    def _fits(self, fields: dict[str, Any], **_: Any) -> None:
        if fields.get("title") == "too big for one":
            raise ValidationError("Does not fit together.")


def faults_of(document: Any, **options: Any) -> list[Fault]:
    with pytest.raises(InvalidRequest) as caught:
        faults.load(DocumentSchema(), document, **options)
    return list(caught.value.faults)


def paths_of(document: Any, **options: Any) -> list[str]:
    return [one.path for one in faults_of(document, **options)]


def test_a_document_without_a_fault_is_read() -> None:
    document = {"title": "Ä 🦊", "loop": True, "clips": [{"source": "a", "length": 1.5}]}

    loaded = faults.load(DocumentSchema(), document)

    assert loaded == {
        "title": "Ä 🦊",
        "is_loop": True,
        "clips": [{"source": "a", "length": 1.5}],
    }


def test_every_fault_is_told_at_once_with_its_path() -> None:
    document = {
        "width": "wide",
        "clips": [{"source": "a"}, {"length": "long"}],
        "labels": ["a"],
        "wdith": 64,
    }

    assert sorted(paths_of(document)) == [
        "$.clips[1].length",
        "$.clips[1].source",
        "$.labels",
        "$.title",
        "$.wdith",
        "$.width",
    ]


@pytest.mark.parametrize(
    ("key", "path"),
    [
        pytest.param("plain", "$.plain", id="a plain name"),
        pytest.param("with space", "$['with space']", id="a space"),
        pytest.param("a.b", "$['a.b']", id="a dot"),
        pytest.param("0", "$['0']", id="a number as text"),
        pytest.param("", "$['']", id="nothing"),
        pytest.param("_schema", "$._schema", id="a name that marshmallow uses"),
    ],
)
def test_a_path_can_be_followed_whatever_the_name(key: str, path: str) -> None:
    assert paths_of({"title": "x", key: 1}) == [path]


def test_paths_begin_where_the_document_lies_in_the_request() -> None:
    document = {"width": None, "anything": "\x00"}

    assert sorted(paths_of(document, root="$.input")) == [
        "$.input.anything",
        "$.input.title",
        "$.input.width",
    ]


def test_a_fault_of_the_whole_has_the_path_of_the_whole() -> None:
    [fault] = faults_of({"title": "too big for one"}, root="$.input")

    assert fault == Fault("$.input", "Does not fit together.")


@pytest.mark.parametrize(
    ("document", "what"),
    [
        (None, "null"),
        ([], "an array"),
        ("{}", "a string"),
        (True, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
    ],
)
def test_what_is_no_object_is_called_by_its_name(document: Any, what: str) -> None:
    [fault] = faults_of(document)

    assert fault == Fault("$", f"Must be an object, not {what}.")


@pytest.mark.parametrize(
    ("written", "meant"), [("widht", "width"), ("Title", "title"), ("lop", "loop")]
)
def test_an_unknown_name_is_answered_with_the_nearest_known(written: str, meant: str) -> None:
    [fault] = faults_of({"title": "x", written: 1})

    assert fault == Fault(f"$.{written}", f"Unknown field. Did you mean {meant!r}?")


@pytest.mark.parametrize("written", ["zzzzzz", "is_loop_of_mine", "q"])
def test_an_unknown_name_that_is_near_to_nothing_is_only_called_unknown(written: str) -> None:
    [fault] = faults_of({"title": "x", written: 1})

    assert fault == Fault(f"$.{written}", "Unknown field.")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a\x00b", id="NUL"),
        pytest.param("\ud83e", id="the first half of a pair"),
        pytest.param("\udd8a and more", id="the second half of a pair"),
        pytest.param("\udd8a\ud83e", id="a pair the wrong way round"),
    ],
)
@pytest.mark.parametrize(
    ("document", "path"),
    [
        pytest.param(lambda text: {"title": text}, "$.title", id="in a field"),
        pytest.param(
            lambda text: {"title": "x", "clips": [{"source": "a"}, {"source": text}]},
            "$.clips[1].source",
            id="in a list",
        ),
        pytest.param(
            lambda text: {"title": "x", "anything": {"deep": [[text]]}},
            "$.anything.deep[0][0]",
            id="deep inside",
        ),
        pytest.param(lambda text: {"title": "x", "labels": {text: 1}}, "$.labels", id="in a name"),
    ],
)
def test_text_that_cannot_be_stored_is_refused_wherever_it_is(
    document: Any, path: str, text: str
) -> None:
    [fault] = faults_of(document(text))

    assert fault == Fault(path, "Contains a character that cannot be stored: NUL or half a pair.")


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_a_number_that_is_not_finite_is_refused_wherever_it_is(number: float) -> None:
    document = {"title": "x", "clips": [{"source": "a", "length": number}], "anything": [number]}

    assert faults_of(document) == [
        Fault("$.clips[0].length", "Is not a finite number."),
        Fault("$.anything[0]", "Is not a finite number."),
    ]


def test_what_cannot_be_stored_is_told_together_with_the_rest() -> None:
    document = {"title": "\x00", "width": "wide", "anything": math.inf}

    assert sorted(paths_of(document)) == ["$.anything", "$.title", "$.width"]


@pytest.mark.parametrize("depth", [100, 1_000, 10_000])
def test_a_document_of_any_depth_is_read_or_refused(depth: int) -> None:
    inner: Any = "x"
    for _ in range(depth):
        inner = [inner]

    with contextlib.suppress(InvalidRequest):
        loaded = faults.load(DocumentSchema(), {"title": "x", "anything": inner})
        assert loaded["anything"] is inner


def test_the_nearest_of_several_names_is_proposed() -> None:
    assert faults.closest("fluxx", ["sketch", "flux", "dall-e-3"]) == " Did you mean 'flux'?"
    assert faults.closest("midjourney", ["sketch", "flux", "dall-e-3"]) == ""
    assert faults.closest("flux", []) == ""
