"""Their requests into ours, and images of the library into theirs: pure."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from api.dialects.imgprocessing import shapes
from shared import faults
from shared.clock import rfc3339
from shared.errors import Fault, InvalidRequest
from shared.jobs.fields import MAX_SEED
from shared.jobs.tables import Artifact
from shared.library.images import Picture
from shared.storage.links import Links

NAME = "imgprocessing"

# What makes their pictures, but for those from words.
_ENGINE = "darkroom"
_SIDE = 1024
_REPETITIONS = {"no_repeat": "none", "repeat": "both", "repeat_x": "x", "repeat_y": "y"}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One picture in our terms: its name, our request for it, their fields by those of ours."""

    name: str
    request: Mapping[str, Any]
    fields: Mapping[str, str]

    def in_their_words(self, error: InvalidRequest) -> InvalidRequest:
        """Name the places as their body has them: ``seed``, not ``$.input.seed``."""
        return InvalidRequest([Fault(self._place(one.path), one.message) for one in error.faults])

    def _place(self, path: str) -> str:
        ours = path.removeprefix("$.").removeprefix("input.")
        name = ours.partition("[")[0].partition(".")[0]
        return self.fields.get(name, name) + ours[len(name) :]


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
        return _wanted(
            self.name or source.image.name,
            self.operation,
            given | ({"mark": word} if word else {}),
            webhook=self.webhook,
            fields={"image": "image_id", **self.fields},
        )


def imagined(body: Any, models: Mapping[str, str], *, word: str = "") -> Wanted:
    """Turn a request for a picture from words into ours; raises :class:`InvalidRequest`."""
    theirs = _read(shapes.ImagineSchema(), body)
    given = {"prompt": theirs["prompt"], "width": _SIDE, "height": _SIDE, "format": "jpeg"}
    if "negative_prompt" in theirs and theirs["model"] != "flux":
        given["negative_prompt"] = theirs["negative_prompt"]
    if "seed" in theirs:
        given["seed"] = theirs["seed"] % (MAX_SEED + 1)
    return _wanted(
        theirs["name"],
        "generate",
        given | ({"mark": word} if word else {}),
        model=models[theirs["model"]],
        webhook=theirs.get("callback_url"),
    )


def created(body: Any, is_allowed: Callable[[str], bool]) -> Wanted:
    """Turn a request for an image from an address into ours; raises :class:`InvalidRequest`."""
    wrong: list[Fault] = []
    try:
        theirs = _read(shapes.CreateSchema(), body)
    except InvalidRequest as error:
        theirs, wrong = dict(error.valid), [*error.faults]
    if "url" in theirs and not is_allowed(theirs["url"]):
        wrong.append(Fault("url", "must be an address of a host from which images are taken"))
    if wrong:
        raise InvalidRequest(wrong)
    return _imported(theirs, theirs["url"], "url")


def uploaded(texts: Mapping[str, str], content: str | None) -> Wanted:
    """Turn an uploaded file, as base64, into ours; raises :class:`InvalidRequest`."""
    missing = [] if content is not None else [Fault("image", "is missing")]
    try:
        theirs = _read(shapes.UploadSchema(), texts)
    except InvalidRequest as error:
        raise InvalidRequest([*error.faults, *missing]) from error
    if missing:
        raise InvalidRequest(missing)
    return _imported(theirs, f"data:;base64,{content}", "image")


def change(operation: str, body: Any) -> Change:
    """Read what is asked of a picture; raises :class:`InvalidRequest`."""
    way = _WAYS[operation]
    theirs = _read(way.schema(), body)
    marks = tuple(one["id"] for one in theirs.get("watermarks", ()))
    return Change(
        operation=operation,
        name=theirs.get("name"),
        given=way.into(theirs),
        fields=way.fields,
        webhook=theirs.get("callback_url"),
        marks=marks,
    )


def image(picture: Picture, links: Links, *, published_at: str) -> dict[str, Any]:
    """Turn an image of the library into theirs; ``published_at`` is the path of what is shown."""
    known, file = picture.image, picture.file
    return {
        "id": known.id,
        "name": known.name,
        "url": links.absolute(f"{published_at}/{known.id}") if known.is_published else None,
        "width": file.width,
        "height": file.height,
        "format": file.content_type.removeprefix("image/"),
        "size": file.bytes,
        "created_at": rfc3339(known.created_at),
    }


@dataclass(frozen=True, kw_only=True)
class _Way:
    """How an operation of theirs is one of ours: its body, our input, their fields by ours."""

    schema: type[Schema]
    into: Callable[[Mapping[str, Any]], dict[str, Any]]
    fields: Mapping[str, str]


def _read(schema: Schema, body: Any) -> dict[str, Any]:
    try:
        return faults.load(schema, body, root="")
    except InvalidRequest as error:
        told = [Fault(one.path.removeprefix(".") or "body", one.message) for one in error.faults]
        raise InvalidRequest(told, valid=error.valid) from error


def _imported(theirs: Mapping[str, Any], source: str, field: str) -> Wanted:
    return _wanted(
        theirs["name"],
        "import",
        {"image": source},
        webhook=theirs.get("callback_url"),
        fields={"image": field},
    )


def _wanted(
    name: str,
    operation: str,
    given: Mapping[str, Any],
    *,
    model: str = _ENGINE,
    webhook: str | None,
    fields: Mapping[str, str] | None = None,
) -> Wanted:
    return Wanted(
        name=name,
        request={
            "kind": "image",
            "operation": operation,
            "model": model,
            "input": given,
            "webhook": webhook,
        },
        fields={"webhook": "callback_url", **(fields or {})},
    )


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
