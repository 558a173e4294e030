"""A closed body: the relief in front, a flat back, and walls between them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.providers.local.relief.heights import Plane

# The plate that the relief stands on, as a share of the longer side.
PLATE = 0.03


@dataclass(frozen=True)
class Solid:
    """Corners of triangles in metres, their normals, and where each is in the picture.

    The longer side is 1 m. The front looks along +z, up is +y, the back lies at z = 0. Corners
    where faces meet at an edge are there once for each, with a normal of its own.
    """

    corners: NDArray[np.float32]
    normals: NDArray[np.float32]
    places: NDArray[np.float32]
    triangles: NDArray[np.uint32]


def build(heights: Plane, *, depth: float) -> Solid:
    """Make a body of a grid of heights from 0 to 1; ``depth`` is in shares of the longer side."""
    rows, columns = heights.shape
    across, down = extent(rows, columns)
    x, y = np.meshgrid(
        np.linspace(-across / 2, across / 2, columns), np.linspace(down / 2, -down / 2, rows)
    )
    z = heights.astype(np.float64) * depth + PLATE
    u, v = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
    points, places = np.dstack([x, y, z]), np.dstack([u, v])
    parts = [_front(points, places), _back(points, places)]
    parts += [
        _wall(points[0], places[0], (0.0, 1.0)),
        _wall(points[:, -1], places[:, -1], (1.0, 0.0)),
        _wall(points[-1, ::-1], places[-1, ::-1], (0.0, -1.0)),
        _wall(points[::-1, 0], places[::-1, 0], (-1.0, 0.0)),
    ]
    return _joined(parts)


def extent(rows: int, columns: int) -> tuple[float, float]:
    """Return width and height in metres of a grid of so many points."""
    longer = max(rows, columns) - 1
    return (columns - 1) / longer, (rows - 1) / longer


def slopes(heights: NDArray[Any]) -> NDArray[np.float64]:
    """Return the unit normal at each point of a grid of heights in metres."""
    by_row, by_column = np.gradient(heights, 1 / (max(heights.shape) - 1))
    normals = np.dstack([-by_column, by_row, np.ones(heights.shape)])
    return np.asarray(normals / np.linalg.norm(normals, axis=2, keepdims=True))


_Part = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]


def _front(points: NDArray[Any], places: NDArray[Any]) -> _Part:
    rows, columns = points.shape[:2]
    normals = slopes(points[..., 2]).reshape(-1, 3)
    return points.reshape(-1, 3), normals, places.reshape(-1, 2), _grid(rows, columns)


def _back(points: NDArray[Any], places: NDArray[Any]) -> _Part:
    """Lay the back, with as many corners as the front, so that no edge meets another halfway."""
    flat = points.copy()
    flat[..., 2] = 0
    rows, columns = points.shape[:2]
    normals = np.tile([0.0, 0.0, -1.0], (rows * columns, 1))
    turned = _grid(rows, columns)[:, ::-1]
    return flat.reshape(-1, 3), normals, places.reshape(-1, 2), turned


def _wall(edge: NDArray[Any], places: NDArray[Any], towards: tuple[float, float]) -> _Part:
    """Close one side, from its edge, clockwise as seen from the front, down to the back."""
    below = edge.copy()
    below[:, 2] = 0
    corners = np.concatenate([edge, below])
    normals = np.tile([*towards, 0.0], (len(corners), 1))
    return corners, normals, np.concatenate([places, places]), _grid(2, len(edge))[:, ::-1]


def _grid(rows: int, columns: int) -> NDArray[np.int64]:
    """Return the triangles of a grid whose corners go from left to right, then downwards."""
    first = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    left_low, right_low = first + columns, first + columns + 1
    upper = np.stack([first, left_low, first + 1], axis=1)
    lower = np.stack([first + 1, left_low, right_low], axis=1)
    return np.concatenate([upper, lower])


def _joined(parts: list[_Part]) -> Solid:
    starts = np.cumsum([0, *(len(part[0]) for part in parts)])
    return Solid(
        corners=np.concatenate([part[0] for part in parts]).astype(np.float32),
        normals=np.concatenate([part[1] for part in parts]).astype(np.float32),
        places=np.concatenate([part[2] for part in parts]).astype(np.float32),
        triangles=np.concatenate(
            [part[3] + start for part, start in zip(parts, starts, strict=False)]
        ).astype(np.uint32),
    )
