"""Text set in lines: shaped, wrapped, in whatever script, by Pango; with its outline and shadow."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

import cv2
import numpy as np
import pyvips

from shared.errors import InputUnusable
from workers.providers.render.drawing import fonts
from workers.providers.render.drawing.sheet import RGBA, Ink, Sheet, faded, tinted
from workers.providers.render.parts import Plane
from workers.providers.render.reading import vips

Align = Literal["left", "center", "right"]

WHITE = Ink((255, 255, 255))

_ALIGNMENTS: Mapping[Align, str] = {"left": "low", "center": "centre", "right": "high"}
_MIRRORED: Mapping[Align, Align] = {"left": "right", "center": "center", "right": "left"}
# Pango counts in these parts of a pixel.
_UNITS = 1024
# No markup may have them: what is left of the signs that control machines.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_TAG = re.compile("<[^>]*>")
_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# A line that is set below the others, to see where they end: its sign stands on its line.
_MEASURE = "H"
# How many letters of the narrowest kind fit a square of their height, and more to be sure.
_NARROW, _MORE = 4, 20
_HIGHEST = 16_384


@dataclass(frozen=True, kw_only=True)
class Face:
    """How letters look; lengths in pixels. ``line`` is from line to line, 0 for what is usual."""

    size: float
    family: str = fonts.DEFAULT
    weight: int = 400
    line: float = 0.0
    spacing: float = 0.0
    italic: bool = False
    ink: Ink = WHITE
    behind: Ink | None = None
    decoration: Literal["none", "underline", "line-through"] = "none"


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A line around letters, standing out by ``width`` pixels."""

    width: float
    ink: Ink


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """What letters throw; in pixels, ``blur`` being the deviation of a gaussian."""

    right: float
    down: float
    blur: float
    ink: Ink


@dataclass(frozen=True, kw_only=True)
class Block:
    """Lines of text. ``left`` and ``top`` are where the pixels lie in a box of ``height``."""

    pixels: RGBA
    left: int
    top: int
    height: int

    @property
    def width(self) -> int:
        """How wide what is seen of it is."""
        return int(self.pixels.shape[1])

    def lay(
        self,
        sheet: Sheet,
        left: int,
        top: int,
        outline: Outline | None = None,
        shadow: Shadow | None = None,
    ) -> None:
        """Lay it on a sheet, the corner of its box at a place."""
        left, top = left + self.left, top + self.top
        reach = math.ceil(outline.width) + 1 if outline else 0
        shape = _padded(self.pixels[..., 3], reach)
        if outline:
            shape = _grown(shape, outline.width)
        if shadow and shadow.ink.is_seen:
            _throw(sheet, shape, shadow, left - reach, top - reach)
        if outline and outline.ink.is_seen:
            sheet.lay(tinted(shape, outline.ink), left - reach, top - reach)
        sheet.lay(self.pixels, left, top)


def plain(text: str) -> str:
    """Return a text as markup that shows it as it is."""
    return escape(_CONTROLS.sub("", _NEWLINES.sub("\n", text)))


def shortened(text: str, face: Face, box: tuple[int, int]) -> str:
    """Return no more of a text than a box could ever show; a few letters need not fill memory."""
    width, height = box
    most = int(_NARROW * width * height / (face.size * face.size)) + _MORE
    lines = text[:most].split("\n")
    return "\n".join(lines[: int(2 * height / face.size) + _MORE])


def set_lines(markup: str, face: Face, *, width: int, align: Align = "center") -> Block:
    """Set markup in lines of at most so many pixels; raises :class:`InputUnusable`."""
    fonts.ready()
    dressed = _dressed(markup, face)
    picture = _picture(dressed, face, width, align)
    foot = _foot(_picture(_dressed(_MEASURE, face), face, width, align))
    # Last, so that it does not tell from where the text is written.
    under = _picture(_dressed(f"{markup}\n{_MEASURE}", face), face, width, align)
    if picture is None:
        pixels = np.zeros((1, 1, 4), np.uint8)
        return Block(pixels=pixels, left=0, top=0, height=_foot(under) - foot)
    pixels = np.array(vips.pixels(picture))
    pixels[..., 3] = faded(pixels[..., 3], face.ink.opacity)
    return Block(
        pixels=pixels,
        left=picture.xoffset,
        top=picture.yoffset,
        height=_foot(under) - foot,
    )


def _dressed(markup: str, face: Face) -> str:
    marks = {
        "font_family": fonts.family(face.family),
        "size": str(round(face.size * _UNITS)),
        "weight": str(face.weight),
        "style": "italic" if face.italic else "normal",
        "foreground": face.ink.hexadecimal,
        "letter_spacing": str(round(face.spacing * _UNITS)),
    }
    if face.line:
        marks["line_height"] = str(max(_UNITS + 1, round(face.line * _UNITS)))
    if face.behind and face.behind.is_seen:
        marks["background"] = face.behind.hexadecimal
        marks["bgalpha"] = f"{max(1, round(face.behind.opacity * 100))}%"
    if face.decoration == "underline":
        marks["underline"] = "single"
    if face.decoration == "line-through":
        marks["strikethrough"] = "true"
    written = " ".join(f"{name}={quoteattr(_CONTROLS.sub('', v))}" for name, v in marks.items())
    return f"<span {written}>{markup}</span>"


def _picture(markup: str, face: Face, width: int, align: Align) -> pyvips.Image | None:
    """Return what is seen of markup; nothing if that is blank."""
    try:
        picture = pyvips.Image.text(
            markup,
            font=f"{fonts.DEFAULT} {face.size:.3f}",
            width=max(1, width),
            align=_ALIGNMENTS[_mirrored(align) if _is_right_to_left(markup) else align],
            wrap="word-char",
            dpi=72,
            rgba=True,
        )
    except vips.Unreadable as error:
        if "no text" in str(error):
            return None
        raise InputUnusable("A text cannot be set: it is too large for its letters.") from None
    if picture.height > _HIGHEST:
        raise InputUnusable(f"A text is {picture.height:,} pixels high when it is set.")
    return picture


def _is_right_to_left(text: str) -> bool:
    """Say whether a text is written from the right, by its first letter that tells."""
    told = (unicodedata.bidirectional(letter) for letter in _TAG.sub("", text))
    return next((one in {"R", "AL"} for one in told if one in {"L", "R", "AL"}), False)


def _mirrored(align: Align) -> Align:
    """Return how to ask Pango, which takes the left for where a line begins."""
    return _MIRRORED[align]


def _foot(picture: pyvips.Image | None) -> int:
    return picture.yoffset + picture.height if picture is not None else 0


def _padded(mask: Plane, by: int) -> Plane:
    return np.pad(mask, by) if by else mask


def _grown(mask: Plane, by: float) -> Plane:
    """Return a mask grown by a length to all sides; between whole pixels it is in between."""
    low, high = _dilated(mask, math.floor(by)), _dilated(mask, math.ceil(by))
    share = by - math.floor(by)
    return np.asarray(cv2.addWeighted(low, 1 - share, high, share, 0), np.uint8)


def _dilated(mask: Plane, radius: int) -> Plane:
    if radius == 0:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(cv2.dilate(mask, disc), np.uint8)


def _throw(sheet: Sheet, shape: Plane, shadow: Shadow, left: int, top: int) -> None:
    reach = math.ceil(3 * shadow.blur)
    cast = _padded(shape, reach)
    if shadow.blur:
        cast = np.asarray(cv2.GaussianBlur(cast, (0, 0), shadow.blur), np.uint8)
    sheet.tint(
        cast, shadow.ink, left - reach + round(shadow.right), top - reach + round(shadow.down)
    )
