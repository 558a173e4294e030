"""How FFmpeg is let at a file: as the one kind that its first bytes say, and at no other file."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Stream

from shared.errors import UnsupportedMedia
from shared.uploads import sniffing
from workers.providers.render.faults import SourceUnusable

# Some readers open further files, or addresses: none but the one that is named here is tried.
_READERS: Mapping[str, str] = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/aac": "aac",
    "audio/mp4": "mov",
}
FILMS_AND_SOUNDS = frozenset(_READERS)

_WHITELISTED_READERS = "mov,mp4,matroska,webm,avi,mp3,wav,ogg,flac,aac"
# What cameras, phones, browsers and editors write; the rest of some 500 decoders stays shut.
_DECODERS = (
    "h264 hevc av1 libdav1d vp8 vp9 libvpx libvpx-vp9 mpeg1video mpeg2video mpeg4 h263 msmpeg4v3 "
    "prores dnxhd ffv1 mjpeg png qtrle rawvideo theora wmv2 vc1 "
    "aac mp3float mp3 opus libopus vorbis flac alac ac3 eac3 "
    "pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_f32le pcm_f32be pcm_f64le "
    "pcm_f64be pcm_u8 pcm_s8 pcm_alaw pcm_mulaw adpcm_ms adpcm_ima_wav adpcm_ima_qt"
)
DECODERS = frozenset(_DECODERS.split())


def content_type(path: Path) -> str:
    """Return what a file is, told by how it begins; raises :class:`SourceUnusable`."""
    with path.open("rb") as file:
        head = file.read(sniffing.HEAD)
    if not head:
        raise SourceUnusable("The file is empty.")
    try:
        return sniffing.content_type(head)
    except UnsupportedMedia as error:
        raise SourceUnusable(f"The file is of no kind that is read here. {error.message}") from None


@contextmanager
def film_or_sound(path: Path) -> Iterator[InputContainer]:
    """Open a video or a sound for as long as the block lasts."""
    container = open_film_or_sound(path)
    try:
        yield container
    finally:
        container.close()


def open_film_or_sound(path: Path) -> InputContainer:
    """Open a video or a sound; the caller closes it. Raises :class:`SourceUnusable`."""
    found = content_type(path)
    if found not in _READERS:
        raise SourceUnusable(f"The file is {found}: neither a video nor a sound.")
    try:
        return av.open(
            # A name with a colon would be taken for a protocol.
            f"file:{os.path.abspath(path)}",  # noqa: PTH100 - links stay as they are
            "r",
            format=_READERS[found],
            options={
                "format_whitelist": _WHITELISTED_READERS,
                "protocol_whitelist": "file",
                "codec_whitelist": ",".join(sorted(DECODERS)),
                "enable_drefs": "0",
            },
        )
    except (av.FFmpegError, ValueError, OSError) as error:
        raise SourceUnusable(f"The file cannot be read as {found}: {_reason(error)}.") from None


def is_readable(stream: Stream) -> bool:
    """Say whether there is a decoder for a track: one of no known coding has no context."""
    return getattr(stream, "codec_context", None) is not None


def _reason(error: Exception) -> str:
    """Return what FFmpeg says, without the name of the file."""
    return getattr(error, "strerror", None) or str(error)
