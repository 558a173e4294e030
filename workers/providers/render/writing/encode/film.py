"""A film with sound: H.264 and AAC in MP4, or AV1 and Opus in WebM."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import av
from av.audio.stream import AudioStream
from av.video.frame import PictureType
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from workers.providers.render.parts import SAMPLE_RATE, Planes, Samples
from workers.providers.render.writing.encode.frames import BT709, Framer, at
from workers.providers.render.writing.encode.sink import Order
from workers.providers.render.writing.encode.voice import Voice


@dataclass(frozen=True, kw_only=True)
class _Container:
    video: str
    audio: str
    # Of the muxer.
    muxing: Mapping[str, str]
    # Of the video encoder, for a CRF of x264.
    encoding: Callable[[int], Mapping[str, str]]


def _x264(crf: int) -> Mapping[str, str]:
    # The next slower preset costs twice as much, for a file as large and a little better.
    return {"preset": "faster" if crf <= _FINE else "veryfast", "crf": str(crf)}


def _av1(crf: int) -> Mapping[str, str]:
    # Its scale has 64 steps: 35 looks like 23 of x264. With one level of parallelism it takes
    # half the memory, and less CPU.
    return {
        "preset": "9" if crf <= _FINE else "10",
        "crf": str(35 + round(1.5 * (crf - 23))),
        "svtav1-params": "lp=1",
    }


_FINE = 20
# There is a key frame this often at least, for who jumps to a place in it.
_KEY_SECONDS = 5
_CONTAINERS: Mapping[str, _Container] = {
    "mp4": _Container(
        video="libx264", audio="aac", muxing={"movflags": "+faststart"}, encoding=_x264
    ),
    "webm": _Container(video="libsvtav1", audio="libopus", muxing={}, encoding=_av1),
}


class Film:
    """Writes a film; the frames come at the target's rate, the sound begins with the first."""

    def __init__(self, path: Path, order: Order) -> None:
        target = order.target
        kind = _CONTAINERS[target.format]
        self._target, self._rate = target, order.rate
        self._container = av.open(path, "w", format=target.format, options=dict(kind.muxing))
        self._video = self._add_video(kind)
        self._voice: Voice | None = None
        if order.has_sound:
            stream = self._container.add_stream(kind.audio, rate=SAMPLE_RATE)
            self._voice = Voice(cast(AudioStream, stream), kbits=_kbits(target.crf))
        self._framer = Framer(target.size)
        self._count = 0
        # So that whoever looks at the end need not decode seconds for it.
        self._key_at = (order.frames or 0) - round(order.rate)

    def picture(self, planes: Planes) -> None:
        """Write the next frame."""
        frame = at(self._framer.frame(planes), self._count, 1 / self._rate)
        frame.pict_type = PictureType.I if self._count == self._key_at else PictureType.NONE
        self._container.mux(self._video.encode(frame))
        self._count += 1

    def sound(self, samples: Samples) -> None:
        """Write the next samples, if the film has sound."""
        if self._voice is not None:
            self._container.mux(self._voice.encode(samples))

    def close(self) -> None:
        """Write what the encoders still hold, and the head."""
        self._container.mux(self._video.encode(None))
        if self._voice is not None:
            self._container.mux(self._voice.flush())
        self._container.close()

    def _add_video(self, kind: _Container) -> VideoStream:
        target = self._target
        options = dict(kind.encoding(target.crf))
        stream = self._container.add_stream(kind.video, rate=self._rate, options=options)
        video = cast(VideoStream, stream)
        video.width, video.height = target.size
        video.pix_fmt = "yuv420p"
        context = video.codec_context
        context.time_base = 1 / self._rate
        context.gop_size = round(_KEY_SECONDS * self._rate)
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = ColorRange.MPEG
        return video


def _kbits(crf: int) -> int:
    """Return how many bits of sound go with pictures of this quality."""
    return 192 if crf <= _FINE else 128 if crf <= 25 else 96
