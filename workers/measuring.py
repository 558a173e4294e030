"""What a finished file really is: measured from its bytes, never believed."""

import io
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream
from PIL import Image

from shared.errors import Permanent, UnsupportedMedia
from shared.uploads import sniffing

_EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "model/gltf-binary": "glb",
}
# Said to the reader, so that no other one is tried: some of them open other files.
_CONTAINERS = {
    "video/mp4": "mov",
    "video/webm": "webm",
    "image/gif": "gif",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
}
_GLTF_JSON = 0x4E4F534A
_UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    IndexError,
    struct.error,
    av.FFmpegError,
    Image.DecompressionBombError,
)
_PICTURES = ("PNG", "JPEG", "WEBP")


class UnreadableOutput(Permanent):
    """The provider's file is not of a kind that we know."""

    code = "unreadable_output"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A file's type, the extension for it, its size in pixels, and how long it plays.

    ``duration`` is in seconds, ``frame_rate`` in frames a second.
    """

    content_type: str
    extension: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    frame_rate: float | None = None


def measure(content: BinaryIO) -> Measured:
    """Read the head of a file, and rewind it; raises :class:`UnreadableOutput`."""
    try:
        found = sniffing.content_type(content.read(sniffing.HEAD))
        content.seek(0)
        return _MEASURES[found](content, found)
    except (KeyError, UnsupportedMedia, *_UNREADABLE) as error:
        raise UnreadableOutput from error
    finally:
        content.seek(0)


def _picture(content: BinaryIO, content_type: str) -> Measured:
    with Image.open(content, formats=_PICTURES) as image:
        return _measured(content_type, width=image.width, height=image.height)


def _video(content: BinaryIO, content_type: str) -> Measured:
    with av.open(content, "r", format=_CONTAINERS[content_type]) as container:
        stream = container.streams.video[0]
        rate = stream.average_rate
        return _measured(
            content_type,
            width=stream.width,
            height=stream.height,
            duration=_seconds(container, stream),
            frame_rate=rate and float(rate),
        )


def _animation(content: BinaryIO, content_type: str) -> Measured:
    with Image.open(content, formats=("GIF",)) as image:
        width, height = image.size
    content.seek(0)
    with av.open(content, "r", format=_CONTAINERS[content_type]) as container:
        seconds = _seconds(container, container.streams.video[0])
    return _measured(content_type, width=width, height=height, duration=seconds)


def _sound(content: BinaryIO, content_type: str) -> Measured:
    with av.open(content, "r", format=_CONTAINERS[content_type]) as container:
        return _measured(content_type, duration=_seconds(container, container.streams.audio[0]))


def _seconds(container: InputContainer, stream: VideoStream | AudioStream) -> float:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _model(content: BinaryIO, content_type: str) -> Measured:
    """Check a GLB's frame: its version, its length, and that it begins with its description."""
    head = content.read(20)
    size = content.seek(0, io.SEEK_END)
    _, version, length, _, first = struct.unpack("<4sIIII", head)
    if (version, length, first) != (2, size, _GLTF_JSON):
        raise ValueError("no GLB of version 2, or not all of it")
    return _measured(content_type)


def _measured(content_type: str, **fields: Any) -> Measured:
    return Measured(content_type=content_type, extension=_EXTENSIONS[content_type], **fields)


_MEASURES: Mapping[str, Callable[[BinaryIO, str], Measured]] = {
    "image/png": _picture,
    "image/jpeg": _picture,
    "image/webp": _picture,
    "image/gif": _animation,
    "video/mp4": _video,
    "video/webm": _video,
    "audio/mpeg": _sound,
    "audio/wav": _sound,
    "model/gltf-binary": _model,
}
