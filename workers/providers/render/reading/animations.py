"""Moving pictures in GIF and WebP: frames that each show for their own time."""

from bisect import bisect_right
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from workers.providers.render import colour
from workers.providers.render.faults import SourceUnusable
from workers.providers.render.parts import Facts, Planes
from workers.providers.render.reading import vips

MOVING = frozenset({"image/webp", "image/gif"})
# What browsers make of a delay too short to be meant; in milliseconds.
_LEAST_DELAY, _USUAL_DELAY = 11, 100


def delays(head: pyvips.Image, frames: int) -> list[Fraction]:
    """Return how long each frame shows, in seconds."""
    given = head.get("delay") if head.get_typeof("delay") else []
    known = [*given[:frames], *[_USUAL_DELAY] * (frames - len(given))]
    return [Fraction(one if one >= _LEAST_DELAY else _USUAL_DELAY, 1000) for one in known]


def animated(path: Path, facts: Facts, size: tuple[int, int]) -> "Animation":
    """Open an animation; the caller closes it. Raises :class:`SourceUnusable`."""
    if facts.kind != "animation":
        raise SourceUnusable("The file is no animation.")
    return Animation(path, facts, size)


class Animation:
    """An animation at one size; frames are decoded as they come, and one is kept."""

    def __init__(self, path: Path, facts: Facts, size: tuple[int, int]) -> None:
        self._path, self._facts, self._size = path, facts, size
        self._strip = self._open()
        self._height = vips.number(self._strip, "page-height", self._strip.height)
        self._frames = self._strip.height // self._height
        lengths = delays(self._strip, self._frames)
        self._starts = [Fraction(0), *accumulate(lengths)][:-1]
        self._region = pyvips.Region.new(self._strip)
        self._next = 0
        self._shown: tuple[int, Planes] | None = None

    def at(self, time: Fraction) -> Planes:
        """Return the last frame at or before a second; the last one stays.

        Raises :class:`SourceUnusable` where the file is damaged.
        """
        frame = max(0, bisect_right(self._starts, time) - 1)
        if self._shown is None or self._shown[0] != frame:
            self._shown = frame, self._draw(frame)
        return self._shown[1]

    def close(self) -> None:
        """Give back what it holds."""
        del self._region, self._strip
        self._shown = None

    def _open(self) -> Any:
        return vips.opened(self._path, self._facts.content_type, n=-1, fail_on="error")

    def _draw(self, frame: int) -> Planes:
        if frame < self._next:
            self._strip = self._open()
            self._region, self._next = pyvips.Region.new(self._strip), 0
        try:
            # Each is drawn over the one before: none can be left out.
            for at in range(self._next, frame + 1):
                strip = self._fetch(at)
            width, height = self._size
            scaled = vips.picture(strip).thumbnail_image(width, height=height, size="force")
            return colour.from_rgb(vips.pixels(scaled))
        except vips.Unreadable as error:
            raise vips.unusable(error) from None

    def _fetch(self, frame: int) -> NDArray[np.uint8]:
        width, bands = self._strip.width, self._strip.bands
        content = self._region.fetch(0, frame * self._height, width, self._height)
        self._next = frame + 1
        return np.frombuffer(content, np.uint8).reshape(self._height, width, bands)
