"""Films, sounds and pictures for the renderer, written by what others write them with too."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

RATE = 10


def grey(level: int, size: tuple[int, int] = (64, 48)) -> NDArray[np.uint8]:
    """Return a picture of one grey, as red, green and blue."""
    return np.full((size[1], size[0], 3), level, np.uint8)


def counted(frames: int, size: tuple[int, int] = (64, 48)) -> list[NDArray[np.uint8]]:
    """Return frames that can be told apart by their grey: :func:`number_of` reads it."""
    return [grey(20 + 8 * number, size) for number in range(frames)]


def number_of(y: NDArray[np.uint8]) -> int:
    """Return which of the :func:`counted` frames this is, by its brightness."""
    grey_level = (float(y.mean()) - 16) * 255 / 219
    return round((grey_level - 20) / 8)


def film(
    path: Path,
    frames: Sequence[NDArray[np.uint8]] | None = None,
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    rate: int = RATE,
    moments: Iterable[int] | None = None,
    format: str | None = None,
    options: dict[str, str] | None = None,
    rotation: int | None = None,
    shape: Fraction | None = None,
    tags: dict[str, int] | None = None,
    sound: float | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a video: frames at ``moments``, in units of the rate; ``sound`` is in seconds."""
    given = counted(10) if frames is None else frames
    height, width = given[0].shape[:2]
    with av.open(str(path), "w", format=format) as container:
        stream: Any = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        for name, value in (tags or {}).items():
            setattr(stream.codec_context, name, value)
        if shape is not None:
            stream.codec_context.sample_aspect_ratio = shape
        if rotation is not None:
            stream.set_display_rotation(rotation)
        stream.metadata.update(metadata or {})
        voice: Any = None
        if sound is not None:
            voice = container.add_stream("aac", rate=48_000)
            voice.layout = "mono"
        for moment, pixel in zip(moments or range(len(given)), given, strict=False):
            frame = _frame(pixel, pixels, tags or {})
            frame.pts, frame.time_base = moment, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if voice is not None:
            _tone(container, voice, float(sound or 0))
    return path


def _frame(pixel: NDArray[np.uint8], pixels: str, tags: dict[str, int]) -> av.VideoFrame:
    format = "rgba" if pixel.shape[2] == 4 else "rgb24"
    frame = av.VideoFrame.from_ndarray(pixel, format=format)
    matrix, full = tags.get("colorspace", 5), tags.get("color_range", 1) == 2
    made = frame.reformat(
        format=pixels,
        dst_colorspace=1 if matrix in (1, 2) and tags else matrix,
        dst_color_range=2 if full else 1,
    )
    for name, value in tags.items():
        setattr(made, name, value)
    return made


def tone(
    path: Path, seconds: float = 1.0, *, codec: str = "aac", format: str | None = None
) -> Path:
    """Write a sound."""
    with av.open(str(path), "w", format=format) as container:
        voice: Any = container.add_stream(codec, rate=48_000)
        voice.layout = "mono"
        _tone(container, voice, seconds)
    return path


def _tone(container: Any, voice: Any, seconds: float) -> None:
    samples = round(48_000 * seconds)
    wave = np.sin(np.arange(samples) * (2 * np.pi * 440 / 48_000)) * 0.5
    resampler = av.AudioResampler(format=voice.codec_context.format, layout="mono", rate=48_000)
    frame = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
    size = voice.codec_context.frame_size or samples
    fifo = av.AudioFifo()
    for piece in resampler.resample(frame):
        fifo.write(piece)
    while (part := fifo.read(size, partial=True)) is not None:
        container.mux(voice.encode(part))
    container.mux(voice.encode())
