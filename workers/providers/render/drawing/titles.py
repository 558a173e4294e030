"""Titles: ten styles in seven sizes."""

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workers.providers.render.drawing.sheet import Ink, Sheet, Size
from workers.providers.render.drawing.typesetting import (
    Align,
    Block,
    Face,
    Outline,
    plain,
    set_lines,
    shortened,
)
from workers.providers.render.meaning.semantics import POSITIONS
from workers.providers.render.parts import Planes

# Of the frame's height.
SIZES: Mapping[str, float] = {
    "xx-small": 0.025,
    "x-small": 0.035,
    "small": 0.05,
    "medium": 0.07,
    "large": 0.10,
    "x-large": 0.14,
    "xx-large": 0.19,
}
# What stays free at the borders of the box, as a share of its shorter side.
_MARGIN = 0.06
# In heights of a letter: what the box behind a title is larger than it.
_PADDING_X, _PADDING_Y = 0.4, 0.12
_DARK = (0, 0, 0)
# How often a title that is too high is set smaller.
_TRIES = 8
# How far letters may shrink for the sake of a word; how many of the longest words are looked at.
_SMALLEST, _LONG_WORDS, _LONGEST_WORD, _WIDE = 0.5, 3, 60, 16_000


@dataclass(frozen=True, kw_only=True)
class Style:
    """A face, and how it is used; lengths in heights of a letter.

    ``scale`` makes up for faces that look smaller than others of their size.
    """

    family: str
    weight: int = 400
    capitals: bool = False
    spacing: float = 0.0
    line: float = 1.2
    outline: float = 0.0
    scale: float = 1.0
    place: str = "center"


STYLES: Mapping[str, Style] = {
    "minimal": Style(family="Montserrat"),
    "blockbuster": Style(family="Anton", capitals=True, spacing=0.015, line=1.15),
    "vogue": Style(family="Playfair Display"),
    "sketchy": Style(family="Amatic SC", weight=700, line=1.1, scale=1.35),
    "skinny": Style(family="Lato Light", weight=300, spacing=0.01),
    "chunk": Style(family="Roboto Slab Black", weight=900, spacing=-0.01, line=1.1),
    "chunkLight": Style(family="Roboto Slab Light", weight=300),
    "marker": Style(family="Permanent Marker", line=1.15),
    "future": Style(family="Orbitron", weight=700, spacing=0.03),
    "subtitle": Style(family="Open Sans", weight=600, outline=0.05, place="bottom"),
}


def draw(asset: Mapping[str, Any], box: Size, frame: Size) -> Planes:
    """Draw a title into a box; its ``offset`` is in shares of the frame, up.

    A title that is too high for its box is set smaller.
    """
    style = STYLES[asset.get("style", "minimal")]
    x, y = POSITIONS[asset.get("position") or style.place]
    margin = round(_MARGIN * min(box))
    inner = max(1, box[0] - 2 * margin), max(1, box[1] - 2 * margin)
    face, block = _set(asset, style, inner, frame, _align(x))
    offset = asset.get("offset") or {}
    left = margin + round(offset.get("x", 0) * frame[0])
    top = margin + round((inner[1] - block.height) * (1 + y) / 2 - offset.get("y", 0) * frame[1])
    sheet = Sheet(box)
    behind = Ink.read(asset.get("background", "transparent"))
    if behind.is_seen:
        across, down = _PADDING_X * face.size, _PADDING_Y * face.size
        edges = (
            left + block.left - across,
            top - down,
            left + block.left + block.width + across,
            top + block.height + down,
        )
        sheet.fill(edges, behind)
    outline = Outline(width=style.outline * face.size, ink=Ink(_DARK, 0.75 * face.ink.opacity))
    block.lay(sheet, left, top, outline if style.outline else None)
    return sheet.planes()


def _set(
    asset: Mapping[str, Any], style: Style, inner: Size, frame: Size, align: Align
) -> tuple[Face, Block]:
    text = asset["text"].upper() if style.capitals else asset["text"]
    ink = Ink.read(asset.get("color", "#ffffff"))
    size = SIZES[asset.get("size", "medium")] * style.scale * frame[1]
    size *= _share_for_words(text, _face(style, size, ink), inner[0])
    for _ in range(_TRIES):
        face = _face(style, size, ink)
        block = set_lines(plain(shortened(text, face, inner)), face, width=inner[0], align=align)
        if block.height <= inner[1]:
            break
        # Half as high letters need a fourth of the room.
        size *= min(0.95, math.sqrt(inner[1] / block.height))
    return face, block


def _face(style: Style, size: float, ink: Ink) -> Face:
    return Face(
        size=size,
        family=style.family,
        weight=style.weight,
        line=style.line * size,
        spacing=style.spacing * size,
        ink=ink,
    )


def _share_for_words(text: str, face: Face, width: int) -> float:
    """Return by how much letters must shrink so that no word is broken, within reason."""
    words = sorted(set(text.split()), key=len)[-_LONG_WORDS:]
    letters = (word[:_LONGEST_WORD] for word in words if not _is_written_without_blanks(word))
    widest = max((set_lines(plain(one), face, width=_WIDE).width for one in letters), default=0)
    # A hair less, for what stands out of the letters of a line.
    return max(_SMALLEST, min(1.0, 0.98 * width / widest)) if widest > width else 1.0


def _is_written_without_blanks(word: str) -> bool:
    return any(unicodedata.east_asian_width(letter) == "W" for letter in word)


def _align(x: float) -> Align:
    return "center" if x == 0 else "left" if x < 0 else "right"
