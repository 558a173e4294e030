"""Frames out of a plan: what shows on each, laid one over the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import cv2
import numpy as np

from workers.providers.render import kernels, textures
from workers.providers.render.colours import DARK, LIGHT, to_yuv
from workers.providers.render.kernels import Area
from workers.providers.render.parts import Plane, Planes
from workers.providers.render.plan import Picture, PictureDoor, Plan, Shot
from workers.providers.render.script import Rect, Size
from workers.providers.render.semantics import Affine, Pose, common, fills, pose
from workers.providers.render.textures import Texture

# Whole pixels are looked for to this exactness.
_EXACT = 1e-3
_BLACK = (DARK, 128, 128)
_MATTE = np.clip((np.arange(256) - DARK) * 255 / (LIGHT - DARK), 0, 255).round().astype(np.uint8)

# What decides how a frame looks: frames whose signs are the same are the same.
Sign: TypeAlias = tuple[object, ...]


def frames(
    plan: Plan, pictures: PictureDoor, first: int = 0, stop: int | None = None
) -> Iterator[Planes]:
    """Yield the frames from ``first`` up to, not with, ``stop``.

    A frame that looks like the one before is the same object, and nobody may write into it. The
    planes of one lie one after the other in one piece of memory.
    """
    stage = _Stage(plan, pictures)
    try:
        for number in range(first, plan.frames if stop is None else stop):
            yield stage.frame(number)
    finally:
        stage.close()


@dataclass(frozen=True, slots=True, eq=False)
class _Patch:
    """What a picture gives an area of the frame. ``borders`` are where it ends, if upright."""

    area: Area
    planes: Planes
    borders: Rect | None
    mask: Plane | None


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One shot on one frame."""

    layer: "_Layer"
    texture: Texture
    pose: Pose
    matte: Plane | None
    sign: Sign


class _Stage:
    """Holds what is open while the frames of a plan go by."""

    def __init__(self, plan: Plan, pictures: PictureDoor) -> None:
        self._plan, self._pictures = plan, pictures
        self._layers: dict[str, _Layer] = {}
        self._background = to_yuv(plan.background)
        self._last: tuple[Sign, Planes] | None = None

    def frame(self, number: int) -> Planes:
        self._close_what_is_over(number)
        seen = self._seen(number)
        sign = tuple(one.sign for one in seen)
        if self._last is None or self._last[0] != sign:
            self._last = (sign, self._drawn(seen))
        return self._last[1]

    def close(self) -> None:
        for layer in self._layers.values():
            layer.close()
        self._layers.clear()

    def _seen(self, number: int) -> list[_Seen]:
        """Return what shows on a frame, the lowest first: nothing that is hidden."""
        time, seen = self._plan.time(number), []
        for shot in reversed(self._plan.shots):
            if not shot.first <= number < shot.stop:
                continue
            one = self._look(shot, time)
            if one is None:
                continue
            seen.append(one)
            if one.matte is None and one.texture.is_solid and fills(one.pose, self._plan.size):
                break
        return seen[::-1]

    def _look(self, shot: Shot, time: Fraction) -> _Seen | None:
        here = pose(shot, float(time - shot.start), self._plan.size)
        if not here.shows or _area(here, here.cut, self._plan.size).is_empty:
            return None
        layer = self._layers.get(shot.path)
        if layer is None:
            layer = self._layers[shot.path] = _Layer(shot, self._pictures, self._plan.size)
        texture = layer.texture(time)
        matte = self._matte(shot.mask, time) if shot.mask else None
        # Objects, not their numbers: so none of them goes, and another one takes its number.
        return _Seen(layer, texture, here, matte, (texture, here, _Same(matte)))

    def _matte(self, mask: Shot, time: Fraction) -> Plane:
        """Return where a masked shot shows: 255 where its luma clip is white."""
        seen = self._look(mask, time)
        layer = seen.layer if seen else None
        if layer and seen and layer.matte and layer.matte[0] == seen.sign:
            return layer.matte[1]
        canvas = kernels.blank(self._plan.size)
        kernels.fill(canvas, _BLACK)
        if seen:
            _lay(canvas, seen)
        matte = np.asarray(cv2.LUT(canvas.y, _MATTE), dtype=np.uint8)
        if layer and seen:
            layer.matte = (seen.sign, matte)
        return matte

    def _drawn(self, seen: list[_Seen]) -> Planes:
        canvas = kernels.blank(self._plan.size)
        if (
            seen
            and seen[0].matte is None
            and seen[0].texture.is_solid
            and fills(seen[0].pose, self._plan.size)
        ):
            kernels.copy(canvas, seen[0].layer.patch(seen[0].texture, seen[0].pose).planes)
            seen = seen[1:]
        else:
            kernels.fill(canvas, self._background)
        for one in seen:
            _lay(canvas, one)
        return canvas

    def _close_what_is_over(self, number: int) -> None:
        over = [path for path, layer in self._layers.items() if layer.shot.stop <= number]
        for path in over:
            self._layers.pop(path).close()


class _Same:
    """An object as part of a sign: equal to itself alone."""

    __slots__ = ("it",)

    def __init__(self, it: object) -> None:
        self.it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.it is self.it

    def __hash__(self) -> int:
        return id(self.it)


class _Layer:
    """One shot while it shows: its picture, and what was last made of it."""

    def __init__(self, shot: Shot, pictures: PictureDoor, frame: Size) -> None:
        self.shot, self._frame = shot, frame
        self._picture: Picture = pictures.open(shot)
        self._texture: tuple[Planes, Texture] | None = None
        self._patch: tuple[Texture, Affine, Rect, _Patch] | None = None
        self.matte: tuple[Sign, Plane] | None = None

    def texture(self, time: Fraction) -> Texture:
        """Return what it draws at a second of the timeline."""
        planes = self._picture.at(self.shot.source_time(time))
        if self._texture is None or self._texture[0] is not planes:
            self._texture = (planes, textures.texture(planes, self.shot, self._frame))
        return self._texture[1]

    def patch(self, texture: Texture, here: Pose) -> _Patch:
        """Return what a texture gives the frame; the last one again if nothing moved."""
        last = self._patch
        if last and last[0] is texture and last[1] == here.affine and last[2] == here.cut:
            return last[3]
        made = _patch(texture, here, self._frame)
        self._patch = (texture, here.affine, here.cut, made)
        return made

    def close(self) -> None:
        self._picture.close()
        self._texture = self._patch = self.matte = None


def _area(here: Pose, shown: Rect, frame: Size) -> Area:
    return Area.around(here.affine.bounds(shown), frame)


def _patch(texture: Texture, here: Pose, frame: Size) -> _Patch:
    affine, cut = here.affine, here.cut
    area = _area(here, common(cut, texture.inked), frame)
    borders = affine.bounds(cut) if affine.is_upright else None
    if area.is_empty:
        return _Patch(area, kernels.part(texture.planes, Area(0, 0, 0, 0)), borders, None)
    planes = _as_it_is(texture, affine, area) or _moved(texture, affine, area)
    mask = None if borders else kernels.covered_aslant(affine.back(), cut, area)
    return _Patch(area, planes, borders, mask)


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


def _lay(canvas: Planes, one: _Seen) -> None:
    """Lay a shot onto the canvas."""
    patch, here = one.layer.patch(one.texture, one.pose), one.pose
    if patch.area.is_empty:
        return
    target = kernels.part(canvas, patch.area)
    matte = None if one.matte is None else one.matte[patch.area.luma]
    across, down = _shares(patch, here.window)
    if patch.mask is not None or matte is not None:
        mask = _product(_outer(across, down), patch.mask, matte)
        kernels.over(target, patch.planes, here.opacity, mask)
        return
    for area, whole in kernels.edges(across, down):
        _lay_part(
            target,
            patch.planes,
            here.opacity,
            area,
            None if whole else _outer(across[area.luma[1]], down[area.luma[0]]),
        )


def _lay_part(
    target: Planes, source: Planes, opacity: float, area: Area, mask: Plane | None
) -> None:
    into, what = kernels.part(target, area), kernels.part(source, area)
    if mask is None and what.a is None:
        kernels.mix(into, what, opacity)
    elif mask is None or mask.any():
        kernels.over(into, what, opacity, mask)


def _shares(patch: _Patch, window: Rect | None) -> tuple[np.ndarray, np.ndarray]:
    """Return how much of each column and row of a patch shows."""
    width, height = patch.area.size
    borders = patch.borders or window
    if borders is None:
        return np.ones(width, np.float32), np.ones(height, np.float32)
    if window is not None:
        borders = common(borders, window)
    return (
        kernels.covered(borders.left, borders.right, patch.area.left, width),
        kernels.covered(borders.top, borders.bottom, patch.area.top, height),
    )


def _outer(across: np.ndarray, down: np.ndarray) -> Plane:
    return (np.outer(down, across) * 255 + 0.5).astype(np.uint8)


def _product(mask: Plane, *others: Plane | None) -> Plane:
    for other in others:
        if other is not None:
            mask = np.asarray(cv2.multiply(mask, other, scale=1 / 255), dtype=np.uint8)
    return mask
