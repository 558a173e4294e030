"""A clear sheet of the size of a box, on which layers are laid: boxes, lines of text, shadows."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pyvips
from numpy.typing import NDArray

from workers.providers.render import colour
from workers.providers.render.colours import read_colour
from workers.providers.render.parts import Plane, Planes
from workers.providers.render.reading import vips

Size = tuple[int, int]
# Left, top, right and bottom of a box.
Edges = tuple[float, float, float, float]
RGBA = NDArray[np.uint8]


@dataclass(frozen=True)
class Ink:
    """A colour: red, green and blue, 0 to 255, and a share of 1 by which it covers."""

    rgb: tuple[int, int, int]
    opacity: float = 1.0

    @classmethod
    def read(cls, text: str, opacity: float = 1.0) -> "Ink":
        """Read ``#rgb``, ``#rrggbb``, ``#aarrggbb`` or ``transparent``."""
        red, green, blue, share = read_colour(text)
        return cls((red, green, blue), share / 255 * opacity)

    @property
    def is_seen(self) -> bool:
        """Whether it covers anything."""
        return self.opacity > 0

    @property
    def hexadecimal(self) -> str:
        """As ``#rrggbb``."""
        return "#{:02x}{:02x}{:02x}".format(*self.rgb)


class Sheet:
    """What is laid on it is cut at its edges; later layers cover earlier ones."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._layers: list[tuple[RGBA, int, int]] = []

    def lay(self, pixels: RGBA, left: int, top: int) -> None:
        """Lay pixels with an opacity at a place; they are not multiplied by it."""
        rows, columns = pixels.shape[:2]
        width, height = self._size
        cut_left, cut_top = max(0, -left), max(0, -top)
        kept = pixels[cut_top : max(0, height - top), cut_left : max(0, width - left)]
        if kept.size and rows and columns:
            self._layers.append((kept, left + cut_left, top + cut_top))

    def tint(self, mask: Plane, ink: Ink, left: int = 0, top: int = 0) -> None:
        """Lay an ink where a mask is white."""
        if ink.is_seen:
            self.lay(tinted(mask, ink), left, top)

    def fill(self, edges: Edges, ink: Ink, radius: float = 0.0) -> None:
        """Lay a box with round corners, its edges smooth."""
        self._lay_box(edges, ink, lambda size, box: _inside(size, box, radius))

    def frame(self, edges: Edges, ink: Ink, line: float, radius: float = 0.0) -> None:
        """Lay a line along the inside of the edges of a box with round corners."""

        def ring(size: Size, box: Edges) -> Plane:
            left, top, right, bottom = box
            hole = left + line, top + line, right - line, bottom - line
            rounded = _inside(size, hole, max(0.0, radius - line))
            return np.asarray(cv2.subtract(_inside(size, box, radius), rounded), np.uint8)

        self._lay_box(edges, ink, ring)

    def _lay_box(self, edges: Edges, ink: Ink, mask: Callable[[Size, Edges], Plane]) -> None:
        """Lay what a mask shows of a box; made for the part of the sheet that it covers."""
        width, height = self._size
        left, top = max(0, math.floor(edges[0])), max(0, math.floor(edges[1]))
        right, bottom = min(width, math.ceil(edges[2])), min(height, math.ceil(edges[3]))
        if right > left and bottom > top:
            moved = edges[0] - left, edges[1] - top, edges[2] - left, edges[3] - top
            self.tint(mask((right - left, bottom - top), moved), ink, left, top)

    def planes(self) -> Planes:
        """Return all that lies on it."""
        width, height = self._size
        whole = pyvips.Image.black(width, height, bands=4).copy(interpretation="srgb")
        if self._layers:
            whole = whole.composite(
                [vips.picture(pixels) for pixels, _, _ in self._layers],
                "over",
                x=[left for _, left, _ in self._layers],
                y=[top for _, _, top in self._layers],
            )
        return colour.from_rgb(vips.pixels(whole))


def tinted(mask: Plane, ink: Ink) -> RGBA:
    """Return pixels of one colour, as opaque as a mask and the ink say."""
    rows, columns = mask.shape
    pixels = np.empty((rows, columns, 4), np.uint8)
    pixels[..., :3] = ink.rgb
    pixels[..., 3] = faded(mask, ink.opacity)
    return pixels


def faded(mask: Plane, opacity: float) -> Plane:
    """Return a mask that covers by a share of what it did."""
    return mask if opacity >= 1 else np.asarray(cv2.convertScaleAbs(mask, alpha=opacity), np.uint8)


def outside(size: Size, box: Edges, radius: float) -> NDArray[np.float32]:
    """Return how far each pixel lies outside of a box with round corners; inside is negative."""
    left, top, right, bottom = box
    radius = max(0.0, min(radius, (right - left) / 2, (bottom - top) / 2))
    xs = np.arange(size[0], dtype=np.float32)[None] + 0.5
    ys = np.arange(size[1], dtype=np.float32)[:, None] + 0.5
    across = np.abs(xs - (left + right) / 2) - ((right - left) / 2 - radius)
    down = np.abs(ys - (top + bottom) / 2) - ((bottom - top) / 2 - radius)
    beyond = np.hypot(np.maximum(across, 0), np.maximum(down, 0))
    return np.asarray(beyond + np.minimum(np.maximum(across, down), 0) - radius, np.float32)


def covered(distance: NDArray[np.float32]) -> Plane:
    """Return how much of each pixel lies within, by how far its middle lies outside."""
    return np.asarray(np.clip((0.5 - distance) * 255 + 0.5, 0, 255), np.uint8)


def _inside(size: Size, box: Edges, radius: float) -> Plane:
    return covered(outside(size, box, radius))
