"""What a file is, found in the file itself: its kind, its size, how long it lasts."""

from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from workers.providers.render.faults import SourceUnusable
from workers.providers.render.parts import Facts
from workers.providers.render.reading import opening, stills, vips
from workers.providers.render.reading.decoding import Decoder, has_alpha, picture_stream
from workers.providers.render.reading.developing import is_clear
from workers.providers.render.reading.turning import turn_of

# Decoders keep many frames at once: the largest are those of 8K.
MOST_PIXELS_MOVING = 8192 * 4608
# Beyond these, the shape of a pixel is a mistake.
_NARROWEST, _WIDEST = Fraction(1, 8), Fraction(8)
# Their heads say no length, or guess it from the first second.
_COUNTED = frozenset({"audio/aac", "audio/mpeg"})


def look(path: Path) -> Facts:
    """Return the facts of a picture, a video or a sound; raises :class:`SourceUnusable`.

    Nothing is decoded but the first frame of a video.
    """
    found = opening.content_type(path)
    if found in vips.PICTURES:
        return stills.look(path, found)
    if found not in opening.FILMS_AND_SOUNDS:
        raise SourceUnusable(f"The file is {found}: neither a picture, a video nor a sound.")
    with opening.film_or_sound(path) as container:
        sounds = _sounds(container)
        stream = picture_stream(container)
        if stream is not None:
            return _film(path, found, container, stream)
        if not sounds:
            raise SourceUnusable("The file has neither a picture nor a sound that is read here.")
        return Facts(
            kind="audio",
            content_type=found,
            duration=_duration(container, sounds[0], counted=found in _COUNTED),
            has_audio=True,
            sound_codec=sounds[0].codec_context.name,
        )


def _sounds(container: InputContainer) -> list[AudioStream]:
    return [stream for stream in container.streams.audio if opening.is_readable(stream)]


def _film(path: Path, found: str, container: InputContainer, stream: VideoStream) -> Facts:
    stills.check_size((stream.codec_context.width, stream.codec_context.height))
    _check_moving(stream.codec_context.width * stream.codec_context.height)
    frame = _first_frame(path)
    _check_moving(frame.width * frame.height)
    turn = turn_of(frame)
    sounds = _sounds(container)
    return Facts(
        kind="video",
        content_type=found,
        size=turn.size(*_shown_size(frame, stream)),
        coded=(frame.width, frame.height),
        rotation=turn.degrees,
        duration=_duration(container, stream, counted=False),
        frame_rate=stream.average_rate or stream.guessed_rate,
        has_alpha=has_alpha(stream) or is_clear(frame),
        has_audio=bool(sounds),
        codec=stream.codec_context.name,
        format=frame.format.name,
        sound_codec=sounds[0].codec_context.name if sounds else None,
    )


def _check_moving(pixels: int) -> None:
    if pixels > MOST_PIXELS_MOVING:
        raise SourceUnusable(
            f"The video has {pixels:,} pixels a frame; at most {MOST_PIXELS_MOVING:,} are read."
        )


def _first_frame(path: Path) -> av.VideoFrame:
    decoder = Decoder(path)
    try:
        _, frame = next(decoder.frames(Fraction(0)))
        return frame
    except StopIteration:
        raise SourceUnusable("The video has no frame that can be read.") from None
    finally:
        decoder.close()


def _shown_size(frame: av.VideoFrame, stream: VideoStream) -> tuple[int, int]:
    """Return a frame's size if its pixels were square."""
    shape = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or Fraction(1)
    if not _NARROWEST <= shape <= _WIDEST:
        shape = Fraction(1)
    return max(1, round(frame.width * shape)), frame.height


def _duration(
    container: InputContainer, stream: VideoStream | AudioStream, *, counted: bool
) -> Fraction:
    """Return how long a track lasts, in seconds; counted where the file does not say."""
    if not counted and stream.duration and stream.duration > 0 and stream.time_base:
        begin = Fraction(container.start_time or 0, av.time_base)
        late = (stream.start_time or 0) * stream.time_base - begin
        return stream.duration * stream.time_base + max(Fraction(0), late)
    if not counted and container.duration and container.duration > 0:
        return Fraction(container.duration, av.time_base)
    return _counted(container, stream)


def _counted(container: InputContainer, stream: VideoStream | AudioStream) -> Fraction:
    """Return how long a track lasts by its packets."""
    base = stream.time_base or Fraction(1, av.time_base)
    first, last = None, 0
    try:
        for packet in container.demux(stream):
            if packet.pts is not None:
                first = packet.pts if first is None else min(first, packet.pts)
                last = max(last, packet.pts + (packet.duration or 0))
    except av.FFmpegError:
        pass  # What there is before the damage is what can be shown.
    if first is None or last <= first:
        raise SourceUnusable("The file has no sound or picture that can be read.")
    return (last - first) * base
