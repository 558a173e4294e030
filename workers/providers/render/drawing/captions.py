"""Captions as a moving picture: what is said shows below, and nothing while nobody speaks."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from workers.providers.render.drawing import subtitles
from workers.providers.render.drawing.sheet import Ink, Sheet, Size
from workers.providers.render.drawing.typesetting import Outline, set_lines
from workers.providers.render.drawing.words import face_of
from workers.providers.render.parts import Planes

# Shares of the frame that stay free: beside captions, and below them.
_BESIDE, _BELOW = 0.08, 0.06
# Captions without a box or an outline have one of so many heights of their letters.
_OUTLINE, _DARK = 0.07, Ink((0, 0, 0), 0.85)


def open(path: Path, asset: Mapping[str, Any], box: Size, frame: Size) -> "Captions":
    """Open a caption file; raises :class:`SourceUnusable`."""
    return Captions(subtitles.read(path), asset, box, frame)


class Captions:
    """Captions in a box, by the seconds of their file."""

    def __init__(
        self, cues: Sequence[subtitles.Cue], asset: Mapping[str, Any], box: Size, frame: Size
    ) -> None:
        self._cues, self._asset, self._box, self._frame = cues, asset, box, frame
        self._starts = [cue.start for cue in cues]
        self._longest = max((cue.end - cue.start for cue in cues), default=Fraction(0))
        self._blank = Sheet(box).planes()
        self._shown: tuple[str, Planes] = "", self._blank

    def at(self, time: Fraction) -> Planes:
        """Return what shows at a second; the same object while it is the same."""
        markup = "\n".join(self._said(time))
        if not markup:
            return self._blank
        if self._shown[0] != markup:
            self._shown = markup, self._draw(markup)
        return self._shown[1]

    def close(self) -> None:
        """Give back what it holds."""
        self._shown = "", self._blank

    def _said(self, time: Fraction) -> list[str]:
        first = bisect_right(self._starts, time - self._longest)
        last = bisect_right(self._starts, time)
        return [cue.markup for cue in self._cues[max(0, first - 1) : last] if time < cue.end]

    def _draw(self, markup: str) -> Planes:
        width, height = self._box
        face = face_of(self._asset)
        behind, margin = self._asset.get("background") or {}, self._asset.get("margin") or {}
        padding = behind.get("padding", 0)
        left = round(margin.get("left", _BESIDE) * width)
        right = round(margin.get("right", _BESIDE) * width)
        block = set_lines(markup, face, width=max(1, width - left - right))
        top = height - round(_BELOW * height) - padding - block.height
        if "top" in margin:
            top = round(margin["top"] * height) + padding
        sheet = Sheet(self._box)
        ink = Ink.read(behind.get("color", "transparent"), behind.get("opacity", 1))
        edges = (
            left + block.left - padding,
            top - padding,
            left + block.left + block.width + padding,
            top + block.height + padding,
        )
        if ink.is_seen:
            sheet.fill(edges, ink, behind.get("borderRadius", 0))
        block.lay(sheet, left, top, self._edge(face.size, has_box=ink.is_seen))
        return sheet.planes()

    def _edge(self, size: float, *, has_box: bool) -> Outline | None:
        """Return the outline that is asked for, or what makes letters legible over anything."""
        font = self._asset.get("font") or {}
        if font.get("stroke") and font.get("strokeWidth"):
            ink = Ink.read(font["stroke"], font.get("opacity", 1))
            return Outline(width=font["strokeWidth"], ink=ink)
        if has_box or "stroke" in font:
            return None
        return Outline(width=_OUTLINE * size, ink=_DARK)
