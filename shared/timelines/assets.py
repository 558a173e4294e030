"""What a clip can show or sound: one schema for each type of asset.

Sides, sizes and widths are in pixels, times in seconds; colours may be seen through.
"""

from collections.abc import Mapping

from marshmallow import Schema, ValidationError, validates_schema
from marshmallow.fields import Nested, String
from marshmallow.validate import Length

from shared.flags import Flag
from shared.jobs.fields import says_something
from shared.jobs.media import AUDIO, CAPTIONS, IMAGES, VIDEOS, Media
from shared.timelines import names
from shared.timelines.fields import LONGEST, Colour, Number, Tweened, Whole, Word

ANIMATIONS = ("image/gif",)
LONGEST_TEXT = 5_000
LONGEST_MARKUP = 100_000
MOST_WIDE, MOST_HIGH = 4096, 4096

_PLACES = tuple(names.POSITIONS)
_LEFT_TO_RIGHT, _TOP_TO_BOTTOM = ("left", "center", "right"), ("top", "center", "middle", "bottom")


def _width() -> Whole:
    return Whole(1, MOST_WIDE)


def _height() -> Whole:
    return Whole(1, MOST_HIGH)


def _text() -> String:
    return String(required=True, validate=[says_something, Length(max=LONGEST_TEXT)])


class CropSchema(Schema):
    """Shares of a picture that are cut off at each side, before it is fitted."""

    top = Number(0, 1, load_default=0)
    bottom = Number(0, 1, load_default=0)
    left = Number(0, 1, load_default=0)
    right = Number(0, 1, load_default=0)

    @validates_schema
    def _check(self, crop: Mapping[str, float], **_: object) -> None:
        for one, other in (("top", "bottom"), ("left", "right")):
            if crop[one] + crop[other] >= 1:
                raise ValidationError(f"Nothing is left between this and {other}.", one)


class ChromaKeySchema(Schema):
    """A colour that becomes clear: within ``threshold`` wholly, fading over ``halo``."""

    color = Colour(required=True)
    threshold = Number(0, 250, load_default=50)
    halo = Number(0, 250, load_default=20)


class VideoSchema(Schema):
    """A video from second ``trim`` on; past its end, its last frame stays and it is silent."""

    src = Media((*VIDEOS, *ANIMATIONS), required=True)
    trim = Number(0, LONGEST, load_default=0)
    volume = Tweened(0, 1, load_default=1)
    volumeEffect = Word(names.FADES, load_default="none")
    speed = Number(0, 10, above=True, load_default=1)
    crop = Nested(CropSchema)
    chromaKey = Nested(ChromaKeySchema)


class ImageSchema(Schema):
    """A picture, still or moving."""

    src = Media((*IMAGES, *ANIMATIONS), required=True)
    crop = Nested(CropSchema)


class AudioSchema(Schema):
    """The sound of a file from second ``trim`` on."""

    src = Media((*AUDIO, *VIDEOS), required=True)
    trim = Number(0, LONGEST, load_default=0)
    volume = Tweened(0, 1, load_default=1)
    speed = Number(0, 10, above=True, load_default=1)
    effect = Word(names.FADES, load_default="none")


class OffsetSchema(Schema):
    """Shares of the frame: to the right, and up."""

    x = Number(-10, 10, load_default=0)
    y = Number(-10, 10, load_default=0)


class TitleSchema(Schema):
    """A title in one of ten styles; ``size`` is a share of the frame's height."""

    text = _text()
    style = Word(names.TITLE_STYLES, load_default="minimal")
    size = Word(names.TITLE_SIZES, load_default="medium")
    color = Colour(load_default="#ffffff")
    background = Colour(load_default="transparent")
    position = Word(_PLACES)
    offset = Nested(OffsetSchema)


class HtmlSchema(Schema):
    """A page, drawn once without network, files or scripts; what its box does not hold is cut."""

    html = String(required=True, validate=[says_something, Length(max=LONGEST_MARKUP)])
    css = String(load_default="", validate=Length(max=LONGEST_MARKUP))
    width = _width()
    height = _height()
    background = Colour(load_default="transparent")
    position = Word(_PLACES)


class AlignmentSchema(Schema):
    """Where text lies in its box."""

    horizontal = Word(_LEFT_TO_RIGHT, load_default="center")
    vertical = Word(_TOP_TO_BOTTOM, load_default="center")


class StrokeSchema(Schema):
    """The outline of letters."""

    width = Number(0, 10, load_default=0)
    color = Colour(load_default="#000000")
    opacity = Number(0, 1, load_default=1)


class FontSchema(Schema):
    """The letters of a text; a family that is not known is replaced, with a warning."""

    family = String(load_default="Open Sans", validate=Length(min=1, max=100))
    color = Colour(load_default="#ffffff")
    opacity = Number(0, 1, load_default=1)
    size = Number(1, 500, load_default=32)
    weight = Whole(100, 900, load_default=400)
    lineHeight = Number(0.1, 10, load_default=1.2)


class BackgroundSchema(Schema):
    """The box behind a text."""

    color = Colour(load_default="transparent")
    opacity = Number(0, 1, load_default=1)
    padding = Number(0, 100, load_default=0)
    borderRadius = Number(0, 500, load_default=0)


class TextSchema(Schema):
    """Text in a box, by default as large as the frame."""

    text = _text()
    width = _width()
    height = _height()
    font = Nested(FontSchema, load_default=lambda: FontSchema().load({}))
    background = Nested(BackgroundSchema, load_default=lambda: BackgroundSchema().load({}))
    alignment = Nested(AlignmentSchema, load_default=lambda: AlignmentSchema().load({}))
    stroke = Nested(StrokeSchema)
    ellipsis = Flag(load_default=False)


class RichFontSchema(FontSchema):
    """The letters of a rich text: black unless said."""

    size = Number(1, 500, load_default=24)
    color = Colour(load_default="#000000")
    background = Colour()


class RichStyleSchema(Schema):
    """How the letters of a rich text stand."""

    letterSpacing = Number(-100, 500, load_default=0)
    lineHeight = Number(0.1, 10, load_default=1.2)
    textTransform = Word(("none", "uppercase", "lowercase", "capitalize"), load_default="none")
    textDecoration = Word(("none", "underline", "line-through"), load_default="none")


class ShadowSchema(Schema):
    """What the letters throw."""

    offsetX = Number(-500, 500, load_default=0)
    offsetY = Number(-500, 500, load_default=0)
    blur = Number(0, 100, load_default=0)
    color = Colour(load_default="#000000")
    opacity = Number(0, 1, load_default=0.5)


class BorderSchema(Schema):
    """The line around the box of a rich text."""

    width = Number(0, 100, load_default=0)
    color = Colour(load_default="#000000")
    opacity = Number(0, 1, load_default=1)
    radius = Number(0, 500, load_default=0)


class RichTextSchema(Schema):
    """Text with outline, shadow, box and border; in the box of its clip."""

    text = _text()
    font = Nested(RichFontSchema, load_default=lambda: RichFontSchema().load({}))
    style = Nested(RichStyleSchema, load_default=lambda: RichStyleSchema().load({}))
    stroke = Nested(StrokeSchema)
    shadow = Nested(ShadowSchema)
    background = Nested(BackgroundSchema)
    border = Nested(BorderSchema)
    padding = Number(0, 1000, load_default=0)
    align = Nested(AlignmentSchema, load_default=lambda: AlignmentSchema().load({}))


class CaptionFontSchema(FontSchema):
    """The letters of captions."""

    stroke = Colour()
    strokeWidth = Number(0, 10, load_default=0)


class MarginSchema(Schema):
    """Shares of the frame that captions leave free."""

    top = Number(0, 1)
    left = Number(0, 1)
    right = Number(0, 1)


class CaptionSchema(Schema):
    """Captions of an SRT or WebVTT file, each at its time."""

    src = Media(CAPTIONS, required=True)
    font = Nested(CaptionFontSchema, load_default=lambda: CaptionFontSchema().load({}))
    background = Nested(BackgroundSchema)
    margin = Nested(MarginSchema)
    trim = Number(0, LONGEST, load_default=0)
    speed = Number(0, 10, above=True, load_default=1)


class LumaSchema(Schema):
    """A mask for the clip of the same time on its track: black hides, white shows."""

    src = Media((*IMAGES, *ANIMATIONS, *VIDEOS), required=True)
    trim = Number(0, LONGEST, load_default=0)


class FillSchema(Schema):
    """What a shape is filled with."""

    color = Colour(load_default="#ffffff")
    opacity = Number(0, 1, load_default=1)


class OutlineSchema(Schema):
    """The line around a shape."""

    color = Colour(load_default="#000000")
    width = Number(0, 500, load_default=0)


class RectangleSchema(Schema):
    """A rectangle, its corners round by a radius."""

    width = Number(1, MOST_WIDE, required=True)
    height = Number(1, MOST_HIGH, required=True)
    cornerRadius = Number(0, MOST_WIDE, load_default=0)


class CircleSchema(Schema):
    """A circle."""

    radius = Number(1, MOST_WIDE, required=True)


class LineSchema(Schema):
    """A line from left to right."""

    length = Number(1, MOST_WIDE, required=True)
    thickness = Number(1, MOST_HIGH, required=True)


class ShapeSchema(Schema):
    """A rectangle, a circle or a line, in a box; the object of that name says its sizes."""

    shape = Word(("rectangle", "circle", "line"), required=True)
    width = _width()
    height = _height()
    fill = Nested(FillSchema, load_default=lambda: FillSchema().load({}))
    stroke = Nested(OutlineSchema)
    rectangle = Nested(RectangleSchema)
    circle = Nested(CircleSchema)
    line = Nested(LineSchema)

    @validates_schema
    def _check(self, asset: Mapping[str, object], **_: object) -> None:
        if asset["shape"] not in asset:
            raise ValidationError("Required by this shape.", str(asset["shape"]))


ASSETS: Mapping[str, type[Schema]] = {
    "video": VideoSchema,
    "image": ImageSchema,
    "title": TitleSchema,
    "text": TextSchema,
    "rich-text": RichTextSchema,
    "audio": AudioSchema,
    "html": HtmlSchema,
    "caption": CaptionSchema,
    "luma": LumaSchema,
    "shape": ShapeSchema,
}
REFUSED: Mapping[str, str] = {
    name: f"'{name}' is not made here: {instead}."
    for name, instead in {
        "rich-caption": "use 'caption'",
        "svg": "use 'image' or 'shape'",
        "html5": "no scripts are run; use 'html'",
        "text-to-image": "make the image first, by a job of its own, and use 'image'",
        "image-to-video": "make the video first, by a job of its own, and use 'video'",
        "text-to-speech": "bring the speech as 'audio'",
    }.items()
}
