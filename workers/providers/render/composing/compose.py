"""Frames out of a plan: what shows on each, laid one over the other."""

from collections.abc import Iterator
from fractions import Fraction

import cv2
import numpy as np

from workers.providers.render.colours import DARK, LIGHT, to_yuv
from workers.providers.render.composing import kernels, patches
from workers.providers.render.composing.layers import Layer, Look, Matte
from workers.providers.render.meaning.geometry import Area
from workers.providers.render.meaning.semantics import pose
from workers.providers.render.parts import Planes
from workers.providers.render.planning.plan import PictureDoor, Plan, Shot

_BLACK = (DARK, 128, 128)
_MATTE = np.clip((np.arange(256) - DARK) * 255 / (LIGHT - DARK), 0, 255).round().astype(np.uint8)


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


class _Stage:
    """Holds what is open while the frames of a plan go by."""

    def __init__(self, plan: Plan, pictures: PictureDoor) -> None:
        self._plan, self._pictures = plan, pictures
        self._layers: dict[str, Layer] = {}
        self._background = to_yuv(plan.background)
        self._last: tuple[list[Look], Planes] | None = None

    def frame(self, number: int) -> Planes:
        self._close_what_is_over(number)
        seen = self._seen(number)
        looks = [look for _, look in seen]
        if self._last is None or self._last[0] != looks:
            self._last = (looks, self._drawn(seen))
        return self._last[1]

    def close(self) -> None:
        for layer in self._layers.values():
            layer.close()
        self._layers.clear()

    def _seen(self, number: int) -> list[tuple[Layer, Look]]:
        """Return what shows on a frame, the lowest first: nothing that is hidden."""
        time, seen = self._plan.time(number), []
        for shot in reversed(self._plan.shots):
            one = self._look(shot, time) if shot.first <= number < shot.stop else None
            if one:
                seen.append(one)
                if one[1].hides(self._plan.size):
                    break
        return seen[::-1]

    def _look(self, shot: Shot, time: Fraction) -> tuple[Layer, Look] | None:
        """Return how a shot looks at a second of the timeline; none if nothing of it shows."""
        here, frame = pose(shot, float(time - shot.start), self._plan.size), self._plan.size
        if not here.shows or Area.around(here.affine.bounds(here.cut), frame).is_empty:
            return None
        matte = self._matte(shot.mask, time) if shot.mask else None
        if shot.mask and not matte:
            return None
        if shot.path not in self._layers:
            self._layers[shot.path] = Layer(shot, self._pictures, frame)
        layer = self._layers[shot.path]
        return layer, Look(layer.texture(time), here, matte)

    def _matte(self, mask: Shot, time: Fraction) -> Matte | None:
        """Return where a luma clip lets its neighbours show; none if nowhere."""
        seen = self._look(mask, time)
        if seen is None:
            return None
        layer, look = seen
        if layer.matte is None or layer.matte[0] != look:
            canvas = kernels.blank(self._plan.size)
            kernels.fill(canvas, _BLACK)
            patches.lay(canvas, layer.patch(look), look.pose, None)
            matte = Matte(np.asarray(cv2.LUT(canvas.y, _MATTE), dtype=np.uint8))
            layer.matte = (look, matte)
        return layer.matte[1]

    def _drawn(self, seen: list[tuple[Layer, Look]]) -> Planes:
        canvas = kernels.blank(self._plan.size)
        if seen and seen[0][1].hides(self._plan.size):
            layer, look = seen.pop(0)
            kernels.copy(canvas, layer.patch(look).planes)
        else:
            kernels.fill(canvas, self._background)
        for layer, look in seen:
            matte = look.matte.plane if look.matte else None
            patches.lay(canvas, layer.patch(look), look.pose, matte)
        return canvas

    def _close_what_is_over(self, number: int) -> None:
        over = [path for path, layer in self._layers.items() if layer.shot.stop <= number]
        for path in over:
            self._layers.pop(path).close()
