"""What is asked of a picture that is there, in our terms: pure."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from api.dialects.imgprocessing import shapes
from api.dialects.imgprocessing.translate import Wanted, read, wanted
from shared.errors import Fault, InvalidRequest
from shared.jobs.tables import Artifact
from shared.library.images import Picture

_REPETITIONS = {"no_repeat": "none", "repeat": "both", "repeat_x": "x", "repeat_y": "y"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change to a picture, as it is asked for; ``marks`` are images that are laid over it."""

    operation: str
    name: str | None
    given: Mapping[str, Any]
    fields: Mapping[str, str]
    webhook: str | None
    marks: tuple[str, ...] = ()

    def of(self, source: Picture, marks: Sequence[Picture], *, word: str = "") -> Wanted:
        """Return the picture that this makes of one, with a ``word`` in its corner.

        Raises :class:`InvalidRequest` for what lies outside of it.
        """
        if self.operation == "crop" and (wrong := [*_outside(self.given, source.file)]):
            raise InvalidRequest(wrong)
        given = {"image": source.file.id, **self.given}
        if marks:
            given["watermarks"] = [one.file.id for one in marks]
        return wanted(
            self.name or source.image.name,
            self.operation,
            given | ({"mark": word} if word else {}),
            webhook=self.webhook,
            fields={"image": "image_id", **self.fields},
        )


def asked(operation: str, body: Any) -> Change:
    """Read what is asked of a picture; raises :class:`InvalidRequest`."""
    way = _WAYS[operation]
    theirs = read(way.schema(), body)
    marks = tuple(one["id"] for one in theirs.get("watermarks", ()))
    return Change(
        operation=operation,
        name=theirs.get("name"),
        given=way.into(theirs),
        fields=way.fields,
        webhook=theirs.get("callback_url"),
        marks=marks,
    )


@dataclass(frozen=True, kw_only=True)
class _Way:
    """How an operation of theirs is one of ours: its body, our input, their fields by ours."""

    schema: type[Schema]
    into: Callable[[Mapping[str, Any]], dict[str, Any]]
    fields: Mapping[str, str]


def _outside(corners: Mapping[str, float], file: Artifact) -> Iterator[Fault]:
    """Find what is wrong with two corners in a picture, in whole pixels."""
    for axis, most in (("x", file.width), ("y", file.height)):
        first, last = corners[f"{axis}1"], corners[f"{axis}2"]
        if first < 0:
            yield Fault(f"{axis}1", "must not be less than 0")
        if last < first + 0.5:
            yield Fault(f"{axis}2", f"must be greater than {axis}1")
        if most is not None and last >= most + 0.5:
            yield Fault(f"{axis}2", f"must be at most {most}: the image ends there")


def _resized(theirs: Mapping[str, Any]) -> dict[str, Any]:
    sides = {name: theirs[name] for name in ("width", "height") if name in theirs}
    about = {"fit": theirs["fit"], "position": theirs["position"]}
    return {**sides, **about, "background": theirs["letterbox_color"]}


def _turned(theirs: Mapping[str, Any]) -> dict[str, Any]:
    angle = theirs["angle"]
    if theirs["unit"] == "radians":
        # A quarter turn that was rounded on its way is one still.
        angle = round(math.degrees(angle), 3)
    return {"angle": math.fmod(angle, 360), "background": theirs["background_color"]}


def _converted(theirs: Mapping[str, Any]) -> dict[str, Any]:
    name = theirs["format"]
    return {"format": "jpeg" if name == "jpg" else name, "quality": theirs["quality"]}


def _toned(theirs: Mapping[str, Any]) -> dict[str, Any]:
    names = ("brightness", "contrast", "saturation", "exposure")
    return {name: round(theirs[name]) for name in names}


def _marked(theirs: Mapping[str, Any]) -> dict[str, Any]:
    return {"placements": [_placed(one) for one in theirs["watermarks"]]}


def _placed(theirs: Mapping[str, Any]) -> dict[str, Any]:
    sides = {name: theirs[name] for name in ("width", "height") if name in theirs}
    repeat = _REPETITIONS[theirs["repetition_mode"]]
    return {"left": theirs["left"], "top": theirs["top"], **sides, "repeat": repeat}


def _as_named(*names: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return lambda theirs: {name: theirs[name] for name in names}


_WAYS: Mapping[str, _Way] = {
    "resize": _Way(
        schema=shapes.ResizeSchema, into=_resized, fields={"background": "letterbox_color"}
    ),
    "crop": _Way(schema=shapes.CropSchema, into=_as_named("x1", "y1", "x2", "y2"), fields={}),
    "rotate": _Way(
        schema=shapes.RotateSchema, into=_turned, fields={"background": "background_color"}
    ),
    "mirror": _Way(schema=shapes.MirrorSchema, into=_as_named("mode"), fields={}),
    "convert": _Way(schema=shapes.ConvertSchema, into=_converted, fields={}),
    "blur": _Way(schema=shapes.BlurSchema, into=_as_named("sigma"), fields={}),
    "modulate": _Way(schema=shapes.ModulateSchema, into=_toned, fields={}),
    "watermark": _Way(
        schema=shapes.WatermarkSchema, into=_marked, fields={"placements": "watermarks"}
    ),
}
OPERATIONS = tuple(_WAYS)
