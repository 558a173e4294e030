"""What a caller may ask for: read, checked against the catalogue, made complete."""

import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, validates_schema
from marshmallow.fields import Dict, Float, Integer, String
from marshmallow.validate import Length, OneOf, Range

from shared import clock, faults
from shared.catalog import OPTIONAL, Catalog, Model
from shared.errors import Fault, InvalidRequest, MaxCostExceeded
from shared.jobs import edits, media, pricing, videos
from shared.jobs.fields import FORMATS, MAX_PROMPT, MAX_SEED, mark
from shared.jobs.media import IMAGES, Media, Named
from shared.jobs.models_3d import ModelFromImageSchema
from shared.jobs.prompts import WordsSchema
from shared.jobs.status import Kind
from shared.jobs.videos import VideoFromImageSchema, VideoGenerateSchema
from shared.moments import MAX_SECONDS, Moment
from shared.timelines import schema as timelines

MAX_METADATA_BYTES = 8_192

_BLANK = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a job starts from, at this path of its input: one of these three."""

    path: str
    upload_id: str | None = None
    artifact_id: str | None = None
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A request that may become a job: nothing in it is wrong, and nothing is left open."""

    kind: Kind
    operation: str
    model: Model
    input: Mapping[str, Any]
    webhook: str | None = None
    metadata: Mapping[str, Any]
    priority: int = 0
    start_by: datetime | None = None
    finish_by: datetime | None = None
    retry_of: str | None = None
    is_test: bool = False
    price: int = 0
    sources: tuple[Source, ...] = ()

    @property
    def media(self) -> Sequence[Named]:
        """The files that the input names; ``sources`` are what they were found to be."""
        return media_in(self.kind, self.operation, self.input)


def is_http(address: str) -> None:
    """Raise :class:`ValidationError` unless this is an address for HTTP."""
    try:
        parts = urlsplit(address)
        is_usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or _BLANK.search(address):
        raise ValidationError("Must be an http:// or https:// address.")


def _is_small(metadata: Mapping[str, Any]) -> None:
    if (
        len(json.dumps(metadata, ensure_ascii=False).encode("utf-8", "replace"))
        > MAX_METADATA_BYTES
    ):
        raise ValidationError(f"Must be at most {MAX_METADATA_BYTES} bytes as JSON.")


class JobRequestSchema(Schema):
    """The body of a submission; what ``input`` may hold depends on kind and operation."""

    kind = String(required=True, validate=OneOf(list(Kind)))
    operation = String(metadata={"description": "What to do; by default, the model's first."})
    model = String(
        metadata={"description": "A name from /v1/models; by default, the first that does it."}
    )
    input = Dict(
        keys=String(),
        required=True,
        metadata={
            "description": "What to make. image/generate: `prompt` (or, of models that take them, "
            "`prompts`: a list of `text` and `weight`) and, if you like, "
            "`negative_prompt`, `width`, `height`, `style`, `format` (png, jpeg, webp), `seed`, "
            "`num_images`; see the model's limits. image/edit: `image` (an upload, an artifact, an "
            "address or a data URI), `prompt` and, if you like, `format`, `seed`, `num_images`; of "
            "models that take them, `strength` (0 to 1), `mask` (white is changed), "
            "`negative_prompt`. "
            "video/generate: `prompt` and, if you like, `negative_prompt`, `duration` (seconds), "
            "`resolution`, `aspect_ratio`, `frame_rate`, `style`, `seed`. video/from_image: "
            "`image` and, if you like, the same but for `negative_prompt` and `style`. "
            "3d/from_image: `image` and, if you like, `depth`, `detail`, `texture`. "
            "Others: see the documentation.",
            "example": {"prompt": "a red fox in the snow", "width": 1280, "height": 720},
        },
    )
    webhook = String(
        allow_none=True,
        load_default=None,
        validate=[Length(max=2048), is_http],
        metadata={"description": "Is told, signed, when the job is over.", "format": "uri"},
    )
    metadata = Dict(
        keys=String(),
        load_default=dict,
        validate=_is_small,
        metadata={"description": "Kept with the job; `reference` in it can be searched for."},
    )
    priority = Integer(
        strict=True,
        load_default=0,
        validate=Range(min=0, max=9),
        metadata={"description": "9 is the most urgent among your own jobs."},
    )
    max_cost = Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=Range(min=0),
        metadata={"description": "Credits; a job that may cost more is refused."},
    )
    start_by = Moment(metadata={"description": "Not begun by then, it is canceled."})
    finish_by = Moment(metadata={"description": "Not finished by then, it is canceled."})
    start_within = Integer(
        strict=True,
        allow_none=True,
        validate=Range(min=1, max=MAX_SECONDS),
        metadata={"description": "`start_by`, in seconds from now."},
    )
    finish_within = Integer(
        strict=True,
        allow_none=True,
        validate=Range(min=1, max=MAX_SECONDS),
        metadata={"description": "`finish_by`, in seconds from now."},
    )

    @validates_schema(skip_on_field_errors=False)
    def _say_it_once(self, request: dict[str, Any], **_: Any) -> None:
        both: dict[str, Any] = {
            f"{verb}_within": [f"Say either this or {verb}_by."]
            for verb in ("start", "finish")
            if request.get(f"{verb}_by") and request.get(f"{verb}_within")
        }
        if both:
            raise ValidationError(both)


class ImageGenerateSchema(WordsSchema):
    """Input of kind ``image``, operation ``generate``: sides in pixels."""

    negative_prompt = String(load_default="", validate=Length(max=MAX_PROMPT))
    width = Integer(strict=True)
    height = Integer(strict=True)
    style = String()
    format = String(validate=OneOf(FORMATS))
    seed = Integer(strict=True, validate=Range(min=0, max=MAX_SEED))
    num_images = Integer(strict=True, load_default=1, validate=Range(min=1))
    mark = mark()


class ImageEditSchema(WordsSchema):
    """Input of kind ``image``, operation ``edit``: the result is as large as the picture.

    ``strength`` is how much of it may change, from 0 to 1. Of ``mask``, as large as the picture,
    what is white is changed, what is black is kept.
    """

    image = Media(IMAGES, required=True)
    mask = Media(IMAGES)
    strength = Float(validate=Range(min=0, max=1))
    negative_prompt = String(validate=Length(max=MAX_PROMPT))
    format = String(validate=OneOf(FORMATS))
    seed = Integer(strict=True, validate=Range(min=0, max=MAX_SEED))
    num_images = Integer(strict=True, load_default=1, validate=Range(min=1))
    mark = mark()


INPUTS: dict[tuple[str, str], type[Schema]] = {
    (Kind.IMAGE, "generate"): ImageGenerateSchema,
    (Kind.IMAGE, "edit"): ImageEditSchema,
    (Kind.VIDEO, "generate"): VideoGenerateSchema,
    (Kind.VIDEO, "from_image"): VideoFromImageSchema,
    (Kind.MODEL_3D, "from_image"): ModelFromImageSchema,
    **{(Kind.IMAGE, name): schema for name, schema in edits.SCHEMAS.items()},
    **{(Kind.RENDER, name): schema for name, schema in timelines.SCHEMAS.items()},
}


def media_in(kind: str, operation: str, given: Mapping[str, Any]) -> Sequence[Named]:
    """Return the files that an input names."""
    schema = INPUTS.get((kind, operation))
    return media.named(schema, given) if schema else ()


def read(body: Any, catalog: Catalog) -> Draft:
    """Turn a request's body into a draft, or raise :class:`InvalidRequest` with every fault.

    Raises :class:`shared.errors.ModelUnavailable` if nobody here can serve the model, and
    :class:`MaxCostExceeded`.
    """
    wrong: list[Fault] = []
    request = _collect(wrong, JobRequestSchema, body, "$")
    model = _find_model(wrong, request, catalog)
    operation = model and _find_operation(wrong, request, model)
    given = body.get("input") if isinstance(body, Mapping) else None
    wanted = model and operation and _read_input(wrong, given, model, operation)
    if wrong or not model or not operation or not wanted:
        raise InvalidRequest(wrong)
    catalog.routes(model)
    # What is only tried is free.
    price = 0 if catalog.is_local else pricing.price(model, wanted)
    if request["max_cost"] is not None and price > request["max_cost"]:
        raise MaxCostExceeded(price, request["max_cost"])
    return Draft(
        kind=model.kind,
        operation=operation,
        model=model,
        input=wanted,
        webhook=request["webhook"],
        metadata=request["metadata"],
        priority=request["priority"],
        start_by=_moment(request, "start"),
        finish_by=_moment(request, "finish"),
        is_test=catalog.is_local,
        price=price,
    )


def _moment(request: Mapping[str, Any], verb: str) -> datetime | None:
    """Return the deadline for this, however it was given."""
    seconds = request.get(f"{verb}_within")
    if seconds is not None:
        return clock.now() + timedelta(seconds=seconds)
    moment: datetime | None = request.get(f"{verb}_by")
    return moment


def _collect(
    wrong: list[Fault], schema: type[Schema], document: Any, root: str
) -> Mapping[str, Any]:
    """Read a document; note what is wrong with it, and go on with the rest."""
    try:
        return faults.load(_reader(schema), document, root=root)
    except InvalidRequest as error:
        wrong += error.faults
        return error.valid


@cache
def _reader(schema: type[Schema]) -> Schema:
    # Made once: marshmallow copies every field for a schema that is made, and keeps nothing in it.
    return schema()


def _find_model(wrong: list[Fault], request: Mapping[str, Any], catalog: Catalog) -> Model | None:
    """Return the model that is meant; for a faulty name, the one to check the rest against."""
    kind, name = request.get("kind"), request.get("model")
    if kind not in list(Kind):
        return None
    offered = catalog.names(kind)
    if not offered:
        wrong.append(Fault("$.kind", f"No model of kind {kind!r} is offered here."))
        return None
    operation = request.get("operation")
    able = [one for one in offered if operation in catalog.models[one].operations]
    default = catalog.models[(able or offered)[0]]
    if not isinstance(name, str):
        return default
    model = catalog.find(name)
    if model is None:
        hint = faults.closest(name, offered)
        wrong.append(Fault("$.model", f"Unknown model {name!r}.{hint} See /v1/models."))
    elif model.kind != kind:
        wrong.append(Fault("$.model", f"{name!r} makes kind '{model.kind}', not '{kind}'."))
    return model if model and model.kind == kind else default


def _find_operation(wrong: list[Fault], request: Mapping[str, Any], model: Model) -> str | None:
    """Return the operation that is meant; for a faulty one, that to check the rest against."""
    operation = request.get("operation", model.operations[0])
    if operation in model.operations:
        return str(operation)
    known = ", ".join(model.operations)
    wrong.append(Fault("$.operation", f"{model.name!r} does not do that. It does: {known}."))
    return model.operations[0]


def _read_input(wrong: list[Fault], given: Any, model: Model, operation: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        return {}
    schema = INPUTS[model.kind, operation]
    loaded = _collect(wrong, schema, given, "$.input")
    defaults = {**model.defaults, "seed": secrets.randbelow(MAX_SEED + 1)}
    known = _reader(schema).fields
    complete = {**{name: one for name, one in defaults.items() if name in known}, **loaded}
    wrong += _beyond_limits(complete, model)
    wrong += videos.beyond_limits(complete, model)
    return complete


def _beyond_limits(wanted: Mapping[str, Any], model: Model) -> Iterator[Fault]:
    limits = model.limits
    for side in ("width", "height"):
        if side in wanted and not limits.min_side <= wanted[side] <= limits.max_side:
            yield Fault(
                f"$.input.{side}",
                f"Must be {limits.min_side} to {limits.max_side} pixels for {model.name!r}.",
            )
    if wanted.get("num_images", 1) > limits.max_images:
        yield Fault(
            "$.input.num_images", f"{model.name!r} makes at most {limits.max_images} at a time."
        )
    if wanted.get("style") is not None and wanted["style"] not in model.styles:
        known = ", ".join(model.styles)
        yield Fault("$.input.style", f"Unknown style for {model.name!r}. It knows: {known}.")
    for name in OPTIONAL:
        if name in wanted and name not in model.takes:
            yield Fault(f"$.input.{name}", f"{model.name!r} does not take this.")
    if not model.negative_prompt:
        yield from _negative(wanted, f"{model.name!r} takes no negative prompt.")


def _negative(wanted: Mapping[str, Any], message: str) -> Iterator[Fault]:
    if wanted.get("negative_prompt"):
        yield Fault("$.input.negative_prompt", message)
    for at, one in enumerate(wanted.get("prompts", ())):
        if one.get("weight", 1) < 0:
            yield Fault(f"$.input.prompts[{at}].weight", message)
