"""What comes out of a render: its format, size, rate and quality."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, validates_schema
from marshmallow.fields import Nested

from shared.flags import Flag
from shared.timelines import names
from shared.timelines.fields import LONGEST, Number, Whole, Word


class Even(Whole):
    """Pixels of a side, as H.264 wants them."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> int:
        side = super()._deserialize(value, *rest, **more)
        if side % 2:
            raise ValidationError("Must be even.")
        return side


class SizeSchema(Schema):
    """Width and height in pixels; they stand in for ``resolution`` and ``aspectRatio``."""

    width = Even(2, 4096, required=True)
    height = Even(2, 4096, required=True)


class RangeSchema(Schema):
    """A part of the timeline, in seconds; of a picture, the moment ``start``."""

    start = Number(0, LONGEST, load_default=0)
    length = Number(0, LONGEST)


class PosterSchema(Schema):
    """A frame as a JPEG beside the result."""

    capture = Number(0, LONGEST, required=True)


class ThumbnailSchema(PosterSchema):
    """A frame as a smaller JPEG beside the result; ``scale`` is a share of its size."""

    scale = Number(0, 1, above=True, required=True)


class CutOutputSchema(Schema):
    """What is written of a stitch or a trim: what is left open is as the first video has it.

    Of rates, 23.976, 29.97 and 59.94 are so many thousands and one.
    """

    format = Word(names.FORMATS, load_default="mp4")
    resolution = Word(tuple(names.RESOLUTIONS))
    aspectRatio = Word(tuple(names.ASPECT_RATIOS))
    size = Nested(SizeSchema)
    fps = Number(names.LEAST_RATE, names.MOST_RATE)
    scaleTo = Word(tuple(names.RESOLUTIONS))
    quality = Word(names.QUALITIES, load_default="medium")
    repeat = Flag(load_default=True)
    mute = Flag(load_default=False)
    range = Nested(RangeSchema)
    poster = Nested(PosterSchema)
    thumbnail = Nested(ThumbnailSchema)

    @validates_schema
    def _check(self, output: Mapping[str, Any], **_: Any) -> None:
        is_moving = output["format"] not in names.PICTURES
        if is_moving and output.get("range", {}).get("length") == 0:
            raise ValidationError({"range": {"length": ["Must be above 0 for this format."]}})
        if output["format"] in names.SOUNDS:
            for name in ("poster", "thumbnail"):
                if name in output:
                    raise ValidationError("There is no picture in this format.", name)


class OutputSchema(CutOutputSchema):
    """What is written of a timeline, which has no size of its own."""

    resolution = Word(tuple(names.RESOLUTIONS), load_default="hd")
    aspectRatio = Word(tuple(names.ASPECT_RATIOS), load_default="16:9")
