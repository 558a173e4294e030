"""What may be asked of pictures that are there: enlarged, cut, turned, toned, or just kept."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, validates_schema
from marshmallow.fields import Float, Integer, List, Nested, String
from marshmallow.validate import Length, OneOf, Range, Regexp

from shared.jobs.fields import FORMATS, mark
from shared.jobs.media import IMAGES, Media

MOST_PIXELS = 32_000_000
POSITIONS = (
    "center", "top", "right", "bottom", "left",
    "top-left", "top-right", "bottom-left", "bottom-right",
)  # fmt: skip
_LONGEST_SIDE = 10_000
_COLOUR = Regexp(
    r"(#[0-9a-fA-F]{6}|transparent)\Z", error="Must be a colour as #rrggbb, or transparent."
)


class _EditSchema(Schema):
    """A picture, and how it is written; by default, in the format that it comes in."""

    image = Media(IMAGES, required=True)
    format = String(validate=OneOf(FORMATS))
    quality = Integer(strict=True, load_default=92, validate=Range(min=1, max=100))
    mark = mark()


class UpscaleSchema(_EditSchema):
    """Larger by a whole factor."""

    factor = Integer(strict=True, load_default=2, validate=OneOf([2, 3, 4]))


class ResizeSchema(_EditSchema):
    """To a size; one side alone keeps the shape."""

    width = Integer(strict=True, validate=Range(min=1, max=_LONGEST_SIDE))
    height = Integer(strict=True, validate=Range(min=1, max=_LONGEST_SIDE))
    fit = String(load_default="fill", validate=OneOf(["fill", "contain", "cover"]))
    position = String(load_default="center", validate=OneOf(POSITIONS))
    background = String(load_default="transparent", validate=_COLOUR)

    @validates_schema
    def _check(self, fields: Mapping[str, Any], **_: Any) -> None:
        if "width" not in fields and "height" not in fields:
            raise ValidationError("Say this, or height, or both.", "width")
        if fields.get("width", 1) * fields.get("height", 1) > MOST_PIXELS:
            raise ValidationError(f"At most {MOST_PIXELS:,} pixels are made.", "width")


class CropSchema(_EditSchema):
    """What lies between two corners, in pixels from the upper left."""

    x1 = Float(required=True, validate=Range(min=0))
    y1 = Float(required=True, validate=Range(min=0))
    x2 = Float(required=True)
    y2 = Float(required=True)

    @validates_schema
    def _check(self, fields: Mapping[str, Any], **_: Any) -> None:
        wrong: dict[str, list[Any]] = {
            f"{axis}2": [f"Must be beyond {axis}1, by half a pixel at least."]
            for axis in ("x", "y")
            if fields[f"{axis}2"] < fields[f"{axis}1"] + 0.5
        }
        if wrong:
            raise ValidationError(wrong)


class RotateSchema(_EditSchema):
    """Clockwise, in degrees; the picture grows so that its corners are still seen."""

    angle = Float(required=True, validate=Range(min=-36_000, max=36_000))
    background = String(load_default="transparent", validate=_COLOUR)


class MirrorSchema(_EditSchema):
    """Left for right (horizontal), top for bottom (vertical), or both."""

    mode = String(required=True, validate=OneOf(["horizontal", "vertical", "both"]))


class ConvertSchema(_EditSchema):
    """In another format."""

    format = String(required=True, validate=OneOf(FORMATS))


class BlurSchema(_EditSchema):
    """Out of focus: the deviation of a Gaussian, in pixels."""

    sigma = Float(load_default=20, validate=Range(min=0.1, max=1000))


def _strength() -> Integer:
    return Integer(strict=True, load_default=0, validate=Range(min=-100, max=100))


class ModulateSchema(_EditSchema):
    """In tone; 100 of exposure are two stops, 100 of the others twice as much, -100 none."""

    brightness = _strength()
    contrast = _strength()
    saturation = _strength()
    exposure = _strength()


class PlacementSchema(Schema):
    """Where a watermark lies, in pixels; by default at the upper left, in its own size."""

    left = Integer(strict=True, load_default=0, validate=Range(min=-10_000, max=10_000))
    top = Integer(strict=True, load_default=0, validate=Range(min=-10_000, max=10_000))
    width = Integer(strict=True, validate=Range(min=1, max=_LONGEST_SIDE))
    height = Integer(strict=True, validate=Range(min=1, max=_LONGEST_SIDE))
    repeat = String(load_default="none", validate=OneOf(["none", "x", "y", "both"]))


class WatermarkSchema(_EditSchema):
    """With up to five other pictures over it."""

    watermarks = List(Media(IMAGES), required=True, validate=Length(min=1, max=5))
    placements = List(Nested(PlacementSchema), load_default=list, validate=Length(max=5))

    @validates_schema
    def _check(self, fields: Mapping[str, Any], **_: Any) -> None:
        if len(fields["placements"]) > len(fields["watermarks"]):
            raise ValidationError("There are more of them than watermarks.", "placements")


class ImportSchema(Schema):
    """As it is: its bytes are kept, unless it has to be turned upright."""

    image = Media(IMAGES, required=True)


SCHEMAS: Mapping[str, type[Schema]] = {
    "upscale": UpscaleSchema,
    "resize": ResizeSchema,
    "crop": CropSchema,
    "rotate": RotateSchema,
    "mirror": MirrorSchema,
    "convert": ConvertSchema,
    "blur": BlurSchema,
    "modulate": ModulateSchema,
    "watermark": WatermarkSchema,
    "import": ImportSchema,
}
