"""A file that was written, opened again: whether it is what was planned."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from workers.providers.render.errors import RenderFailed
from workers.providers.render.meaning.script import Plan
from workers.providers.render.writing.encode.frames import BT709

# What a coder of sound may add at the ends: a frame of AAC or MP3, and what goes before it.
_SOUND_SLACK = Fraction(1, 10)
# The clock of Matroska has milliseconds, a GIF's hundredths.
_TICK = {"webm": Fraction(1, 1000), "gif": Fraction(1, 100)}


def check(path: Path, plan: Plan) -> None:
    """Raise :class:`RenderFailed` unless a file holds what was planned, and can be played."""
    if not path.stat().st_size:
        raise RenderFailed("What was written is empty.")
    try:
        with av.open(path, "r", options={"protocol_whitelist": "file"}) as container:
            _check_streams(container, plan)
            if container.streams.video:
                _check_pictures(container, plan)
            if container.streams.audio and not plan.target.is_still:
                _check_sound(container, plan)
    except av.FFmpegError as error:
        raise RenderFailed(f"What was written cannot be read: {error}.") from error


def _check_streams(container: InputContainer, plan: Plan) -> None:
    target = plan.target
    kinds = sorted(stream.type for stream in container.streams)
    sounds = target.has_sound and (not target.has_picture or bool(plan.sounds))
    planned = ["audio"] * sounds + ["video"] * target.has_picture
    if kinds != planned:
        raise RenderFailed(f"The file has {kinds}; planned are {planned}.")


def _check_pictures(container: InputContainer, plan: Plan) -> None:
    video = container.streams.video[0]
    # Decoding all of the last part would cost a tenth of what was spent on making it: what nothing
    # else needs is left out, and so is the smoothing of what is not shown.
    video.codec_context.skip_frame = "NONREF"
    video.codec_context.options = {"skip_loop_filter": "all"}
    if (video.width, video.height) != plan.target.size:
        raise RenderFailed(
            f"The picture has {video.width}x{video.height}; planned are {plan.target.size}."
        )
    if plan.target.is_still:
        next(container.decode(video))
        return
    times = _times(container, video)
    _check_times(times, plan)
    container.seek(0)
    first = next(container.decode(video))
    if plan.target.format != "gif" and (first.colorspace, first.color_range) != (BT709, 1):
        raise RenderFailed("The picture does not say that it is in BT.709, limited.")
    _check_last(container, video, times[-1])


def _times(container: InputContainer, video: VideoStream) -> Sequence[Fraction]:
    """Return when each frame is shown, in their order; nothing is decoded."""
    base = video.time_base or Fraction(1)
    return sorted(packet.pts * base for packet in container.demux(video) if packet.pts is not None)


def _check_times(times: Sequence[Fraction], plan: Plan) -> None:
    if not times:
        raise RenderFailed("There is no frame in it.")
    if plan.target.format == "gif":
        # A picture that stays is written once.
        is_right = times[0] == 0 and times[-1] < plan.length
    else:
        slack = _TICK.get(plan.target.format, Fraction(1, 10_000))
        is_right = len(times) == plan.frames and all(
            abs(time - number / plan.rate) <= slack for number, time in enumerate(times)
        )
    if not is_right:
        raise RenderFailed(
            f"The file has {len(times)} frames up to {float(times[-1]):g} s; planned are "
            f"{plan.frames} at {plan.rate} a second."
        )


def _check_last(container: InputContainer, video: VideoStream, time: Fraction) -> None:
    """Decode from the last key frame to the end."""
    base = video.time_base or Fraction(1)
    container.seek(int(time / base), stream=video)
    last = Fraction(-1)
    for frame in container.decode(video):
        if frame.pts is not None and not frame.is_corrupt:
            last = max(last, frame.pts * base)
    if last < time:
        raise RenderFailed("The last frame of it cannot be read.")


def _check_sound(container: InputContainer, plan: Plan) -> None:
    audio = container.streams.audio[0]
    base = audio.time_base or Fraction(1)
    container.seek(0)
    ends = [
        (packet.pts + (packet.duration or 0)) * base
        for packet in container.demux(audio)
        if packet.pts is not None
    ]
    if not ends or abs(max(ends) - plan.length) > _SOUND_SLACK:
        raise RenderFailed(
            f"The sound lasts {float(max(ends, default=0)):g} s; planned are "
            f"{float(plan.length):g}."
        )
