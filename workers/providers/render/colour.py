"""From pixels to planes, and from one kind of planes to ours.

Ours are BT.709 in limited range, 4:2:0, with each sample of colour beside the left one of its two
columns and between its two rows, as H.264 has it unless told otherwise.
"""

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.providers.render.parts import Plane, Planes

Matrix = Literal["601", "709", "2020"]

# The shares of red and of blue in what is seen as brightness.
_SHARES: dict[Matrix, tuple[float, float]] = {
    "601": (0.299, 0.114),
    "709": (0.2126, 0.0722),
    "2020": (0.2627, 0.0593),
}
_LIMITED, _COLOUR_LIMITED = 219.0, 224.0
# So many rows are in floating point at a time; even, as two rows share their colour.
_BAND = 256
# How a sample of colour weighs the columns about it, and its two rows.
_ACROSS = np.array([[0.25, 0.5, 0.25]], np.float32)


def from_rgb(pixels: NDArray[np.uint8]) -> Planes:
    """Return the planes of pixels: rows, columns, and red, green, blue, with an opacity or without.

    The colours are not multiplied by the opacity yet. Pixels that are solid give no ``a``.
    """
    rows, columns = pixels.shape[:2]
    clear = pixels.shape[2] == 4 and int(pixels[..., 3].min()) < 255
    planes = _empty(rows, columns, clear=clear)
    for top in range(0, rows, _BAND):
        _fill(planes, pixels[top : top + _BAND], top)
    return planes


def _empty(rows: int, columns: int, *, clear: bool) -> Planes:
    half = (rows + 1) // 2, (columns + 1) // 2
    return Planes(
        y=np.empty((rows, columns), np.uint8),
        u=np.empty(half, np.uint8),
        v=np.empty(half, np.uint8),
        a=np.empty((rows, columns), np.uint8) if clear else None,
        ac=np.empty(half, np.uint8) if clear else None,
    )


def _fill(planes: Planes, band: NDArray[np.uint8], top: int) -> None:
    bottom = top + band.shape[0]
    full, half = slice(top, bottom), slice(top // 2, (bottom + 1) // 2)
    rgb = band[..., :3].astype(np.float32)
    yuv = np.asarray(cv2.transform(rgb, _from_rgb("709")), np.float32)
    if planes.a is not None and planes.ac is not None:
        share = band[..., 3].astype(np.float32) / 255
        yuv = np.asarray(yuv * share[..., None], np.float32)
        planes.a[full] = band[..., 3]
        planes.ac[half] = _rounded(_halved(share) * 255)
    planes.y[full] = _rounded(yuv[..., 0])
    halved = _halved(np.ascontiguousarray(yuv[..., 1:]))
    planes.u[half], planes.v[half] = _rounded(halved[..., 0]), _rounded(halved[..., 1])


def _from_rgb(matrix: Matrix) -> NDArray[np.float64]:
    """Return the matrix from 8-bit red, green, blue and 1 to limited-range y, u and v."""
    red, blue = _SHARES[matrix]
    y = np.array([red, 1 - red - blue, blue])
    u = (np.array([0, 0, 1]) - y) / (2 * (1 - blue)) * (_COLOUR_LIMITED / 255)
    v = (np.array([1, 0, 0]) - y) / (2 * (1 - red)) * (_COLOUR_LIMITED / 255)
    return np.column_stack([np.array([y * (_LIMITED / 255), u, v]), [16, 128, 128]])


def _halved(plane: NDArray[Any]) -> NDArray[np.float32]:
    """Return the samples of colour of full-size ones."""
    rows = plane.shape[0]
    across = cv2.sepFilter2D(
        plane, cv2.CV_32F, _ACROSS, np.ones((1, 1), np.float32), borderType=cv2.BORDER_REPLICATE
    )
    above, below = across[::2, ::2], across[1::2, ::2]
    if rows % 2:
        below = np.concatenate([below, above[-1:]])
    return np.asarray((above + below) / 2, np.float32)


def _rounded(plane: NDArray[Any]) -> Plane:
    return np.asarray(np.clip(np.rint(plane), 0, 255), np.uint8)


def with_alpha(planes: Planes, alpha: Plane) -> Planes:
    """Return planes multiplied by an opacity; the same ones if it is solid everywhere."""
    if int(alpha.min()) == 255:
        return planes
    halved = _rounded(_halved(alpha))
    return Planes(
        y=_multiplied(planes.y, alpha),
        u=_multiplied(planes.u, halved),
        v=_multiplied(planes.v, halved),
        a=np.ascontiguousarray(alpha),
        ac=halved,
    )


def scaled(planes: Planes, size: tuple[int, int]) -> Planes:
    """Return planes at another size; what is clear is multiplied already, so nothing bleeds."""
    if planes.size == size:
        return planes
    half = (size[0] + 1) // 2, (size[1] + 1) // 2
    return Planes(
        y=_resized(planes.y, size),
        u=_resized(planes.u, half),
        v=_resized(planes.v, half),
        a=None if planes.a is None else _resized(planes.a, size),
        ac=None if planes.ac is None else _resized(planes.ac, half),
    )


def _resized(plane: Plane, size: tuple[int, int]) -> Plane:
    shrinks = size[0] < plane.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, size, interpolation=how), np.uint8)


def _multiplied(plane: Plane, share: Plane) -> Plane:
    return np.asarray(cv2.multiply(plane, share, scale=1 / 255), np.uint8)


@dataclass(frozen=True)
class Coding:
    """How the planes of a video stand for colours."""

    matrix: Matrix
    full_range: bool

    @property
    def is_ours(self) -> bool:
        """Whether nothing is to be changed."""
        return self.matrix == "709" and not self.full_range


def to_ours(planes: Planes, coding: Coding) -> Planes:
    """Return solid planes of another coding as ours. Grey stays grey, so colour needs no y."""
    if coding.is_ours:
        return planes
    steps = _from_rgb("709")[:, :3] @ np.linalg.inv(_from_rgb(coding.matrix)[:, :3])
    y_scale, c_scale = _LIMITED / 255, _COLOUR_LIMITED / 255
    if not coding.full_range:
        y_scale = c_scale = 1.0
    (_, yu, yv), (_, uu, uv), (_, vu, vv) = steps * c_scale
    y = _mixed(planes.y, y_scale, planes.y, 0.0, 16 - y_scale * (0 if coding.full_range else 16))
    if coding.matrix != "709":
        change = _mixed(planes.u, yu, planes.v, yv, 128 - 128 * (yu + yv))
        width, height = planes.size
        even = width + width % 2, height + height % 2
        wide = np.asarray(cv2.resize(change, even), np.uint8)[:height, :width]
        y = _mixed(y, 1.0, wide, 1.0, -128.0)
    return Planes(
        y=y,
        u=_mixed(planes.u, uu, planes.v, uv, 128 - 128 * (uu + uv)),
        v=_mixed(planes.u, vu, planes.v, vv, 128 - 128 * (vu + vv)),
    )


def _mixed(one: Plane, share: float, other: Plane, rest: float, more: float) -> Plane:
    return np.asarray(cv2.addWeighted(one, share, other, rest, more), np.uint8)
