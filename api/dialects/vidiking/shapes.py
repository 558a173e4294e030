"""VidiKing's bodies for what models make, its hook and its lists. Unknown fields are let pass."""

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError
from marshmallow.fields import Boolean, Dict, Field, Float, Integer, List, String
from marshmallow.validate import Length, OneOf, Range

from shared.jobs.fields import says_something
from shared.jobs.requests import is_http
from shared.webhooks.vidiking import EVENTS

IMAGE_MODELS = ("flux", "stable-diffusion", "dall-e-3")
VIDEO_MODELS = ("runway-gen4-turbo", "runway-gen4-hq")
STATUSES = ("QUEUED", "PROCESSING", "COMPLETE", "FAILED")

_MOST_CHARACTERS = 4_000
_SIDES = Range(min=64, max=2048, error="Must be 64 to 2048 pixels.")


class WholeNumber(Field[int]):
    """A JSON number without a fraction; ``1024.0`` is one too."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not is_whole:
            raise ValidationError("Must be a whole number.")
        return int(value)


class Words(String):
    """A text that says something."""

    def __init__(self, *, most: int = _MOST_CHARACTERS, **rules: Any) -> None:
        super().__init__(validate=[says_something, Length(max=most)], **rules)


class _BodySchema(Schema):
    class Meta:
        unknown = EXCLUDE


class WebhookRequestSchema(_BodySchema):
    """The body of ``PUT /v1/webhooks``. Without ``events`` it is all of them."""

    url = String(required=True)
    events = List(
        String(validate=OneOf(list(EVENTS))),
        load_default=list(EVENTS),
        validate=Length(min=1, max=2 * len(EVENTS)),
    )
    secret = String(validate=Length(min=8, max=200))


class ImageRequestSchema(_BodySchema):
    """The body of ``POST /v1/ai/image``; sides in pixels."""

    prompt = Words(required=True)
    model = String(load_default="flux", validate=OneOf(IMAGE_MODELS))
    width = WholeNumber(load_default=1024, validate=_SIDES)
    height = WholeNumber(load_default=1024, validate=_SIDES)
    style = String(load_default="natural", validate=OneOf(["natural", "vivid", "artistic"]))
    negative_prompt = String(
        load_default="", allow_none=True, validate=Length(max=_MOST_CHARACTERS)
    )
    callback = String()


class VideoRequestSchema(_BodySchema):
    """The body of ``POST /v1/ai/video``; ``duration`` in seconds."""

    prompt = Words(required=True)
    model = String(load_default=VIDEO_MODELS[0], validate=OneOf(VIDEO_MODELS))
    duration = WholeNumber(load_default=5, validate=OneOf([5, 10]))
    aspect_ratio = String(load_default="16:9", validate=OneOf(["16:9", "9:16", "1:1"]))
    image_url = String(allow_none=True)
    callback = String()


class SubtitlesRequestSchema(_BodySchema):
    """The body of ``POST /v1/ai/subtitles``."""

    src = String(required=True, validate=[Length(max=2048), is_http])
    language = String(validate=Length(min=2, max=35))
    burn_in = Boolean(truthy={True}, falsy={False})
    style = Dict(keys=String())
    callback = String(validate=[Length(max=2048), is_http])


class VoiceoverRequestSchema(_BodySchema):
    """The body of ``POST /v1/ai/voiceover``."""

    text = Words(required=True)
    voice = String()
    model = String(validate=OneOf(["flash", "hd"]))
    language = String(validate=Length(min=2, max=35))
    speed = Float(validate=Range(min=0.5, max=2))
    format = String(validate=OneOf(["mp3", "wav"]))
    callback = String(validate=[Length(max=2048), is_http])


class ScriptRequestSchema(_BodySchema):
    """The body of ``POST /v1/ai/script``; ``topic`` is another name of ``prompt``."""

    prompt = Words(required=True)
    duration = Float(validate=Range(min=0, min_inclusive=False))
    tone = String()
    language = String(validate=Length(min=2, max=35))
    callback = String(validate=[Length(max=2048), is_http])


class JobQuerySchema(_BodySchema):
    """The query of ``GET /v1/renders``."""

    limit = Integer(load_default=20, validate=Range(min=1, max=100))
    cursor = String(load_default=None)
    status = String(load_default=None, validate=OneOf(STATUSES))
