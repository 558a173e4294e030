"""Planes as frames of FFmpeg, which say what colours they mean."""

from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from workers.providers.render.meaning.script import Size
from workers.providers.render.parts import Plane, Planes

# BT.709, as the headers of H.264 and others number it.
BT709 = 1


class Framer:
    """Makes frames of planes, at another size if wanted; one that comes again is not made anew."""

    def __init__(self, size: Size) -> None:
        self._width, self._height = size
        self._reformatter = VideoReformatter()
        self._last: tuple[Planes, av.VideoFrame] | None = None

    def frame(self, planes: Planes) -> av.VideoFrame:
        """Return planes as a frame, BT.709 in the limited range."""
        if self._last is None or self._last[0] is not planes:
            self._last = (planes, self._scaled(as_frame(planes)))
        return self._last[1]

    def _scaled(self, frame: av.VideoFrame) -> av.VideoFrame:
        if (frame.width, frame.height) == (self._width, self._height):
            return frame
        return self._reformatter.reformat(
            frame, self._width, self._height, interpolation=Interpolation.BICUBIC, threads=1
        )


def as_frame(planes: Planes) -> av.VideoFrame:
    """Return solid planes of even size as a frame of its own."""
    width, height = planes.size
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, values in zip(frame.planes, (planes.y, planes.u, planes.v), strict=True):
        rows, columns = values.shape
        room: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        room[:rows, :columns] = values
    frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
    frame.color_primaries = frame.color_trc = BT709
    return frame


def as_rgb(frame: av.VideoFrame) -> av.VideoFrame:
    """Return a frame in RGB of the full range."""
    return frame.reformat(
        format="rgb24",
        src_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND,
        threads=1,
    )


def at(frame: av.VideoFrame, number: int, time_base: Fraction) -> av.VideoFrame:
    """Return the frame, to be shown at this number of these units."""
    frame.pts, frame.time_base = number, time_base
    return frame
