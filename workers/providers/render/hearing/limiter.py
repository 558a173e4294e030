"""A peak limiter: what is too loud is turned down in time, and all else passes as it is."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from workers.providers.render.parts import Samples

# A little below what a file holds: coding shifts peaks.
CEILING = 0.98
# Samples at 48 kHz over which it turns down: 5 ms.
_WINDOW = 240
# It comes back by this in each window: from half to full in half a second.
_RELEASE = 0.005


def limited(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """Pass blocks on, of shape (any number, 2), one behind: what comes next has to be known."""
    level, waiting = 1.0, None
    for block in blocks:
        if waiting is not None:
            waiting, level = _turned_down(waiting, level, then=_needed(block[:_WINDOW])[0])
            yield waiting
        waiting = block
    if waiting is not None:
        yield _turned_down(waiting, level, then=1.0)[0]


def _turned_down(block: Samples, level: float, *, then: float) -> tuple[Samples, float]:
    """Return a block below the ceiling, and the level at its end.

    ``level`` is that at its beginning, and ``then`` the one that what follows needs. The level
    goes straight from one border of two windows to the next, and at each it is as low as both
    sides need: so it is low enough everywhere between.
    """
    needed = _needed(block)
    if level == then == 1.0 and needed.min() == 1.0:
        return block, 1.0
    borders = np.minimum(needed, np.append(needed[1:], then))
    levels = [min(level, float(needed[0]))]
    for border in borders:
        levels.append(min(float(border), levels[-1] + _RELEASE))
    at = np.minimum(np.arange(len(levels)) * _WINDOW, len(block))
    gains = np.interp(np.arange(len(block)), at, levels).astype(np.float32)
    return block * gains[:, np.newaxis], levels[-1]


def _needed(block: Samples) -> NDArray[np.float64]:
    """Return the highest level for each window at which it stays below the ceiling."""
    starts = np.arange(0, len(block), _WINDOW)
    peaks = np.maximum.reduceat(np.abs(block).max(axis=1), starts)
    return np.minimum(1.0, CEILING / np.maximum(peaks, CEILING))
