"""MayanIO's bodies. Fields that are not named here are let pass, and null is as if not there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, post_load, pre_load, validates_schema
from marshmallow.fields import Field, Integer, String
from marshmallow.validate import Length, OneOf, Range

from shared.dialects.mayanio_media import SIZES
from shared.flags import Flag
from shared.jobs.fields import FORMATS, MAX_PROMPT
from shared.jobs.requests import is_http

MOST_IMAGES = 4
MOST_A_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class VideoModel:
    """What one of their video models takes: seconds, and names. The first one is the default."""

    durations: tuple[int, ...]
    default_duration: int
    resolutions: tuple[str, ...]
    default_resolution: str
    aspect_ratios: tuple[str, ...]


_OF_ENDPOINT = ("360p", "520p", "720p", "1080p")
VIDEO_MODELS: Mapping[str, VideoModel] = {
    "vidu-q2": VideoModel(
        durations=(2, 3, 4, 5, 6, 7, 8),
        default_duration=4,
        resolutions=_OF_ENDPOINT,
        default_resolution="720p",
        aspect_ratios=("16:9", "9:16", "1:1"),
    ),
    # Makes 1080p at least; the lower ones are taken, since they are named for the endpoint.
    "ltx-2": VideoModel(
        durations=(6, 8, 10),
        default_duration=6,
        resolutions=(*_OF_ENDPOINT, "1440p", "2160p"),
        default_resolution="1080p",
        aspect_ratios=("16:9",),
    ),
}


class WholeNumber(Field[int]):
    """A JSON number without a fraction; ``4.0`` is one too."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not is_whole:
            raise ValidationError("Must be a whole number.")
        return int(value)


class Prompt(String):
    """Words that say something."""

    def __init__(self, *, most: int) -> None:
        super().__init__(required=True, validate=[_says_something, Length(max=most)])


def _says_something(text: str) -> None:
    if not text.strip():
        raise ValidationError("Must not be empty.")


class _RequestSchema(Schema):
    """What every generation may be asked to do besides: answer at once, and tell later."""

    class Meta:
        unknown = EXCLUDE

    webhook_url = String(validate=[Length(max=2048), is_http])
    is_async = Flag(data_key="async", load_default=False)

    @pre_load
    def _leave_null_out(self, body: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in body.items() if value is not None}


class ImagesRequestSchema(_RequestSchema):
    """The body of ``POST /api/v1/images``."""

    prompt = Prompt(most=MAX_PROMPT)
    aspect_ratio = String(load_default="1:1", validate=OneOf(list(SIZES)))
    output_format = String(load_default="png", validate=OneOf(FORMATS))
    num_images = WholeNumber(load_default=1, validate=Range(min=1, max=MOST_IMAGES))
    model = String(load_default="nano-banana", validate=OneOf(["nano-banana"]))


class VideoRequestSchema(_RequestSchema):
    """The body of ``POST /api/v1/videos``; ``duration`` in seconds."""

    prompt = Prompt(most=3_000)
    model = String(load_default="vidu-q2", validate=OneOf(list(VIDEO_MODELS)))
    duration = WholeNumber()
    resolution = String()
    aspect_ratio = String(load_default="16:9")

    @validates_schema(skip_on_field_errors=False)
    def _suits_the_model(self, body: Mapping[str, Any], **_: Any) -> None:
        model = VIDEO_MODELS.get(body.get("model", ""))
        if model is None:
            return
        choices: Mapping[str, tuple[Any, ...]] = {
            "duration": model.durations,
            "resolution": model.resolutions,
            "aspect_ratio": model.aspect_ratios,
        }
        wrong: dict[str, Any] = {
            name: [f"Must be one of: {', '.join(map(str, known))}."]
            for name, known in choices.items()
            if name in body and body[name] not in known
        }
        if wrong:
            raise ValidationError(wrong)

    @post_load
    def _complete(self, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        model = VIDEO_MODELS[body["model"]]
        defaults = {"duration": model.default_duration, "resolution": model.default_resolution}
        return defaults | body


class ModelRequestSchema(_RequestSchema):
    """The body of ``POST /api/v1/3d``: one of the two images; of both, the address counts."""

    image_url = String(validate=[Length(max=2048), is_http])
    image_base64 = String(validate=Length(min=1))
    texture_quality = String(load_default="standard", validate=OneOf(["no", "standard"]))
    texture_alignment = String(
        load_default="original_image", validate=OneOf(["original_image", "geometry"])
    )
    orientation = String(load_default="default", validate=OneOf(["default", "align_image"]))

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def _starts_from_something(self, _: Any, body: Mapping[str, Any], **__: Any) -> None:
        # What is there and faulty is told by itself.
        if body.get("image_url") is None and body.get("image_base64") is None:
            raise ValidationError("Missing: send this or image_base64.", "image_url")


class ProjectQuerySchema(Schema):
    """The query of ``GET /api/v1/projects``. A larger ``limit`` is as much as the largest."""

    class Meta:
        unknown = EXCLUDE

    type = String(load_default="all", validate=OneOf(["all", "images", "videos", "3d"]))
    page = Integer(load_default=1, validate=Range(min=1))
    limit = Integer(load_default=20, validate=Range(min=1))
    sort = String(
        load_default="createdAt", validate=OneOf(["createdAt", "created_at", "type", "prompt"])
    )
    order = String(load_default="desc", validate=OneOf(["asc", "desc"]))

    @post_load
    def _clamp(self, query: dict[str, Any], **_: Any) -> dict[str, Any]:
        return query | {"limit": min(query["limit"], MOST_A_PAGE)}
