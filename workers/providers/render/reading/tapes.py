"""The sound of a file, read from a second of it on, at a speed, as stereo at 48 kHz."""

import math
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.filter import Graph

from workers.providers.render.parts import SAMPLE_RATE, Samples
from workers.providers.render.reading.opening import open_film_or_sound

# Decoders need a little of what is before to be right.
_BEFORE = Fraction(1, 4)
# Clocks of files jitter; what lacks more than this is missing, and silent.
_GAP = Fraction(1, 20)


class Tape:
    """Samples of one file in their order. One without sound has none."""

    def __init__(self, path: Path, *, trim: Fraction, speed: Fraction) -> None:
        self._container = open_film_or_sound(path)
        self._rest = np.zeros((0, 2), np.float32)
        streams = self._container.streams.audio
        heard = _heard(self._container, streams[0], trim) if streams else iter(())
        self._coming = heard if speed == 1 else _stretched(heard, float(speed))

    def read(self, count: int) -> Samples:
        """Return the next samples, shape (count, 2); fewer at the end."""
        parts, length = [self._rest], len(self._rest)
        while length < count:
            part = next(self._coming, None)
            if part is None:
                break
            parts.append(part)
            length += len(part)
        whole = np.concatenate(parts)
        self._rest = whole[count:]
        return whole[:count]

    def close(self) -> None:
        """Give the file back."""
        self._container.close()


def _heard(
    container: av.container.InputContainer, stream: AudioStream, trim: Fraction
) -> Iterator[Samples]:
    """Yield the samples from a second on; what came too early is cut, gaps are silent."""
    skip: int | None = None
    for samples, time in _decoded(container, stream, trim):
        if skip is None:
            skip = round((trim - time) * SAMPLE_RATE)
            if skip < 0:
                yield np.zeros((-skip, 2), np.float32)
                skip = 0
        cut = min(skip, len(samples))
        skip -= cut
        if cut < len(samples):
            yield samples[cut:]


def _decoded(
    container: av.container.InputContainer, stream: AudioStream, trim: Fraction
) -> Iterator[tuple[Samples, Fraction]]:
    """Yield what is decoded, each part with the second of the file at which it begins."""
    origin = Fraction(max(0, container.start_time or 0), av.time_base)
    if trim > 1:
        container.seek(int((trim - _BEFORE + origin) * av.time_base))
    resampler = _Resampler(stream)
    due: Fraction | None = None
    for frame in _frames(container, stream):
        time = due or Fraction(0)
        if frame.pts is not None and frame.time_base is not None:
            time = frame.pts * frame.time_base - origin
        if due is not None and time - due > _GAP:
            yield np.zeros((round((time - due) * SAMPLE_RATE), 2), np.float32), due
        elif due is not None:
            # Steps of a coarse clock are none of the sound's.
            time = due
        yield resampler.samples(frame), time
        due = time + Fraction(frame.samples, frame.sample_rate)
    yield resampler.samples(None), due or Fraction(0)


def _frames(container: av.container.InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """Yield what can be decoded; a part that cannot is missing."""
    with suppress(av.FFmpegError):
        for packet in container.demux(stream):
            with suppress(av.FFmpegError):
                yield from packet.decode()


class _Resampler:
    """Makes stereo at 48 kHz of whatever there is. One channel goes to both sides as it is."""

    def __init__(self, stream: AudioStream) -> None:
        self._is_mono = stream.codec_context.channels == 1
        layout = "mono" if self._is_mono else "stereo"
        self._resampler = AudioResampler(format="flt", layout=layout, rate=SAMPLE_RATE)

    def samples(self, frame: AudioFrame | None) -> Samples:
        """Return what comes out for a frame; for none, what is left."""
        parts = [one.to_ndarray().reshape(-1) for one in self._resampler.resample(frame)]
        row = np.concatenate([np.zeros(0, np.float32), *parts])
        return np.repeat(row[:, np.newaxis], 2, axis=1) if self._is_mono else row.reshape(-1, 2)


def _stretched(heard: Iterator[Samples], speed: float) -> Iterator[Samples]:
    """Yield the sound faster or slower, as high as it was."""
    graph = Graph()
    entrance = graph.add_abuffer(
        sample_rate=SAMPLE_RATE, format="flt", layout="stereo", time_base=Fraction(1, SAMPLE_RATE)
    )
    last = entrance
    count = max(1, math.ceil(abs(math.log2(speed))))
    for _ in range(count):
        stretch = graph.add("atempo", repr(speed ** (1 / count)))
        last.link_to(stretch)
        last = stretch
    exit_ = graph.add("abuffersink")
    last.link_to(exit_)
    graph.configure()
    number = 0
    for samples in heard:
        if len(samples):
            entrance.push(_frame(samples, number))
            number += len(samples)
            yield from _pulled(exit_)
    entrance.push(None)
    yield from _pulled(exit_)


def _frame(samples: Samples, number: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(
        np.ascontiguousarray(samples).reshape(1, -1), format="flt", layout="stereo"
    )
    frame.sample_rate = SAMPLE_RATE
    frame.pts, frame.time_base = number, Fraction(1, SAMPLE_RATE)
    return frame


def _pulled(exit_: av.filter.context.FilterContext) -> Iterator[Samples]:
    with suppress(av.error.BlockingIOError, av.error.EOFError):
        while True:
            pulled = cast(AudioFrame, exit_.pull()).to_ndarray()
            yield pulled.reshape(-1, 2).astype(np.float32, copy=False)
