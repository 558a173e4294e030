"""What needs no rendering: parts of films that are cut out, or joined, as they are stored."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from workers.providers.render.errors import RenderFailed
from workers.providers.render.meaning.script import Piece, Plan
from workers.providers.render.reading.opening import film_or_sound
from workers.providers.render.writing import verify

_AnyPacket: TypeAlias = "Packet[Any]"


class _NotPossible(Exception):
    """The files do not allow it, for all that was known of them."""


def copied(plan: Plan, sources: Mapping[str, Path], result: Path) -> bool:
    """Write a plan that is nothing but parts of films, and check it; false if it must be rendered.

    A part can be copied if it begins with a key frame, and if no frame in it needs one behind it.
    """
    if not plan.copy:
        return False
    try:
        _copy(plan, sources, result)
        verify.check(result, plan)
    except (_NotPossible, RenderFailed, av.FFmpegError):
        result.unlink(missing_ok=True)
        return False
    return True


def _copy(plan: Plan, sources: Mapping[str, Path], result: Path) -> None:
    first = sources[plan.copy[0].source]
    options = {"movflags": "+faststart"}
    with film_or_sound(first) as like, av.open(result, "w", format="mp4", options=options) as out:
        streams = {one.type: out.add_stream_from_template(one) for one in _streams(like)}
        last: dict[str, int] = {}
        offset = Fraction(0)
        for piece in plan.copy:
            for packet in _moved(sources[piece.source], piece, like, offset, plan.rate):
                kind = packet.stream.type
                packet.stream = streams[kind]
                if packet.dts is None or packet.dts <= last.get(kind, packet.dts - 1):
                    if kind == "video":
                        raise _NotPossible
                    continue
                last[kind] = packet.dts
                out.mux(packet)
            offset += piece.length


def _streams(container: InputContainer) -> list[Stream]:
    return [*container.streams.video[:1], *container.streams.audio[:1]]


def _moved(
    path: Path, piece: Piece, like: InputContainer, offset: Fraction, rate: Fraction
) -> Iterator[_AnyPacket]:
    """Yield the packets of a piece, at the times at which they play in the result."""
    with film_or_sound(path) as container:
        if not _is_like(container, like):
            raise _NotPossible
        origin = Fraction(max(0, container.start_time or 0), av.time_base)
        start, end = origin + piece.start, origin + piece.start + piece.length
        video = container.streams.video[0]
        container.seek(round(start / _base(video)), stream=video)
        is_begun = False
        for packet in _until(container, end):
            time = (packet.pts or 0) * _base(packet.stream)
            if packet.stream is video:
                if not is_begun and not _is_key(packet, time - start, rate):
                    raise _NotPossible
                is_begun = True
            elif time < start and not piece.start == offset == 0:
                # The decoder warms up on what is before: at the very beginning it may.
                continue
            yield _shifted(packet, offset - start)
        if not is_begun:
            raise _NotPossible


def _is_key(packet: _AnyPacket, late: Fraction, rate: Fraction) -> bool:
    return packet.is_keyframe and abs(late) < 1 / (2 * rate)


def _until(container: InputContainer, end: Fraction) -> Iterator[_AnyPacket]:
    """Yield what is shown or heard before a second; raises if it needs what comes after."""
    is_over = False
    for packet in container.demux(_streams(container)):
        if packet.pts is None or packet.dts is None:
            continue
        is_behind = packet.pts * _base(packet.stream) >= end - Fraction(1, 10_000)
        is_video = packet.stream.type == "video"
        if is_video and is_over and not is_behind:
            # In the order of decoding it comes after one that is cut off, and may need it.
            raise _NotPossible
        is_over = is_over or (is_video and is_behind)
        if is_over and packet.dts * _base(packet.stream) > end + 1:
            return
        if not is_behind:
            yield packet


def _shifted(packet: _AnyPacket, by: Fraction) -> _AnyPacket:
    ticks = round(by / _base(packet.stream))
    packet.pts, packet.dts = (packet.pts or 0) + ticks, (packet.dts or 0) + ticks
    return packet


def _base(stream: Stream) -> Fraction:
    return stream.time_base or Fraction(1)


def _is_like(one: InputContainer, other: InputContainer) -> bool:
    """Say whether the same decoder, set up once, reads both."""
    return [_setup(stream) for stream in _streams(one)] == [
        _setup(stream) for stream in _streams(other)
    ]


def _setup(stream: Stream) -> tuple[object, ...]:
    context = stream.codec_context
    return context.name, context.extradata, stream.time_base
