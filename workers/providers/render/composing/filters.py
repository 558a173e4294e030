"""What filters do to the light and the colour of a picture, and the key that clears a colour."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.providers.render.colours import BLUE_SHARE, DARK, LIGHT, RED_SHARE, to_yuv
from workers.providers.render.meaning.amounts import TONES
from workers.providers.render.meaning.script import ChromaKey
from workers.providers.render.parts import Plane, Planes

# Without a halo, colours change from clear to solid over this distance.
_SHARPEST_HALO = 1e-3
# Beyond this deviation a blur is made on a smaller picture: nobody sees the difference.
_FINEST_BLUR = 3.0


def toned(planes: Planes, name: str) -> Planes:
    """Change light and colour by a filter's name."""
    light, colour = _tables(name)
    return Planes(
        _looked_up(planes.y, light, planes.a),
        _looked_up(planes.u, colour, planes.ac),
        _looked_up(planes.v, colour, planes.ac),
        planes.a,
        planes.ac,
    )


def blurred(planes: Planes, across: float, down: float) -> Planes:
    """Blur by these standard deviations, in pixels of the picture."""

    def soft(plane: Plane, share: float) -> Plane:
        return _soft(plane, across * share, down * share)

    return Planes(
        soft(planes.y, 1),
        soft(planes.u, 0.5),
        soft(planes.v, 0.5),
        None if planes.a is None else soft(planes.a, 1),
        None if planes.ac is None else soft(planes.ac, 0.5),
    )


def keyed(planes: Planes, key: ChromaKey) -> Planes:
    """Clear what is near a colour, by the distance of red, green and blue."""
    steepness = 255 / max(key.halo, _SHARPEST_HALO)
    apart = _distance(planes, key.colour)
    solid = cv2.addWeighted(apart, steepness, apart, 0, -key.threshold * steepness, dtype=cv2.CV_8U)
    alpha = np.asarray(solid if planes.a is None else cv2.min(solid, planes.a), dtype=np.uint8)
    height, width = planes.u.shape
    half = np.asarray(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return Planes(
        _times(planes.y, alpha), _times(planes.u, half), _times(planes.v, half), alpha, half
    )


@cache
def _tables(name: str) -> tuple[Plane, Plane]:
    contrast, brightness, saturation = TONES[name]
    level = np.arange(256, dtype=np.float64)
    light = (level - DARK) / (LIGHT - DARK)
    changed = np.clip((light - 0.5) * contrast + 0.5 + brightness, 0, 1)
    colour = np.clip((level - 128) * saturation + 128, DARK, 240)
    return _rounded(DARK + changed * (LIGHT - DARK)), _rounded(colour)


def _rounded(levels: NDArray[np.float64]) -> Plane:
    return np.round(levels).astype(np.uint8)


def _looked_up(plane: Plane, table: Plane, alpha: Plane | None) -> Plane:
    if alpha is None:
        return np.asarray(cv2.LUT(plane, table), dtype=np.uint8)
    # What was multiplied by alpha is divided by it, and multiplied again.
    straight = cv2.divide(plane, alpha, scale=255)
    return _times(np.asarray(cv2.LUT(straight, table), dtype=np.uint8), alpha)


def _soft(plane: Plane, across: float, down: float) -> Plane:
    height, width = plane.shape
    small = (
        max(1, round(width / max(1.0, across / _FINEST_BLUR))),
        max(1, round(height / max(1.0, down / _FINEST_BLUR))),
    )
    less = (
        cv2.resize(plane, small, interpolation=cv2.INTER_AREA)
        if small != (width, height)
        else plane
    )
    deviation = (max(0.01, across * small[0] / width), max(0.01, down * small[1] / height))
    less = cv2.GaussianBlur(
        less, (0, 0), deviation[0], sigmaY=deviation[1], borderType=cv2.BORDER_REPLICATE
    )
    if small != (width, height):
        less = cv2.resize(less, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(less, dtype=np.uint8)


def _distance(planes: Planes, colour: tuple[int, int, int]) -> NDArray[np.float32]:
    """Return how far each pixel's red, green and blue are from a colour's, together.

    Each of the three is apart by as much as the light is, and by what the colour adds. So their
    squares together are ``3 light^2 + 2 light sum + squares`` of what it adds, and most of that is
    reckoned on the halved planes.
    """
    dark, blue, red = to_yuv(colour)
    level = np.arange(256, dtype=np.float32)
    light = cv2.LUT(planes.y, (level - np.float32(dark)) * np.float32(255 / (LIGHT - DARK)))
    u = (planes.u - np.float32(blue)) * np.float32(255 / 112 * (1 - BLUE_SHARE))
    v = (planes.v - np.float32(red)) * np.float32(255 / 112 * (1 - RED_SHARE))
    green = (BLUE_SHARE * u + RED_SHARE * v) / np.float32(RED_SHARE + BLUE_SHARE - 1)
    added = u + v + green, u * u + v * v + green * green
    total, squares = (cv2.resize(one, planes.size, interpolation=cv2.INTER_LINEAR) for one in added)
    both = cv2.addWeighted(light, 3, total, 2, 0)
    apart = np.asarray(cv2.add(cv2.multiply(light, both), squares), dtype=np.float32)
    return np.asarray(cv2.sqrt(np.maximum(apart, 0)), dtype=np.float32)


def _times(plane: Plane, mask: Plane) -> Plane:
    return np.asarray(cv2.multiply(plane, mask, scale=1 / 255), dtype=np.uint8)
