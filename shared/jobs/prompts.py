"""The words of an input: one prompt, or several with weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, validates_schema
from marshmallow.fields import Float, List, Nested, String
from marshmallow.validate import Length, Range

from shared.jobs.fields import MAX_PROMPT, says_something

MOST_PROMPTS = 100
_MOST_WEIGHT = 10


@dataclass(frozen=True, kw_only=True)
class Weighted:
    """Some of the words, and how much they count beside the others."""

    text: str
    weight: float


class WeightedSchema(Schema):
    """One of several prompts. What weighs less than 0 is not to be seen."""

    text = String(required=True, validate=[says_something, Length(max=MAX_PROMPT)])
    weight = Float(load_default=1, validate=Range(min=-_MOST_WEIGHT, max=_MOST_WEIGHT))


class WordsSchema(Schema):
    """``prompt``, or in its place ``prompts``."""

    prompt = String(validate=[says_something, Length(max=MAX_PROMPT)])
    prompts = List(Nested(WeightedSchema), validate=Length(min=1, max=MOST_PROMPTS))

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def _say_it_once(self, _: Any, given: Mapping[str, Any], **__: Any) -> None:
        if "prompt" not in given and "prompts" not in given:
            raise ValidationError("Missing data for required field.", "prompt")
        if "prompt" in given and "prompts" in given:
            raise ValidationError("Say either this or prompt.", "prompts")

    @validates_schema
    def _weigh(self, fields: Mapping[str, Any], **_: Any) -> None:
        if "prompts" not in fields:
            return
        if not wanted(fields):
            raise ValidationError("One of them must weigh more than 0.", "prompts")
        if sum(len(one["text"]) for one in fields["prompts"]) > MAX_PROMPT:
            raise ValidationError(f"At most {MAX_PROMPT} characters together.", "prompts")


def wanted(given: Mapping[str, Any]) -> Sequence[Weighted]:
    """Return what is to be seen, the heaviest first."""
    if "prompts" not in given:
        return [Weighted(text=given["prompt"], weight=1)]
    found = [Weighted(**one) for one in given["prompts"] if one["weight"] > 0]
    return sorted(found, key=lambda one: -one.weight)


def unwanted(given: Mapping[str, Any]) -> str:
    """Return what is not to be seen: the negative prompt, and what weighs less than 0."""
    below = [one["text"] for one in given.get("prompts", ()) if one["weight"] < 0]
    negative = given.get("negative_prompt")
    return ", ".join([*below, negative] if negative else below)


def shown(given: Mapping[str, Any]) -> str:
    """Return the words of any input for people to read; none where it has none."""
    return in_one(given) if "prompts" in given else str(given.get("prompt", ""))


def in_one(given: Mapping[str, Any]) -> str:
    """Return what is to be seen in one text, for those who take no weights."""
    return ", ".join(one.text for one in wanted(given))


def as_one(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an input whose several prompts are one, with what they do not want to see."""
    if "prompts" not in given:
        return given
    rest = {name: value for name, value in given.items() if name != "prompts"}
    return {**rest, "prompt": in_one(given), "negative_prompt": unwanted(given)}
