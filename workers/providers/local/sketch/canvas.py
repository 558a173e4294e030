"""The picture while it is being painted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from workers.providers.local.sketch import noise
from workers.providers.local.sketch.colour import Plane, Rgb


@dataclass(frozen=True)
class Canvas:
    """Red, green and blue planes, nominally from 0 to 1; light may overshoot until the finish."""

    planes: Plane

    @staticmethod
    def blank(width: int, height: int) -> "Canvas":
        """Return a black canvas."""
        return Canvas(np.zeros((3, height, width), dtype=np.float32))

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.planes.shape[2])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.planes.shape[1])

    @property
    def unit(self) -> float:
        """The length that things in the picture are measured by, whatever its shape."""
        short, long = sorted((self.width, self.height))
        return float(min((short * long) ** 0.5, short * 1.25))

    def fill(self, colours: Plane) -> None:
        """Cover everything with a small colour picture, stretched smoothly."""
        for plane, colour in zip(self.planes, colours, strict=True):
            plane[:] = noise.resize(colour, self.height, self.width)

    def blend(
        self,
        mask: Plane,
        colour: Rgb | Plane | Iterable[Plane],
        *,
        top: int = 0,
        left: int = 0,
        strength: float = 1,
    ) -> None:
        """Lay a colour, or a coloured piece, over the picture where the mask is.

        The planes of a piece may come one by one, so that only one needs to be held.
        """
        target, window = self._window(mask.shape, top, left)
        mask = mask[window] if strength == 1 else mask[window] * np.float32(strength)
        for plane, tone in zip(target, _tones(colour, window), strict=True):
            plane += mask * (tone - plane)

    def glow(
        self, mask: Plane, colour: Rgb, *, top: int = 0, left: int = 0, strength: float = 1
    ) -> None:
        """Add light where the mask is."""
        target, window = self._window(mask.shape, top, left)
        for plane, tone in zip(target, colour, strict=True):
            plane += mask[window] * np.float32(tone * strength)

    def shade(self, mask: Plane, *, top: int = 0, left: int = 0, strength: float = 1) -> None:
        """Darken the picture where the mask is."""
        target, window = self._window(mask.shape, top, left)
        target *= 1 - mask[window] * np.float32(strength)

    def _window(
        self, shape: tuple[int, ...], top: int, left: int
    ) -> tuple[Plane, tuple[slice, slice]]:
        bottom, right = min(top + shape[0], self.height), min(left + shape[1], self.width)
        rows, columns = slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0))
        window = (
            slice(rows.start - top, max(rows.stop - top, rows.start - top)),
            slice(columns.start - left, max(columns.stop - left, columns.start - left)),
        )
        return self.planes[:, rows, columns], window


def _tones(
    colour: Rgb | Plane | Iterable[Plane], window: tuple[slice, slice]
) -> Iterator[Plane | np.float32]:
    for tone in colour:
        if isinstance(tone, np.ndarray):
            rows = window[0] if tone.shape[0] > 1 else slice(None)
            columns = window[1] if tone.shape[1] > 1 else slice(None)
            yield tone[rows, columns]
        else:
            yield np.float32(tone)


def box_blur(plane: Plane, radius: float) -> Plane:
    """Average each point with its neighbours; the edges are continued outwards."""
    reach = max(1, round(radius))
    for axis in (0, 1):
        width = [(0, 0), (0, 0)]
        width[axis] = (reach + 1, reach)
        sums = np.cumsum(np.pad(plane, width, mode="edge"), axis=axis, dtype=np.float64)
        size = 2 * reach + 1
        ahead = sums[size:] if axis == 0 else sums[:, size:]
        behind = sums[:-size] if axis == 0 else sums[:, :-size]
        plane = ((ahead - behind) / size).astype(np.float32)
    return plane


def as_mask(image: Image.Image) -> Plane:
    """Read a greyscale image as a mask from 0 to 1."""
    return np.asarray(image, dtype=np.float32) / np.float32(255)
