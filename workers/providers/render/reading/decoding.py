"""Frames of one video track in the order that they show, each with its second."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from workers.providers.render.faults import SourceUnusable
from workers.providers.render.reading import opening

# By the codec that FFmpeg finds: its own decoder of these drops what is clear.
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_THREADS = 2
# How many seconds sooner one jumps where the first frame after a jump comes too late.
_SOONER = (0, 2, 10)
_USUAL_RATE = 25


def picture_stream(container: InputContainer) -> VideoStream | None:
    """Return the track that is seen: no cover of an album."""
    for stream in container.streams.video:
        is_cover = stream.disposition & av.stream.Disposition.attached_pic
        if not is_cover and opening.is_readable(stream):
            return stream
    return None


def has_alpha(stream: VideoStream) -> bool:
    """Say whether a track has clear places, as far as its file tells."""
    marked = {name.lower(): value for name, value in stream.metadata.items()}.get("alpha_mode")
    return marked == "1" or _is_clear(stream.codec_context.pix_fmt)


def _is_clear(pixel_format: str | None) -> bool:
    return pixel_format is not None and any(
        component.is_alpha for component in av.VideoFormat(pixel_format, 16, 16).components
    )


class Decoder:
    """Yields the frames of a file from some second on.

    Seconds count from where the file begins, which is not always at 0. ``damaged`` counts packets
    and frames that were not whole.
    """

    def __init__(self, path: Path) -> None:
        self.damaged = 0
        self._path = path
        self._open()

    def _open(self) -> None:
        self._container = opening.open_film_or_sound(self._path)
        stream = picture_stream(self._container)
        if stream is None:
            self._container.close()
            raise SourceUnusable("The file has no picture.")
        self._stream: VideoStream = stream
        self._codec: VideoCodecContext | None = None
        self._begin = Fraction(self._container.start_time or 0, av.time_base)
        self._base = stream.time_base or Fraction(1, _USUAL_RATE)

    def close(self) -> None:
        """Give back the file, the decoder and its threads."""
        self._codec = None
        self._container.close()

    def frames(self, start: Fraction) -> Iterator[tuple[Fraction, VideoFrame]]:
        """Yield frames from the last one at or before a second, where the file can be searched.

        Else they come from the beginning.
        """
        for sooner in _SOONER:
            if start <= sooner or not self._jump(start - sooner):
                break
            found = self._from_here()
            first = next(found, None)
            if first is not None and first[0] <= start:
                yield first
                yield from found
                return
        self._rewind()
        yield from self._from_here()

    def _rewind(self) -> None:
        """Go to the beginning; a file that cannot be searched is opened anew."""
        if not self._jump(Fraction(0)) and self._codec is not None:
            self.close()
            self._open()

    def _jump(self, start: Fraction) -> bool:
        """Go to the key frame at or before a second; returns whether that can be."""
        offset = int((start + self._begin) / self._base)
        if not start:
            offset = min(offset, self._stream.start_time or 0)
        with suppress(av.FFmpegError):
            self._container.seek(offset, stream=self._stream, backward=True)
            return True
        return False

    def _from_here(self) -> Iterator[tuple[Fraction, VideoFrame]]:
        if self._codec is None:
            self._codec = self._chosen()
        elif self._codec.is_open:
            self._codec.flush_buffers()
        last: Fraction | None = None
        for frame in self._decoded(self._codec):
            time = self._time(frame, last)
            # What was begun before the place jumped to, or is out of order, shows no more.
            if last is None or time > last:
                last = time
                yield time, frame

    def _time(self, frame: VideoFrame, last: Fraction | None) -> Fraction:
        stamp = frame.pts if frame.pts is not None else frame.dts
        if stamp is not None:
            return stamp * self._base - self._begin
        rate = self._stream.average_rate or Fraction(_USUAL_RATE)
        return Fraction(0) if last is None else last + 1 / rate

    def _decoded(self, codec: VideoCodecContext) -> Iterator[VideoFrame]:
        for packet in self._packets():
            try:
                frames = codec.decode(packet)
            except av.EOFError:
                return
            except av.FFmpegError:
                self.damaged += 1
                continue
            for frame in frames:
                self.damaged += frame.is_corrupt
                yield frame

    def _packets(self) -> Iterator["Packet[VideoStream] | None"]:
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    yield packet
        except av.FFmpegError:
            self.damaged += 1
        yield None

    def _chosen(self) -> VideoCodecContext:
        """Return the decoder: the stream's own, which knows all that its file says, or libvpx."""
        own = self._stream.codec_context
        name = _ALPHA_DECODERS.get(own.name) if has_alpha(self._stream) else None
        if (name or own.name) not in opening.DECODERS:
            raise SourceUnusable(f"The video is coded as {own.name}, which is not read here.")
        codec = own
        if name is not None:
            codec = cast(VideoCodecContext, CodecContext.create(name, "r"))
            codec.extradata = own.extradata
        codec.thread_type, codec.thread_count = "AUTO", _THREADS
        return codec
