"""A GIF: its colours are chosen from all frames, so these wait on the disk until then."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import av
import numpy as np

from workers.providers.render.parts import Planes, Samples
from workers.providers.render.writing.encode.frames import Framer, as_rgb, at
from workers.providers.render.writing.encode.palette import Palette
from workers.providers.render.writing.encode.sink import Order

# Of a GIF's clock, in a second.
_TICK = Fraction(1, 100)


class Gif:
    """Writes a GIF; a picture that stays is written once, for as long as it stays."""

    def __init__(self, path: Path, order: Order) -> None:
        self._path, self._target, self._rate = path, order.target, order.rate
        # Nameless: it is gone with the process, however that ends.
        self._spool: BinaryIO = TemporaryFile(dir=path.parent)  # noqa: SIM115
        self._palette = Palette(order.target.size)
        self._framer = Framer(order.target.size)
        self._last: Planes | None = None
        self._changes: list[int] = []
        self._count = 0

    def picture(self, planes: Planes) -> None:
        """Keep the next frame, unless it is the one before it."""
        if planes is not self._last:
            pixels = np.asarray(as_rgb(self._framer.frame(planes)).to_ndarray(), np.uint8)
            self._palette.look(pixels)
            self._spool.write(pixels.tobytes())
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
            stream.codec_context.time_base = _TICK
            for frame, tick in zip(self._painted(), ticks, strict=True):
                container.mux(stream.encode(at(frame, tick, _TICK)))
            container.mux(stream.encode(None))
        self._spool.close()

    def _ticks(self, number: int) -> int:
        return round(number / self._rate / _TICK)

    def _painted(self) -> Iterator[av.VideoFrame]:
        """Yield the frames again, in the colours that were chosen."""
        width, height = self._target.size
        self._palette.choose()
        self._spool.seek(0)
        for _ in self._changes:
            pixels = np.frombuffer(self._spool.read(width * height * 3), np.uint8)
            painted = self._palette.painted(pixels.reshape(height, width, 3))
            # It takes a pair, other than its annotation says.
            pair: Any = (painted, self._palette.argb)
            yield av.VideoFrame.from_ndarray(pair, format="pal8")
