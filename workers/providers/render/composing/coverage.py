"""How much of each pixel something covers whose borders lie between pixels."""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from workers.providers.render.meaning.geometry import Affine, Area, Rect
from workers.providers.render.parts import Plane

# How much of each column, or row, is covered: 0 to 1.
Shares: TypeAlias = NDArray[np.float32]

# A pixel that is covered but for less than this is covered.
_NEARLY = 1 / 512


def covered(low: float, high: float, first: int, count: int) -> Shares:
    """Return the share of each of ``count`` pixels, from ``first`` on, between two borders."""
    near = np.arange(first, first + count, dtype=np.float64)
    share = np.clip(np.minimum(near + 1, high) - np.maximum(near, low), 0.0, 1.0)
    share[share > 1 - _NEARLY] = 1.0
    return np.asarray(share, dtype=np.float32)


def covered_aslant(back: Affine, cut: Rect, area: Area) -> Plane:
    """Return how much of each pixel of an area is inside a rectangle that is turned or skewed.

    ``back`` takes pixels of the frame to where the rectangle is upright.
    """
    across = np.arange(area.left, area.right, dtype=np.float32) + 0.5
    down = np.arange(area.top, area.bottom, dtype=np.float32)[:, None] + 0.5
    share = _between(back.a, back.b, back.c, cut.left, cut.right, across, down)
    share = np.minimum(share, _between(back.d, back.e, back.f, cut.top, cut.bottom, across, down))
    return (
        np.asarray(share * 255 + 0.5 + 255 * _NEARLY, dtype=np.float32)
        .clip(0, 255)
        .astype(np.uint8)
    )


def both(across: Shares, down: Shares) -> Plane:
    """Return a mask out of the shares of columns and rows."""
    return np.asarray(np.outer(down, across) * 255 + 0.5, dtype=np.uint8)


def edges(across: Shares, down: Shares) -> Iterator[tuple[Area, bool]]:
    """Cut an area into one that is wholly covered, told by True, and what lies around it.

    Covered shares are given column by column and row by row; what is not covered is left out.
    """
    (west, left, right, east), (north, top, bottom, south) = _runs(across), _runs(down)
    if right <= left or bottom <= top:
        parts = [(Area(west, north, east, south), False)]
    else:
        parts = [
            (Area(left, top, right, bottom), True),
            (Area(west, north, east, top), False),
            (Area(west, bottom, east, south), False),
            (Area(west, top, left, bottom), False),
            (Area(right, top, east, bottom), False),
        ]
    yield from (one for one in parts if not one[0].is_empty)


def _between(
    by_x: float,
    by_y: float,
    offset: float,
    low: float,
    high: float,
    across: NDArray[np.float32],
    down: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the share of pixels between two parallel lines, which are soft over a pixel."""
    steepness = float(np.hypot(by_x, by_y))
    here = np.float32(by_x) * across + (np.float32(by_y) * down + np.float32(offset))
    inside = np.minimum(here - np.float32(low), np.float32(high) - here)
    return np.asarray(np.clip(inside / np.float32(steepness) + 0.5, 0, 1), dtype=np.float32)


def _runs(share: Shares) -> tuple[int, int, int, int]:
    """Return even borders: of what is covered at all, around those of what is wholly."""
    some, whole = np.flatnonzero(share > 0), np.flatnonzero(share >= 1)
    if not some.size:
        return 0, 0, 0, 0
    first, last = int(some[0]) // 2 * 2, -(-(int(some[-1]) + 1) // 2) * 2
    if not whole.size:
        return first, first, first, last
    return first, -(-int(whole[0]) // 2) * 2, (int(whole[-1]) + 1) // 2 * 2, last
