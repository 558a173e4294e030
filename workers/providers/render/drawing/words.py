"""Titles and texts, drawn into their box."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, cast

from workers.providers.render.drawing import titles
from workers.providers.render.drawing.sheet import Edges, Ink, Sheet, Size
from workers.providers.render.drawing.typesetting import (
    Align,
    Block,
    Face,
    Outline,
    Shadow,
    plain,
    set_lines,
    shortened,
)
from workers.providers.render.parts import Planes

_WORD = re.compile(r"\S+")
_ELLIPSIS = "…"
_CHANGES: Mapping[str, Callable[[str], str]] = {
    "uppercase": str.upper,
    "lowercase": str.lower,
    "capitalize": lambda text: _WORD.sub(lambda word: word[0][:1].upper() + word[0][1:], text),
}
_Decoration = Literal["none", "underline", "line-through"]


def draw(asset: Mapping[str, Any], box: Size, frame: Size) -> Planes:
    """Draw an asset ``title``, ``text`` or ``rich-text`` at exactly the size of its box.

    Sizes are in pixels of the frame. Raises :class:`~shared.errors.InputUnusable`.
    """
    if asset["type"] == "title":
        return titles.draw(asset, box, frame)
    return _draw_text(asset, box, hugs=box == frame)


def _draw_text(asset: Mapping[str, Any], box: Size, *, hugs: bool) -> Planes:
    """Draw a text; what is behind it fills its box, or hugs the lines if that is the frame."""
    face = face_of(asset)
    behind, border = asset.get("background") or {}, asset.get("border") or {}
    padding = round(asset.get("padding", 0) + behind.get("padding", 0) + border.get("width", 0))
    inner = max(1, box[0] - 2 * padding), max(1, box[1] - 2 * padding)
    align = asset.get("align") or asset.get("alignment") or {}
    across = cast(Align, align.get("horizontal", "center"))
    block = _block(asset, face, inner, across)
    top = padding + _down(align.get("vertical", "center"), inner[1] - block.height)
    edges: Edges = (0, 0, *box)
    if hugs:
        left = padding + block.left
        edges = left, top, left + block.width, top + block.height
        edges = edges[0] - padding, edges[1] - padding, edges[2] + padding, edges[3] + padding
    sheet = Sheet(box)
    _draw_box(sheet, edges, behind, border)
    block.lay(sheet, padding, top, outline_of(asset.get("stroke"), face), _shadow(asset))
    return sheet.planes()


def face_of(asset: Mapping[str, Any]) -> Face:
    """Return how the letters of a text, a rich text or a caption look."""
    font, style = asset.get("font") or {}, asset.get("style") or {}
    size = font.get("size", 32)
    line = style.get("lineHeight", font.get("lineHeight", 1.2))
    behind = font.get("background")
    return Face(
        size=size,
        family=font.get("family", "Open Sans"),
        weight=font.get("weight", 400),
        line=line * size,
        spacing=style.get("letterSpacing", 0),
        ink=Ink.read(font.get("color", "#ffffff"), font.get("opacity", 1)),
        behind=Ink.read(behind) if behind else None,
        decoration=cast(_Decoration, style.get("textDecoration", "none")),
    )


def outline_of(stroke: Mapping[str, Any] | None, face: Face) -> Outline | None:
    """Return the outline of letters, which fades with them."""
    if not stroke or not stroke.get("width"):
        return None
    share = stroke.get("opacity", 1) * face.ink.opacity
    return Outline(width=stroke["width"], ink=Ink.read(stroke.get("color", "#000000"), share))


def _block(asset: Mapping[str, Any], face: Face, inner: Size, align: Align) -> Block:
    change = _CHANGES.get((asset.get("style") or {}).get("textTransform", "none"))
    text = change(asset["text"]) if change else asset["text"]
    text = shortened(text, face, inner)
    block = set_lines(plain(text), face, width=inner[0], align=align)
    if not asset.get("ellipsis") or block.height <= inner[1]:
        return block
    return _cut(text, face, inner, align)


def _cut(text: str, face: Face, inner: Size, align: Align) -> Block:
    """Return as much of a text as a box holds, and a sign that there is more."""

    def cut(letters: int) -> Block:
        kept = text[:letters].rstrip() + _ELLIPSIS
        return set_lines(plain(kept), face, width=inner[0], align=align)

    fits, too_much = 0, len(text)
    while too_much - fits > 1:
        middle = (fits + too_much) // 2
        if cut(middle).height <= inner[1]:
            fits = middle
        else:
            too_much = middle
    return cut(fits)


def _down(vertical: str, free: int) -> int:
    return {"top": 0, "bottom": free}.get(vertical, round(free / 2))


def _shadow(asset: Mapping[str, Any]) -> Shadow | None:
    given = asset.get("shadow")
    if not given:
        return None
    ink = Ink.read(given.get("color", "#000000"), given.get("opacity", 0.5))
    # As in CSS, where blur is twice the deviation.
    return Shadow(
        right=given.get("offsetX", 0),
        down=given.get("offsetY", 0),
        blur=given.get("blur", 0) / 2,
        ink=replace(ink, opacity=ink.opacity * face_of(asset).ink.opacity),
    )


def _draw_box(
    sheet: Sheet, edges: Edges, behind: Mapping[str, Any], border: Mapping[str, Any]
) -> None:
    """Draw what is behind a text, and the line around it, which lies inside of the edge."""
    radius = border.get("radius") or behind.get("borderRadius") or 0
    ink = Ink.read(behind.get("color", "transparent"), behind.get("opacity", 1))
    sheet.fill(edges, ink, radius)
    if line := border.get("width", 0):
        ink = Ink.read(border.get("color", "#000000"), border.get("opacity", 1))
        sheet.frame(edges, ink, line, radius)
