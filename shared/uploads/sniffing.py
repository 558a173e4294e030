"""What a file is, told by how it begins; never by what is said of it."""

import re
from collections.abc import Callable, Mapping

from shared.errors import UnsupportedMedia

# So many bytes tell.
HEAD = 64

_QUICKTIME = b"qt  "
# Brands of ISO base media files that are no videos: pictures in HEIF and AVIF.
_STILL_BRANDS = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"})
_SOUND_BRANDS = frozenset({b"M4A ", b"M4B ", b"M4P "})
# What QuickTime files from before there were brands begin with.
_QUICKTIME_ATOMS = frozenset({b"moov", b"mdat", b"wide"})
_MATROSKA = b"\x1aE\xdf\xa3"
_BOM = b"\xef\xbb\xbf"
# The number of the first caption, and when it comes.
_SUBRIP = re.compile(rb"\s*\d{1,9}[ \t]*\r?\n\d{1,3}:\d\d:\d\d[,.]\d{1,3} *-->")


def _is_riff(head: bytes, form: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == form


def _brand(head: bytes) -> bytes | None:
    return head[8:12] if head[4:8] == b"ftyp" else None


def _is_mp4(head: bytes) -> bool:
    brand = _brand(head)
    others = {_QUICKTIME, *_STILL_BRANDS, *_SOUND_BRANDS}
    return brand is not None and brand not in others


def _is_quicktime(head: bytes) -> bool:
    return _brand(head) == _QUICKTIME or head[4:8] in _QUICKTIME_ATOMS


def _is_matroska(head: bytes, *, webm: bool) -> bool:
    return head[:4] == _MATROSKA and (b"webm" in head) == webm


def _is_mp3(head: bytes) -> bool:
    # An ID3 tag, or a frame: eleven bits set, then MPEG 1 or 2, layer III.
    return head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)


def _is_aac(head: bytes) -> bool:
    # ADTS: twelve bits set, then a layer of 0.
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0


def _is_webvtt(head: bytes) -> bool:
    words = head.removeprefix(_BOM)
    return words[:6] == b"WEBVTT" and words[6:7] in {b"", b" ", b"\t", b"\r", b"\n"}


_TYPES: Mapping[str, Callable[[bytes], bool]] = {
    "image/png": lambda head: head[:8] == b"\x89PNG\r\n\x1a\n",
    "image/jpeg": lambda head: head[:3] == b"\xff\xd8\xff",
    "image/webp": lambda head: _is_riff(head, b"WEBP"),
    "image/gif": lambda head: head[:6] in {b"GIF87a", b"GIF89a"},
    "video/mp4": _is_mp4,
    "video/quicktime": _is_quicktime,
    "video/webm": lambda head: _is_matroska(head, webm=True),
    "video/x-matroska": lambda head: _is_matroska(head, webm=False),
    "video/x-msvideo": lambda head: _is_riff(head, b"AVI "),
    "audio/mpeg": _is_mp3,
    "audio/wav": lambda head: _is_riff(head, b"WAVE"),
    "audio/ogg": lambda head: head[:4] == b"OggS",
    "audio/flac": lambda head: head[:4] == b"fLaC",
    "audio/aac": _is_aac,
    "audio/mp4": lambda head: _brand(head) in _SOUND_BRANDS,
    "font/ttf": lambda head: head[:4] in {b"\x00\x01\x00\x00", b"true"},
    "font/otf": lambda head: head[:4] == b"OTTO",
    "application/x-subrip": lambda head: _SUBRIP.match(head.removeprefix(_BOM)) is not None,
    "text/vtt": _is_webvtt,
    "model/gltf-binary": lambda head: head[:4] == b"glTF",
}
TYPES = tuple(_TYPES)


def content_type(head: bytes) -> str:
    """Return the media type of a file that begins so; raises :class:`UnsupportedMedia`."""
    found = next((name for name, is_it in _TYPES.items() if is_it(head)), None)
    if found is None:
        raise UnsupportedMedia(f"This is none of: {', '.join(TYPES)}.")
    return found
