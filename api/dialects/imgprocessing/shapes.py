"""IMG Processing's bodies. Fields that are not named here are let pass, and null is not there."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, pre_load, validates_schema
from marshmallow.fields import Field, List, Nested, String
from marshmallow.validate import Length, OneOf
from PIL import ImageColor

from shared.jobs.edits import POSITIONS
from shared.jobs.requests import is_http

MODELS = ("sdxl", "flux")
# As many as JavaScript reads exactly.
MOST_SEED = 2**53 - 1
MOST_A_PAGE, USUAL_PAGE = 100, 10
TRANSPARENT = "transparent"

_REQUIRED: dict[str, Any] = {"required": "is missing"}
_NAME = re.compile(r"[a-z]+|#[0-9a-f]{3}|#[0-9a-f]{6}")


class Text(String):
    """Some words, up to so many characters."""

    default_error_messages = {**_REQUIRED, "invalid": "must be a string"}

    def __init__(self, most: int, **rules: Any) -> None:
        message = f"must be 1 to {most:,} characters"
        super().__init__(validate=Length(min=1, max=most, error=message), **rules)


class Choice(String):
    """One of some words."""

    default_error_messages = {**_REQUIRED, "invalid": "must be a string"}

    def __init__(self, known: tuple[str, ...], **rules: Any) -> None:
        message = f"must be one of: {', '.join(known)}"
        super().__init__(validate=OneOf(known, error=message), **rules)


class Number(Field[float]):
    """A JSON number within bounds."""

    default_error_messages = _REQUIRED

    def __init__(self, least: float | None = None, most: float | None = None, **rules: Any) -> None:
        super().__init__(**rules)
        self._least, self._most = least, most

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValidationError("must be a number")
        is_low = self._least is not None and value < self._least
        if is_low or (self._most is not None and value > self._most):
            raise ValidationError(f"must be {self._least:,} to {self._most:,}")
        return value


class WholeNumber(Number):
    """A JSON number without a fraction; ``4.0`` is one too."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> int:
        is_number = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not is_number:
            raise ValidationError("must be a whole number")
        return int(super()._deserialize(value, *rest, **more))


class Colour(Field[str]):
    """A colour by its name or in hexadecimal digits, or ``transparent``; becomes ``#rrggbb``."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        text = value.strip().lower() if isinstance(value, str) else ""
        if text == TRANSPARENT:
            return text
        try:
            red, green, blue = ImageColor.getrgb(text if _NAME.fullmatch(text) else "")[:3]
        except ValueError:
            message = "must be the name of a colour, #rgb, #rrggbb or transparent"
            raise ValidationError(message) from None
        return f"#{red:02x}{green:02x}{blue:02x}"


class _BodySchema(Schema):
    class Meta:
        unknown = EXCLUDE

    @pre_load
    def _leave_null_out(self, body: Any, **_: Any) -> Any:
        # What is no object is told as such by marshmallow.
        if not isinstance(body, Mapping):
            return body
        return {name: value for name, value in body.items() if value is not None}


class _PictureSchema(_BodySchema):
    """What makes a picture may say where to tell of it, too."""

    callback_url = String(
        validate=[Length(max=2048), is_http], error_messages={"invalid": "must be a string"}
    )


class ImagineSchema(_PictureSchema):
    """The body of ``imagine``."""

    name = Text(30, required=True)
    prompt = Text(1_000, required=True)
    negative_prompt = Text(1_000)
    seed = WholeNumber(0, MOST_SEED)
    model = Choice(MODELS, load_default=MODELS[0])


class CreateSchema(_PictureSchema):
    """The body that creates an image from an address."""

    name = Text(30, required=True)
    url = Text(2_048, required=True)


class UploadSchema(_PictureSchema):
    """The texts of the form that uploads an image."""

    name = Text(30, required=True)


class ChangeSchema(_PictureSchema):
    """What every operation takes. Without a name the image keeps that of its source."""

    name = Text(30)


class ResizeSchema(ChangeSchema):
    """Sides in pixels; one alone keeps the ratio."""

    width = WholeNumber(1, 10_000)
    height = WholeNumber(1, 10_000)
    fit = Choice(("fill", "contain", "cover"), load_default="fill")
    position = Choice(POSITIONS, load_default="center")
    letterbox_color = Colour(load_default=TRANSPARENT)

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def _has_a_side(self, _: Any, body: Mapping[str, Any], **__: Any) -> None:
        # What is there and faulty is told by itself.
        if body.get("width") is None and body.get("height") is None:
            raise ValidationError("is missing: say this, or height, or both", "width")


class CropSchema(ChangeSchema):
    """Two corners, in pixels from the upper left."""

    x1 = Number(required=True)
    y1 = Number(required=True)
    x2 = Number(required=True)
    y2 = Number(required=True)


class RotateSchema(ChangeSchema):
    """Clockwise."""

    angle = Number(required=True)
    unit = Choice(("degrees", "radians"), load_default="degrees")
    background_color = Colour(load_default="#000000")


class MirrorSchema(ChangeSchema):
    """Which sides are swapped."""

    mode = Choice(("horizontal", "vertical", "both"), required=True)


class ConvertSchema(ChangeSchema):
    """Another format."""

    format = Choice(("jpeg", "png", "webp", "jpg"), required=True)
    quality = WholeNumber(1, 100, load_default=100)


class BlurSchema(ChangeSchema):
    """The deviation of a Gaussian, in pixels."""

    sigma = Number(1, 1_000, load_default=20)


class ModulateSchema(ChangeSchema):
    """Strengths in per cent."""

    brightness = Number(-100, 100, load_default=0)
    contrast = Number(-100, 100, load_default=0)
    saturation = Number(-100, 100, load_default=0)
    exposure = Number(-100, 100, load_default=0)


class _MarkSchema(_BodySchema):
    id = Text(200, required=True)
    left = WholeNumber(-10_000, 10_000, load_default=0)
    top = WholeNumber(-10_000, 10_000, load_default=0)
    width = WholeNumber(1, 10_000)
    height = WholeNumber(1, 10_000)
    repetition_mode = Choice(
        ("no_repeat", "repeat", "repeat_x", "repeat_y"), load_default="no_repeat"
    )


class WatermarkSchema(ChangeSchema):
    """Other images of theirs, and where they lie."""

    watermarks = List(
        Nested(_MarkSchema, error_messages={"type": "must be an object"}),
        required=True,
        validate=Length(min=1, max=5, error="must be 1 to 5 of them"),
        error_messages={**_REQUIRED, "invalid": "must be an array"},
    )


class PageSchema(Schema):
    """The query of a list."""

    class Meta:
        unknown = EXCLUDE

    take = String(load_default=str(USUAL_PAGE))
    first = String(data_key="from")

    @validates_schema
    def _is_a_page(self, query: Mapping[str, Any], **_: Any) -> None:
        text = query["take"]
        is_number = text.isascii() and text.isdecimal() and len(text) <= 3
        if not (is_number and 1 <= int(text) <= MOST_A_PAGE):
            raise ValidationError(f"must be a whole number, 1 to {MOST_A_PAGE}", "take")
