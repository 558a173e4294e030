"""A clip: an asset, when it is seen, and where; and the tracks that clips lie on."""

from typing import Any

from marshmallow import Schema, ValidationError
from marshmallow.fields import List, Nested, String
from marshmallow.validate import Length, Regexp

from shared.flags import Flag
from shared.timelines import assets, names
from shared.timelines.fields import OneOfType, Position, Timing, Tweened, Whole, Word

MOST_CLIPS = 500
_COVER = "'cover' means two things: say 'crop' to fill and cut, or 'stretch' to distort."


# A class cannot have an attribute `in`.
TransitionSchema = Schema.from_dict(
    {"in": Word(names.TRANSITIONS), "out": Word(names.TRANSITIONS)}, name="TransitionSchema"
)


class OffsetSchema(Schema):
    """Shares of the frame by which an element is moved: to the right, and up."""

    x = Tweened(-10, 10, load_default=0)
    y = Tweened(-10, 10, load_default=0)


class RotateSchema(Schema):
    """Degrees clockwise about the element's own centre."""

    angle = Tweened(-360, 360, required=True)


class SkewSchema(Schema):
    """How far an element leans, in shares of its other side."""

    x = Tweened(-3, 3, load_default=0)
    y = Tweened(-3, 3, load_default=0)


class FlipSchema(Schema):
    """Left for right, top for bottom."""

    horizontal = Flag(load_default=False)
    vertical = Flag(load_default=False)


class TransformSchema(Schema):
    """An element turned, leaning, mirrored."""

    rotate = Nested(RotateSchema)
    skew = Nested(SkewSchema)
    flip = Nested(FlipSchema)


class Fit(Word):
    """How a picture fills its box."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> str:
        if value == "cover":
            raise ValidationError(_COVER)
        return str(super()._deserialize(value, *rest, **more))


class ClipSchema(Schema):
    """One asset for a time; ``width`` and ``height`` are its box, by default the frame."""

    asset = OneOfType(assets.ASSETS, refused=assets.REFUSED, required=True)
    start = Timing("auto", required=True)
    length = Timing("auto", "end", above=True, required=True)
    transition = Nested(TransitionSchema)
    effect = Word(names.EFFECTS, load_default="none")
    filter = Word(names.FILTERS, load_default="none")
    fit = Fit(names.FITS, load_default="crop")
    scale = Tweened(0, 10, load_default=1)
    position = Position(load_default="center")
    offset = Nested(OffsetSchema)
    opacity = Tweened(0, 1, load_default=1)
    transform = Nested(TransformSchema)
    width = Whole(1, assets.MOST_WIDE)
    height = Whole(1, assets.MOST_HIGH)
    alias = String(
        validate=Regexp(
            r"[A-Za-z0-9_-]{1,64}\Z", error="Must be 1 to 64 letters, digits, '-' or '_'."
        )
    )


class TrackSchema(Schema):
    """Clips of one layer, each seen in its own time."""

    clips = List(Nested(ClipSchema), required=True, validate=Length(min=1, max=MOST_CLIPS))
