"""Plans and small media for tests of the renderer: made by rule, so that each level is known."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from workers.providers.render.meaning.curves import Curve
from workers.providers.render.meaning.script import Envelope, Plan, Sound, Target
from workers.providers.render.parts import SAMPLE_RATE, Planes, Samples
from workers.providers.render.writing.encode.frames import as_frame, at
from workers.providers.render.writing.encode.voice import Voice


def tone(seconds: float, *, hertz: float = 440.0, level: float = 0.5, channels: int = 2) -> Samples:
    """Return a sine of this peak, of shape (samples, channels)."""
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = level * np.sin(2 * np.pi * hertz * at)
    return np.repeat(wave[:, np.newaxis], channels, axis=1).astype(np.float32)


def write_wav(path: Path, samples: Samples, *, rate: int = SAMPLE_RATE) -> Path:
    """Write samples as they are."""
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[samples.shape[1]]
    with av.open(path, "w", format="wav") as container:
        stream = container.add_stream("pcm_f32le", rate=rate, layout=layout)
        row = np.ascontiguousarray(samples).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(row, format="flt", layout=layout)
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def sound(
    source: str, *, start: Any = 0, length: Any = 1, trim: Any = 0, speed: Any = 1, **gain: Any
) -> Sound:
    """Return a sound of a plan; ``gain`` are fields of its envelope."""
    volume = gain.pop("volume", Curve(1.0))
    return Sound(
        path="timeline.soundtrack",
        source=source,
        start=Fraction(start),
        length=Fraction(length),
        trim=Fraction(trim),
        speed=Fraction(speed),
        gain=Envelope(volume=volume, length=float(Fraction(length)), **gain),
    )


def plan(
    *,
    sounds: Sequence[Sound] = (),
    length: Any = 1,
    rate: Any = 25,
    size: tuple[int, int] = (64, 48),
    target: Target | None = None,
) -> Plan:
    """Return a plan that shows nothing, and sounds."""
    rate, length = Fraction(rate), Fraction(length)
    return Plan(
        size=size,
        rate=rate,
        begin=Fraction(0),
        length=length,
        frames=-(-length * rate // 1),
        background=(0, 0, 0),
        shots=(),
        sounds=tuple(sounds),
        spans=(),
        target=target or Target(format="mp4", size=size),
    )


def planes(width: int, height: int, *, luma: int = 120, bar: int | None = None) -> Planes:
    """Return a picture of one colour, with a light bar so many pixels from the left."""
    y = np.full((height, width), luma, np.uint8)
    if bar is not None:
        y[:, bar : bar + 8] = 220
    half = ((height + 1) // 2, (width + 1) // 2)
    return Planes(y, np.full(half, 100, np.uint8), np.full(half, 160, np.uint8))


def write_film(
    path: Path,
    *,
    seconds: float = 1.0,
    rate: int = 25,
    size: tuple[int, int] = (160, 90),
    every: int = 250,
    tagged: bool = True,
    options: Mapping[str, str] | None = None,
) -> Path:
    """Write a film with a bar that goes from left to right, and a tone.

    A key frame comes every so often, and nothing before one needs what comes after it.
    """
    with av.open(path, "w", format="mp4") as container:
        fixed = {"x264-params": f"keyint={every}:min-keyint={every}:scenecut=0:open-gop=0"}
        video = container.add_stream("libx264", rate=rate, options=fixed | dict(options or {}))
        video.width, video.height = size
        context, tag = video.codec_context, 1 if tagged else 2
        context.color_primaries = context.color_trc = context.colorspace = tag
        context.color_range = 1
        audio = Voice(container.add_stream("aac", rate=SAMPLE_RATE))
        container.mux(audio.encode(tone(seconds)))
        for number in range(round(seconds * rate)):
            frame = as_frame(planes(*size, bar=2 * number % (size[0] - 8)))
            container.mux(video.encode(at(frame, number, Fraction(1, rate))))
        container.mux(video.encode(None))
        container.mux(audio.flush())
    return path
