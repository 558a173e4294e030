"""A GIF: its 256 colours are chosen from all frames, so these wait on the disk until then."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import av
import numpy as np
from av.filter import Graph

from workers.providers.render.encode.frames import Framer, as_rgb, at
from workers.providers.render.encode.sink import Order
from workers.providers.render.parts import Planes, Samples
from workers.providers.render.script import Size

# Of a GIF's clock, in a second.
_TICKS = 100
# Ordered: what does not move keeps its pattern, and costs nothing.
_DITHER = "dither=bayer:bayer_scale=3:diff_mode=rectangle"


class Gif:
    """Writes a GIF; a picture that stays is written once, for as long as it stays."""

    def __init__(self, path: Path, order: Order) -> None:
        self._path, self._target, self._rate = path, order.target, order.rate
        # Nameless: it is gone with the process, however that ends.
        self._spool: BinaryIO = TemporaryFile(dir=path.parent)  # noqa: SIM115
        self._palette = _Palette(order.target.size)
        self._framer = Framer(order.target.size)
        self._last: Planes | None = None
        self._changes: list[int] = []
        self._count = 0

    def picture(self, planes: Planes) -> None:
        """Keep the next frame, unless it is the one before it."""
        if planes is not self._last:
            frame = as_rgb(self._framer.frame(planes))
            self._palette.look(frame)
            self._spool.write(frame.to_ndarray().tobytes())
            self._changes.append(self._count)
            self._last = planes
        self._count += 1

    def sound(self, samples: Samples) -> None:
        """Leave sound out."""

    def close(self) -> None:
        """Choose the colours, and write all frames in them."""
        ticks = [self._ticks(number) for number in self._changes]
        last = self._ticks(self._count) - ticks[-1]
        options = {"loop": "0" if self._target.repeat else "-1", "final_delay": str(last)}
        with av.open(self._path, "w", format="gif", options=options) as container:
            stream = container.add_stream("gif", rate=self._rate)
            stream.width, stream.height = self._target.size
            stream.pix_fmt = "pal8"
            stream.codec_context.time_base = Fraction(1, _TICKS)
            for frame, tick in zip(self._painted(), ticks, strict=True):
                container.mux(stream.encode(at(frame, tick, Fraction(1, _TICKS))))
            container.mux(stream.encode(None))
        self._spool.close()

    def _ticks(self, number: int) -> int:
        return round(number * _TICKS / self._rate)

    def _painted(self) -> Iterator[av.VideoFrame]:
        """Yield the frames again, in the colours that were chosen."""
        width, height = self._target.size
        graph = Graph()
        frames = _entrance(graph, (width, height), "rgb24")
        colours = _entrance(graph, (16, 16), "rgb32")
        paint = graph.add("paletteuse", _DITHER)
        exit_ = graph.add("buffersink")
        frames.link_to(paint, 0, 0)
        colours.link_to(paint, 0, 1)
        paint.link_to(exit_)
        graph.configure()
        colours.push(at(self._palette.colours(), 0, Fraction(1, _TICKS)))
        colours.push(None)
        self._spool.seek(0)
        for number in range(len(self._changes)):
            pixels = np.frombuffer(self._spool.read(width * height * 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels.reshape(height, width, 3), format="rgb24")
            frames.push(at(frame, number, Fraction(1, _TICKS)))
            if number:
                # One is held back, as its time ends with the next.
                yield cast(av.VideoFrame, exit_.pull())
        frames.push(None)
        yield cast(av.VideoFrame, exit_.pull())


class _Palette:
    """Counts the colours of frames, and chooses 256."""

    def __init__(self, size: Size) -> None:
        self._graph = Graph()
        self._entrance = _entrance(self._graph, size, "rgb24")
        choose = self._graph.add("palettegen", "stats_mode=diff")
        self._exit = self._graph.add("buffersink")
        self._entrance.link_to(choose)
        choose.link_to(self._exit)
        self._graph.configure()
        self._count = 0

    def look(self, frame: av.VideoFrame) -> None:
        self._entrance.push(at(frame, self._count, Fraction(1, _TICKS)))
        self._count += 1

    def colours(self) -> av.VideoFrame:
        self._entrance.push(None)
        return cast(av.VideoFrame, self._exit.pull())


def _entrance(graph: Graph, size: Size, pixels: str) -> av.filter.context.FilterContext:
    width, height = size
    return graph.add_buffer(
        width=width, height=height, format=av.VideoFormat(pixels), time_base=Fraction(1, _TICKS)
    )
