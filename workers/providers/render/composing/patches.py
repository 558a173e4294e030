"""What a picture gives a part of the frame, and how that is laid onto it."""

from dataclasses import dataclass

import cv2
import numpy as np

from workers.providers.render.composing import coverage, kernels, textures
from workers.providers.render.composing.coverage import Shares
from workers.providers.render.composing.textures import Texture
from workers.providers.render.meaning.geometry import Affine, Area, Rect, Size, common
from workers.providers.render.meaning.semantics import Pose
from workers.providers.render.parts import Plane, Planes

# Whole pixels are looked for to this exactness.
_EXACT = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """Planes for an area of the frame.

    ``borders`` are where the picture ends on the frame, if it lies upright; else ``mask`` says how
    much of each pixel it covers.
    """

    area: Area
    planes: Planes
    borders: Rect | None
    mask: Plane | None


def place(texture: Texture, here: Pose, frame: Size) -> Patch:
    """Draw a texture where it is posed, as far as it lies on the frame and is not clear."""
    affine, cut = here.affine, here.cut
    area = Area.around(affine.bounds(common(cut, texture.inked)), frame)
    borders = affine.bounds(cut) if affine.is_upright else None
    if area.is_empty:
        return Patch(area, kernels.part(texture.planes, Area(0, 0, 0, 0)), borders, None)
    planes = _as_it_is(texture, affine, area) or _moved(texture, affine, area)
    mask = None if borders else coverage.covered_aslant(affine.back(), cut, area)
    return Patch(area, planes, borders, mask)


def lay(canvas: Planes, patch: Patch, here: Pose, matte: Plane | None) -> None:
    """Lay a patch onto the canvas, where the window of its pose and a matte let it show."""
    if patch.area.is_empty:
        return
    target, source = kernels.part(canvas, patch.area), patch.planes
    across, down = _shares(patch, here.window)
    if patch.mask is not None or matte is not None:
        seen = None if matte is None else matte[patch.area.luma]
        mask = _product(coverage.both(across, down), patch.mask, seen)
        kernels.over(target, source, here.opacity, mask)
        return
    for area, whole in coverage.edges(across, down):
        rows, columns = area.luma
        edge = None if whole else coverage.both(across[columns], down[rows])
        into, what = kernels.part(target, area), kernels.part(source, area)
        if edge is None and what.a is None:
            kernels.mix(into, what, here.opacity)
        else:
            kernels.over(into, what, here.opacity, edge)


def _as_it_is(texture: Texture, affine: Affine, area: Area) -> Planes | None:
    """Return a part of the picture itself, if its pixels lie on the frame's."""
    width, height = texture.planes.size
    left, top = round(affine.c), round(affine.f)
    exact = (
        affine.is_upright
        and abs(affine.a - width) < _EXACT
        and abs(affine.e - height) < _EXACT
        and abs(affine.c - left) < _EXACT
        and abs(affine.f - top) < _EXACT
    )
    inside = area.moved(-left, -top)
    held = (
        inside.left >= 0 and inside.top >= 0 and inside.right <= width and inside.bottom <= height
    )
    if not exact or not held or left % 2 or top % 2:
        return None
    return kernels.part(texture.planes, inside)


def _moved(texture: Texture, affine: Affine, area: Area) -> Planes:
    width, height = texture.planes.size
    across = float(np.hypot(affine.a, affine.d)) / width
    down = float(np.hypot(affine.b, affine.e)) / height
    planes, shrunk = texture.for_scale(across, down)
    back = textures.to_picture(affine, planes.size)
    return kernels.warp(planes, back, area, shrunk=shrunk)


def _shares(patch: Patch, window: Rect | None) -> tuple[Shares, Shares]:
    """Return how much of each column and row of a patch shows."""
    width, height = patch.area.size
    borders = patch.borders or window
    if borders is None:
        return np.ones(width, np.float32), np.ones(height, np.float32)
    if window is not None:
        borders = common(borders, window)
    return (
        coverage.covered(borders.left, borders.right, patch.area.left, width),
        coverage.covered(borders.top, borders.bottom, patch.area.top, height),
    )


def _product(mask: Plane, *others: Plane | None) -> Plane:
    for other in others:
        if other is not None:
            mask = np.asarray(cv2.multiply(mask, other, scale=1 / 255), dtype=np.uint8)
    return mask
