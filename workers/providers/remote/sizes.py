"""The sizes that a vendor makes, nearest to the one that was asked for.

What comes is at least as large as that where the vendor can, and is cropped to it later.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Sides from ``least`` to ``most`` that are multiples of ``step``, all in pixels.

    ``area`` bounds the number of pixels, ``ratio`` how much longer one side may be.
    """

    step: int
    least: int
    most: int
    area: tuple[int, int] = (0, 10**9)
    ratio: float = math.inf

    def nearest(self, width: int, height: int) -> tuple[int, int]:
        """Return the smallest size that covers the one asked for, or the largest of its shape."""
        across, down = self._in_ratio(max(width, self.least), max(height, self.least))
        growth = math.sqrt(self.area[0] / (across * down))
        if growth > 1:
            across, down = across * growth, down * growth
        shrink = min(self.most / max(across, down), math.sqrt(self.area[1] / (across * down)))
        if shrink >= 1:
            wide, high = (min(self._up(side), self.most) for side in (across, down))
            if wide * high <= self.area[1]:
                return wide, high
        shrink = min(shrink, 1.0)
        return self._down(across * shrink), self._down(down * shrink)

    def _in_ratio(self, width: float, height: float) -> tuple[float, float]:
        return max(width, height / self.ratio), max(height, width / self.ratio)

    def _up(self, side: float) -> int:
        return math.ceil(round(side, 6) / self.step) * self.step

    def _down(self, side: float) -> int:
        return max(int(side / self.step) * self.step, self._up(self.least))


# OpenAI's models make at least a megapixel, and up to 3840x2160; the longer sides are not needed.
GPT_IMAGE = Sizes(step=16, least=16, most=2160, area=(1024 * 1024, 3840 * 2160), ratio=3.0)


def nearest_ratio(width: int, height: int, ratios: Sequence[str], *, sign: str = ":") -> str:
    """Return which of the shapes, such as ``16:9``, is nearest to that of a size."""

    def distance(ratio: str) -> float:
        across, down = ratio.split(sign)
        return abs(math.log(width / height) - math.log(int(across) / int(down)))

    return min(ratios, key=distance)
