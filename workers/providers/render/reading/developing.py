"""From a decoder's frames to planes of ours: scaled, turned, and their colours changed to ours."""

from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import (
    ColorPrimaries,
    ColorRange,
    ColorTrc,
    Interpolation,
    VideoReformatter,
)

from workers.providers.render import colour
from workers.providers.render.colour import Coding, Matrix
from workers.providers.render.parts import Plane, Planes
from workers.providers.render.reading.turning import Turn, turn_of, turned, turned_plane

# By their numbers in ITU-T H.273.
_MATRICES: dict[int, Matrix] = {
    **dict.fromkeys((1, 7), "709"),
    **dict.fromkeys((4, 5, 6), "601"),
    **dict.fromkeys((9, 10), "2020"),
}
_NUMBERS: dict[Matrix, int] = {"709": 1, "601": 5, "2020": 9}
# Made for screens that are brighter than BT.709 knows.
_BRIGHT = frozenset({ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67})
_JPEG, _MPEG = int(ColorRange.JPEG), int(ColorRange.MPEG)
_BT709 = 1
# Untagged pictures of so many rows are taken for high definition.
_HIGH_DEFINITION = 720
_PLAIN = frozenset({"yuv420p", "yuvj420p"})
_OURS = Coding("709", full_range=False)


class Developer:
    """Makes frames of one video into planes of one size."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        # Kept: what it prepares for bright pictures takes it seconds.
        self._scaler = VideoReformatter()
        self._turn: Turn | None = None

    def planes(self, frame: VideoFrame) -> Planes:
        """Return a frame as ours."""
        if is_clear(frame):
            # Scaled at the end: what is hidden where it is clear must not come out at its edges.
            return colour.scaled(self._clear(frame), self._size)
        turn, coding = self._turn_of(frame), coding_of(frame)
        size = turn.size(*self._size)
        if _has_light(frame) or frame.format.is_rgb or frame.format.has_palette:
            frame, coding = self._converted(frame, size), _OURS
        elif frame.format.name not in _PLAIN or (frame.width, frame.height) != size:
            frame = self._scaled(frame, size, coding)
        y, u, v = _planes(frame)
        return turned(colour.to_ours(Planes(y=y, u=u, v=v), coding), turn)

    def _clear(self, frame: VideoFrame) -> Planes:
        """Return a frame that is clear in places, as large as it is."""
        turn, coding = self._turn_of(frame), coding_of(frame)
        if frame.format.name == "yuva420p":
            y, u, v, alpha = _planes(frame)
            upright = turned(colour.to_ours(Planes(y=y, u=u, v=v), coding), turn)
            return colour.with_alpha(upright, turned_plane(alpha, turn))
        whole = self._scaler.reformat(
            frame,
            format="rgba",
            src_colorspace=_NUMBERS[coding.matrix],
            src_color_range=_JPEG if coding.full_range else _MPEG,
        )
        pixels = np.asarray(whole.to_ndarray(), np.uint8)
        return colour.from_rgb(np.dstack([turned_plane(pixels[..., n], turn) for n in range(4)]))

    def _turn_of(self, frame: VideoFrame) -> Turn:
        """Return how the first frame was to be turned: so are all others.

        Each frame that is asked keeps itself alive until the next collection of garbage.
        """
        if self._turn is None:
            self._turn = turn_of(frame)
        return self._turn

    def _converted(self, frame: VideoFrame, size: tuple[int, int]) -> VideoFrame:
        """Return a frame as BT.709, its lights brought down to what BT.709 shows."""
        toned = {"dst_color_trc": ColorTrc.BT709, "dst_color_primaries": ColorPrimaries.BT709}
        return self._reformat(
            frame,
            size,
            dst_colorspace=_BT709,
            dst_color_range=_MPEG,
            **(toned if _has_light(frame) else {}),
        )

    def _scaled(self, frame: VideoFrame, size: tuple[int, int], coding: Coding) -> VideoFrame:
        """Return a frame in our form, its colours as they were: changing those is no work of its.

        It is told of one coding on both sides, whatever that is; planes are changed faster.
        """
        same = _JPEG if coding.full_range else _MPEG
        return self._reformat(
            frame,
            size,
            src_colorspace=_BT709,
            dst_colorspace=_BT709,
            src_color_range=same,
            dst_color_range=same,
        )

    def _reformat(self, frame: VideoFrame, size: tuple[int, int], **options: Any) -> VideoFrame:
        shrinks = frame.width >= size[0] and frame.height >= size[1]
        return self._scaler.reformat(
            frame,
            *size,
            "yuv420p",
            # Where many pixels make one, the slower way looks no better.
            interpolation=Interpolation.BILINEAR if shrinks else Interpolation.BICUBIC,
            **options,
        )


def is_clear(frame: VideoFrame) -> bool:
    """Say whether a frame has an opacity."""
    return any(component.is_alpha for component in frame.format.components)


def coding_of(frame: VideoFrame) -> Coding:
    """Return how a frame stands for colours; an untagged one by its size."""
    usual: Matrix = "709" if frame.height >= _HIGH_DEFINITION else "601"
    full = frame.color_range == _JPEG or frame.format.name.startswith("yuvj")
    return Coding(_MATRICES.get(frame.colorspace, usual), full)


def _has_light(frame: VideoFrame) -> bool:
    return frame.color_trc in _BRIGHT


def _planes(frame: VideoFrame) -> list[Plane]:
    return [_plane(frame, number) for number in range(len(frame.planes))]


def _plane(frame: VideoFrame, number: int) -> Plane:
    """Return a plane without copying; its rows may lie apart."""
    plane = frame.planes[number]
    rows: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
