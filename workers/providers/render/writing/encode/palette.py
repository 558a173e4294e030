"""The 256 colours of a GIF: chosen by what its frames have, and painted with by a table."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.providers.render.meaning.script import Size

Pixels = NDArray[np.uint8]

# So many pixels of each frame are looked at.
_OF_EACH = 16_384
# The last of 256 is clear: what does not change from one frame to the next is left as it is.
_COLOURS = 255
# Steps of each of red, green and blue: of what is counted, and of the table.
_COUNTED, _STEPS = 32, 64
# How often colours are moved into the middle of what they stand for.
_ROUNDS = 4
_ROW = 64
# By how much a pattern moves colours up and down, of 256.
_DITHER = 10


class Palette:
    """Looks at frames of one size, in RGB; then chooses, then paints."""

    def __init__(self, size: Size) -> None:
        width, height = size
        self._stride = max(1, width * height // _OF_EACH)
        self._begin = 0
        self._counts = np.zeros(_COUNTED**3)
        self._sums = np.zeros((_COUNTED**3, 3))
        self._up, self._down = _pattern(size)
        self._table = np.zeros(0, np.uint8)
        self.argb = np.zeros((256, 4), np.uint8)

    def look(self, pixels: Pixels) -> None:
        """Count what colours a frame has, elsewhere each time."""
        self._begin = (self._begin + 7) % self._stride
        seen = pixels.reshape(-1, 3)[self._begin :: self._stride]
        bins = _number(seen, _COUNTED)
        self._counts += np.bincount(bins, minlength=len(self._counts))
        for channel in range(3):
            self._sums[:, channel] += np.bincount(bins, seen[:, channel], len(self._counts))

    def choose(self) -> None:
        """Choose the colours, and find the nearest of them for every other."""
        there = self._counts > 0
        # Of what is seldom, letters for one, some is kept too: so the root.
        weights = np.sqrt(self._counts[there])
        seen = self._sums[there] / self._counts[there, np.newaxis]
        colours = _middles(seen, weights, _cut(seen, weights))
        self.argb[: len(colours), 0] = 255
        self.argb[: len(colours), 1:] = colours.round()
        steps = np.arange(_STEPS) * (256 / _STEPS) + 128 / _STEPS
        every = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1)
        self._table = _nearest(every.reshape(-1, 3), colours).astype(np.uint8)

    def painted(self, pixels: Pixels) -> Pixels:
        """Return a frame as numbers of colours; a pattern stands for those between them."""
        moved: Any = cv2.subtract(cv2.add(pixels, self._up), self._down)
        painted: Pixels = self._table.take(_number(moved, _STEPS))
        return painted


def _number(pixels: Pixels, steps: int) -> NDArray[np.int32]:
    """Return which cell of a cube of so many steps each pixel falls into."""
    cells = pixels // (256 // steps)
    red, green, blue = (cells[..., channel].astype(np.int32) for channel in range(3))
    return (red * steps + green) * steps + blue


def _cut(seen: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return colours to begin with: by the median cut, of what is seen as often as it weighs."""
    times = np.ceil(weights * (200_000 / weights.sum())).astype(int)
    repeated = np.repeat(seen.round().astype(np.uint8), times, axis=0)
    rows = np.resize(repeated, (-(-len(repeated) // _ROW), _ROW, 3))
    cut = Image.fromarray(rows).quantize(_COLOURS, Image.Quantize.MEDIANCUT)
    return np.asarray(cut.getpalette(), np.float64).reshape(-1, 3)


def _middles(
    seen: NDArray[np.float64], weights: NDArray[np.float64], colours: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the colours, each moved into the middle of what is nearest to it (k-means)."""
    for _ in range(_ROUNDS):
        nearest = _nearest(seen, colours)
        whole = np.bincount(nearest, weights, len(colours))
        sums = [np.bincount(nearest, weights * one, len(colours)) for one in seen.T]
        middles = np.stack(sums, axis=-1) / np.maximum(whole, 1e-9)[:, np.newaxis]
        colours = np.where(whole[:, np.newaxis] > 0, middles, colours)
    return colours


def _nearest(seen: NDArray[np.float64], colours: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the number of the nearest colour for each that is seen."""
    low, few = colours.astype(np.float32), seen.astype(np.float32)
    lengths = (low**2).sum(axis=1)
    parts = np.array_split(few, len(few) // 8192 + 1)
    return np.concatenate([(lengths - 2 * part @ low.T).argmin(axis=1) for part in parts])


def _pattern(size: Size) -> tuple[Pixels, Pixels]:
    """Return what an ordered pattern of 8 by 8 adds to each pixel, and what it takes away."""
    order = np.zeros((1, 1))
    for _ in range(3):
        order = np.block([[4 * order, 4 * order + 2], [4 * order + 3, 4 * order + 1]])
    width, height = size
    shift = np.round((order - 31.5) / 64 * _DITHER)
    tiled = np.tile(shift, (height // 8 + 1, width // 8 + 1))[:height, :width, np.newaxis]
    all_three = np.repeat(tiled, 3, axis=2)
    return all_three.clip(0).astype(np.uint8), (-all_three).clip(0).astype(np.uint8)
