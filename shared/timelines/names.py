"""The words of a timeline: moves, filters, places, sizes, rates."""

from collections.abc import Mapping
from fractions import Fraction

_SIDES = ("Left", "Right", "Up", "Down")
_CORNERS = (
    "TopRight", "RightTop", "RightBottom", "BottomRight",
    "BottomLeft", "LeftBottom", "LeftTop", "TopLeft",
)  # fmt: skip
_SPEEDS = ("", "Slow", "Fast")


def _at_every_speed(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}{speed}" for name in names for speed in _SPEEDS)


TRANSITIONS = (
    "none",
    "zoom",
    *_at_every_speed(
        "fade",
        "reveal",
        *(f"{move}{side}" for move in ("slide", "wipe", "carousel") for side in _SIDES),
        *(f"shuffle{corner}" for corner in _CORNERS),
    ),
)
EFFECTS = ("none", *_at_every_speed("zoomIn", "zoomOut", *(f"slide{side}" for side in _SIDES)))
FILTERS = (
    "none", "blur", "boost", "contrast", "darken", "greyscale", "lighten", "muted", "negative",
)  # fmt: skip
FITS = ("crop", "contain", "stretch", "none")
FADES = ("none", "fadeIn", "fadeOut", "fadeInFadeOut")

# Where an element lies flush, from -1 to 1: to the right, and down.
POSITIONS: Mapping[str, tuple[int, int]] = {
    "center": (0, 0),
    "top": (0, -1),
    "topRight": (1, -1),
    "right": (1, 0),
    "bottomRight": (1, 1),
    "bottom": (0, 1),
    "bottomLeft": (-1, 1),
    "left": (-1, 0),
    "topLeft": (-1, -1),
}

INTERPOLATIONS = ("linear", "bezier", "constant")
EASINGS = (
    "ease", "easeIn", "easeOut", "easeInOut",
    *(
        f"{when}{curve}"
        for when in ("easeIn", "easeOut", "easeInOut")
        for curve in ("Quad", "Cubic", "Quart", "Quint", "Sine", "Expo", "Circ", "Back")
    ),
)  # fmt: skip

TITLE_STYLES = (
    "minimal", "blockbuster", "vogue", "sketchy", "skinny",
    "chunk", "chunkLight", "marker", "future", "subtitle",
)  # fmt: skip
TITLE_SIZES = ("xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large")

PICTURES = ("jpg", "png")
SOUNDS = ("mp3", "wav")
FORMATS = ("mp4", "webm", "gif", *SOUNDS, *PICTURES)
QUALITIES = ("verylow", "low", "medium", "high", "veryhigh")
# Width and height at 16:9, in pixels; frames a second.
RESOLUTIONS: Mapping[str, tuple[int, int, int]] = {
    "preview": (512, 288, 15),
    "mobile": (640, 360, 25),
    "sd": (1024, 576, 25),
    "hd": (1280, 720, 25),
    "1080": (1920, 1080, 25),
    "4k": (3840, 2160, 25),
}
ASPECT_RATIOS: Mapping[str, Fraction] = {
    ratio: Fraction(*map(int, ratio.split(":"))) for ratio in ("16:9", "9:16", "1:1", "4:5", "4:3")
}
# What broadcasters write with a comma is so many thousands and one.
_NTSC = {23.976: Fraction(24_000, 1001), 29.97: Fraction(30_000, 1001)} | {
    59.94: Fraction(60_000, 1001)
}
LEAST_RATE, MOST_RATE = 1, 60


def frame_rate(written: float) -> Fraction:
    """Return frames a second exactly: 29.97 is 30000/1001."""
    return _NTSC.get(written) or Fraction(written).limit_denominator(1001)


def frame_size(resolution: str, aspect_ratio: str) -> tuple[int, int]:
    """Return width and height, both even; the shorter side is the resolution's."""
    _, short, _ = RESOLUTIONS[resolution]
    ratio = ASPECT_RATIOS[aspect_ratio]
    width, height = (short * ratio, short) if ratio >= 1 else (short, short / ratio)
    return 2 * round(width / 2), 2 * round(height / 2)
