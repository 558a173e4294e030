"""What the body looks like from the side: light, shade and shadow, drawn point by point."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.providers.local.relief.heights import Plane
from workers.providers.local.relief.solid import PLATE, extent, slopes

SIZE = (960, 720)
_OVER = 2  # drawn so much larger, then shrunk: smooth edges
_YAW, _PITCH = np.radians(-27.0), np.radians(14.0)
_DISTANCE = 2.6
_FILLS = 0.8  # of the picture
_LIGHT = np.array([-0.52, 0.62, 0.59])
_AMBIENT = 0.42
_POINTS = 1900  # along the longer side: no gap between two neighbours
_FLOOR = ((238, 236, 232), (186, 190, 196))

Floats = NDArray[np.float64]


def draw(heights: Plane, texture: Image.Image | None, *, depth: float) -> Image.Image:
    """Return a picture of the body that :func:`solid.build` makes of the same."""
    points, colours = _front(heights, texture, depth)
    sides = [_side(points[row], colours[row]) for row in (0, -1)]
    sides += [_side(points[:, column], colours[:, column]) for column in (0, -1)]
    every = np.concatenate([points.reshape(-1, 3), *(one[0] for one in sides)])
    tones = np.concatenate([colours.reshape(-1, 3), *(one[1] for one in sides)])
    width, height = SIZE[0] * _OVER, SIZE[1] * _OVER
    x, y, distance = _projected(every, width, height)
    canvas = _floor(width, height)
    dots = np.zeros((height, width), np.uint8)
    dots[y, x] = 255
    closed = cv2.morphologyEx(dots, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    body = np.asarray(closed, dtype=np.uint8)
    _cast_shadow(canvas, body)
    drawn = np.zeros_like(canvas)
    # The farthest first: what is nearer is drawn over it.
    order = np.argsort(-distance, kind="stable")
    drawn[y[order], x[order]] = tones[order]
    drawn = _filled(drawn, dots > 0)
    canvas = np.where(body[..., None] > 0, drawn, canvas)
    return Image.fromarray(canvas).resize(SIZE, Image.Resampling.LANCZOS)


def _front(heights: Plane, texture: Image.Image | None, depth: float) -> tuple[Floats, Floats]:
    """Return the points of the front and their colours in its light."""
    scale = _POINTS / max(heights.shape)
    size = (round(heights.shape[1] * scale), round(heights.shape[0] * scale))
    dense = np.clip(cv2.resize(heights, size, interpolation=cv2.INTER_CUBIC), 0, 1)
    z = dense.astype(np.float64) * depth + PLATE
    across, down = extent(size[1], size[0])
    x, y = np.meshgrid(
        np.linspace(-across / 2, across / 2, size[0]), np.linspace(down / 2, -down / 2, size[1])
    )
    lit = _AMBIENT + (1 - _AMBIENT) * 1.25 * np.clip(slopes(z) @ _LIGHT, 0, None)
    own: Floats = np.full((size[1], size[0], 3), (224.0, 218.0, 208.0))
    if texture is not None:
        own = np.asarray(texture.resize(size, Image.Resampling.BICUBIC), dtype=np.float64)
    return np.dstack([x, y, z]), np.clip(own * lit[..., None], 0, 255)


def _side(edge: Floats, colours: Floats) -> tuple[Floats, Floats]:
    """Return the points of a wall, from its edge down to the back."""
    steps = max(8, int(edge[:, 2].max() * _POINTS))
    share = np.linspace(0, 1, steps)[:, None, None]
    points = np.repeat(edge[None], steps, axis=0) * np.concatenate(
        [np.ones((steps, 1, 2)), share], axis=2
    )
    return points.reshape(-1, 3), np.repeat((colours * 0.55)[None], steps, axis=0).reshape(-1, 3)


def _projected(
    points: Floats, width: int, height: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return columns, rows and distances of points as the camera sees them."""
    x, y, z = points[:, 0], points[:, 1], points[:, 2]
    x, z = x * np.cos(_YAW) + z * np.sin(_YAW), z * np.cos(_YAW) - x * np.sin(_YAW)
    y, z = y * np.cos(_PITCH) - z * np.sin(_PITCH), z * np.cos(_PITCH) + y * np.sin(_PITCH)
    distance = _DISTANCE - z
    across, up = x / distance, y / distance
    scale = _FILLS * min(width / np.ptp(across), height / np.ptp(up))
    columns = width / 2 + (across - (across.min() + across.max()) / 2) * scale
    rows = height / 2 - (up - (up.min() + up.max()) / 2) * scale
    return columns.astype(np.int64), rows.astype(np.int64), distance


def _floor(width: int, height: int) -> NDArray[np.uint8]:
    share = np.linspace(0, 1, height)[:, None, None] ** 1.4
    top, bottom = (np.array(one, dtype=np.float64) for one in _FLOOR)
    return np.repeat(top + (bottom - top) * share, width, axis=1).astype(np.uint8)


def _cast_shadow(canvas: NDArray[np.uint8], body: NDArray[np.uint8]) -> None:
    reach = canvas.shape[0] / 40
    moved = np.roll(body, (round(reach * 0.9), round(reach * 0.7)), axis=(0, 1))
    small = cv2.resize(moved, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), reach / 4)
    dark = cv2.resize(soft, (canvas.shape[1], canvas.shape[0])).astype(np.float64) / 255
    canvas[:] = (canvas * (1 - 0.42 * dark[..., None])).astype(np.uint8)


def _filled(drawn: NDArray[np.uint8], hit: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Close the gaps between points, where it is steep, with what is around them."""
    around = cv2.dilate(drawn, np.ones((5, 5), np.uint8))
    return np.asarray(np.where(hit[..., None], drawn, around), dtype=np.uint8)
