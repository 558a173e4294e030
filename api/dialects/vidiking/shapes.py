"""VidiKing's bodies."""

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError
from marshmallow.fields import Field, List, String
from marshmallow.validate import Length, OneOf

from shared.webhooks.vidiking import EVENTS

IMAGE_MODELS = ("flux", "stable-diffusion", "dall-e-3")


class WholeNumber(Field[int]):
    """A JSON number without a fraction; ``1024.0`` is one too."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not is_whole:
            raise ValidationError("Must be a whole number.")
        return int(value)


class WebhookRequestSchema(Schema):
    """The body of ``PUT /v1/webhooks``. Without ``events`` it is all of them."""

    class Meta:
        unknown = EXCLUDE

    url = String(required=True)
    events = List(
        String(validate=OneOf(list(EVENTS))),
        load_default=list(EVENTS),
        validate=Length(min=1, max=2 * len(EVENTS)),
    )
    secret = String(validate=Length(min=8, max=200))


class ImageRequestSchema(Schema):
    """The body of ``POST /v1/ai/image``; sides in pixels. Unknown fields are let pass."""

    class Meta:
        unknown = EXCLUDE

    prompt = String(required=True)
    model = String(load_default="flux", validate=OneOf(IMAGE_MODELS))
    width = WholeNumber(load_default=1024)
    height = WholeNumber(load_default=1024)
    style = String(load_default="natural", validate=OneOf(["natural", "vivid", "artistic"]))
    negative_prompt = String(load_default="", allow_none=True)
    callback = String()
