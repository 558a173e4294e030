"""Pictures made ready to be moved: with their filter, without their key colour, and shrunk."""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from workers.providers.render.composing import filters, kernels
from workers.providers.render.meaning.amounts import BLUR_SHARE
from workers.providers.render.meaning.geometry import WHOLE, Affine, Rect, Size
from workers.providers.render.meaning.script import Shot
from workers.providers.render.parts import Plane, Planes

# Pictures are drawn at no less than this share of their size by looking between their pixels;
# below it, they are shrunk by averaging first.
_LEAST_SHARE = 0.6
# How far, in pixels, looking between pixels reaches beyond what is not clear.
_REACH = 2


@dataclass(slots=True, eq=False)
class Texture:
    """A picture as it will be drawn. ``inked`` is the part of its unit square that is not clear."""

    planes: Planes
    inked: Rect
    _shrunk: dict[tuple[int, int], Planes] = field(default_factory=dict)

    @property
    def is_solid(self) -> bool:
        """Whether it has no clear places."""
        return self.planes.a is None

    def for_scale(self, across: float, down: float) -> tuple[Planes, tuple[int, int]]:
        """Return the planes to draw from at a scale, and how many times they are shrunk."""
        times = (_halvings(across), _halvings(down))
        if times == (1, 1):
            return self.planes, times
        if times not in self._shrunk:
            self._shrunk[times] = kernels.shrink(self.planes, *times)
        return self._shrunk[times], times


def texture(planes: Planes, shot: Shot, frame: Size) -> Texture:
    """Make what a shot draws of a picture."""
    if shot.key:
        planes = filters.keyed(planes, shot.key)
    if shot.filter == "blur":
        across, down = _scale(planes, shot)
        sigma = frame[1] / BLUR_SHARE
        planes = filters.blurred(planes, sigma / across, sigma / down)
    elif shot.filter:
        planes = filters.toned(planes, shot.filter)
    if planes.a is None:
        return Texture(planes, WHOLE)
    if int(np.min(planes.a)) == 255:
        return Texture(Planes(planes.y, planes.u, planes.v), WHOLE)
    return Texture(planes, _inked(planes.a))


def to_picture(affine: Affine, size: Size) -> Affine:
    """Return the map from pixels of the frame to those of a picture of that size."""
    return affine.back().then(Affine(a=size[0], e=size[1]))


def _scale(planes: Planes, shot: Shot) -> tuple[float, float]:
    """Return how many pixels of the frame one of the picture is wide and high, unmoved."""
    width, height = planes.size
    picture, scale = shot.layout.picture, max(1e-6, shot.moves.scale.at(0.0))
    return max(1e-6, picture.width * scale / width), max(1e-6, picture.height * scale / height)


def _inked(alpha: Plane) -> Rect:
    height, width = alpha.shape
    left, top, across, down = cv2.boundingRect(alpha)
    if not across or not down:
        return Rect(0, 0, 0, 0)
    return Rect(
        (left - _REACH) / width,
        (top - _REACH) / height,
        (left + across + _REACH) / width,
        (top + down + _REACH) / height,
    )


def _halvings(scale: float) -> int:
    if scale >= _LEAST_SHARE or scale <= 0:
        return 1
    return 1 << max(0, math.ceil(math.log2(_LEAST_SHARE / scale)))
