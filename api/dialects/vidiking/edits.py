"""VidiKing's bodies for renders, stitches and trims into ours: pure."""

from collections.abc import Mapping
from typing import Any

from marshmallow import INCLUDE, Schema, pre_load

from api.dialects.vidiking.meaning import Meaning
from api.dialects.vidiking.timeline import Translation
from api.dialects.vidiking.translate import Wanted, ignored
from shared import faults
from shared.errors import Fault
from shared.jobs.status import Kind
from shared.timelines.merging import merged

_TOLD = {"callback": "webhook", "metadata": "metadata"}
# Which machine shall do it: taken, and it changes nothing.
_WITHOUT_EFFECT = ("disk", "instance")


class _MergedSchema(Schema):
    """A body whose merge fields are put in their places; our own form judges the rest."""

    class Meta:
        unknown = INCLUDE

    @pre_load
    def _merge(self, document: dict[str, Any], **_: Any) -> dict[str, Any]:
        return merged(document)


def render(body: Any, whose: Meaning, model: str) -> Wanted:
    """Turn ``{timeline, output, …}`` into ours; raises InvalidRequest for its merge fields."""
    theirs = faults.load(_MergedSchema(), body, root="")
    translation = Translation(whose)
    given = _named(theirs, "timeline", "output")
    if "timeline" in given:
        given["timeline"] = translation.timeline(given["timeline"])
    return _wanted(theirs, "timeline", given, translation, model)


def stitch(body: Any, whose: Meaning, model: str) -> Wanted:
    """Turn ``{clips, output, …}`` into ours."""
    return _cut(body, "stitch", ("clips", "output"), whose, model)


def trim(body: Any, whose: Meaning, model: str) -> Wanted:
    """Turn ``{src, start, length, output, …}`` into ours."""
    return _cut(body, "trim", ("src", "start", "length", "output"), whose, model)


def _cut(body: Any, operation: str, names: tuple[str, ...], whose: Meaning, model: str) -> Wanted:
    theirs = faults.load(_MergedSchema(), body, root="")
    translation = Translation(whose)
    if "output" not in theirs:
        translation.wrong.append(Fault("$.input.output", "Missing data for required field."))
    given = _named(theirs, *names)
    return _wanted(theirs, operation, given, translation, model)


def _named(theirs: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: theirs[name] for name in names if name in theirs}


def _wanted(
    theirs: Mapping[str, Any],
    operation: str,
    given: dict[str, Any],
    translation: Translation,
    model: str,
) -> Wanted:
    if "output" in given:
        given["output"] = translation.output(given["output"])
    known = {*given, *_TOLD, *_WITHOUT_EFFECT}
    request = {
        "kind": Kind.RENDER,
        "operation": operation,
        "model": model,
        "input": given,
        **{ours: theirs[name] for name, ours in _TOLD.items() if name in theirs},
    }
    unknown = [ignored(name) for name in theirs if name not in known]
    return Wanted(
        request,
        warnings=(*unknown, *translation.warnings),
        wrong=tuple(translation.wrong),
        fields={"webhook": "callback", **translation.fields},
    )
