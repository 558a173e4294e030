"""Moving pictures, read frame by frame: what shows at a second, upright, at one size, as ours."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from av.video.frame import VideoFrame

from workers.providers.render.faults import SourceUnusable
from workers.providers.render.parts import Facts, Planes
from workers.providers.render.reading import animations
from workers.providers.render.reading.decoding import Decoder
from workers.providers.render.reading.developing import Developer

# How far ahead frames are decoded one after the other, rather than searched; in seconds.
_READ_ON = 4


class Reel(Protocol):
    """A moving picture at one size."""

    def at(self, time: Fraction) -> Planes:
        """Return the last frame at or before a second; the same object while it is the same.

        Before the first frame that one shows, after the last the last. Going on is cheap.
        """

    def close(self) -> None:
        """Give back what it holds."""


def open(path: Path, facts: Facts, size: tuple[int, int]) -> Reel:
    """Open a video or an animation; the caller closes it. Raises :class:`SourceUnusable`."""
    if facts.kind == "animation":
        return animations.animated(path, facts, size)
    return Film(path, size)


class Film:
    """A video at one size. ``damaged`` counts packets and frames that were not whole."""

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        self._decoder = Decoder(path)
        self._developer = Developer(size)
        self._frames: Iterator[tuple[Fraction, VideoFrame]] = iter(())
        # The frame that shows, and the one after it.
        self._now: tuple[Fraction, VideoFrame] | None = None
        self._next: tuple[Fraction, VideoFrame] | None = None
        self._shown: tuple[Fraction, Planes] | None = None

    @property
    def damaged(self) -> int:
        """How much of what was read was not whole."""
        return self._decoder.damaged

    def at(self, time: Fraction) -> Planes:
        """Return the last frame at or before a second; raises :class:`SourceUnusable`."""
        moment, frame = self._found(time)
        if self._shown is None or self._shown[0] != moment:
            self._shown = moment, self._developer.planes(frame)
        return self._shown[1]

    def close(self) -> None:
        """Give back the file, the decoder and its threads."""
        self._frames, self._now, self._next, self._shown = iter(()), None, None, None
        self._decoder.close()

    def _found(self, time: Fraction) -> tuple[Fraction, VideoFrame]:
        if not self._is_near(time):
            self._frames = self._decoder.frames(time)
            self._now, self._next = next(self._frames, self._now), next(self._frames, None)
        while self._next is not None and self._next[0] <= time:
            self._now, self._next = self._next, next(self._frames, None)
        if self._now is None:
            raise SourceUnusable("The video has no frame that can be read.")
        return self._now

    def _is_near(self, time: Fraction) -> bool:
        """Say whether a second is reached by going on: not far ahead, and not behind."""
        if self._now is None:
            return False
        if self._next is None:
            return self._now[0] <= time
        return self._now[0] <= time <= self._next[0] + _READ_ON
