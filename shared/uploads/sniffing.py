"""What a file is, told by how it begins; never by what is said of it."""

from collections.abc import Callable, Mapping

from shared.errors import UnsupportedMedia

# So many bytes tell.
HEAD = 64

_QUICKTIME = b"qt  "
# Brands of ISO base media files that are no videos: pictures in HEIF and AVIF.
_STILL_BRANDS = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"})


def _is_riff(head: bytes, form: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == form


def _brand(head: bytes) -> bytes | None:
    return head[8:12] if head[4:8] == b"ftyp" else None


def _is_mp4(head: bytes) -> bool:
    brand = _brand(head)
    return brand is not None and brand != _QUICKTIME and brand not in _STILL_BRANDS


def _is_mp3(head: bytes) -> bool:
    # An ID3 tag, or a frame: eleven bits set, then MPEG 1 or 2, layer III.
    return head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)


_TYPES: Mapping[str, Callable[[bytes], bool]] = {
    "image/png": lambda head: head[:8] == b"\x89PNG\r\n\x1a\n",
    "image/jpeg": lambda head: head[:3] == b"\xff\xd8\xff",
    "image/webp": lambda head: _is_riff(head, b"WEBP"),
    "image/gif": lambda head: head[:6] in {b"GIF87a", b"GIF89a"},
    "video/mp4": _is_mp4,
    "video/quicktime": lambda head: _brand(head) == _QUICKTIME,
    "video/webm": lambda head: head[:4] == b"\x1aE\xdf\xa3" and b"webm" in head,
    "audio/mpeg": _is_mp3,
    "audio/wav": lambda head: _is_riff(head, b"WAVE"),
    "model/gltf-binary": lambda head: head[:4] == b"glTF",
}
TYPES = tuple(_TYPES)


def content_type(head: bytes) -> str:
    """Return the media type of a file that begins so; raises :class:`UnsupportedMedia`."""
    found = next((name for name, is_it in _TYPES.items() if is_it(head)), None)
    if found is None:
        raise UnsupportedMedia(f"This is none of: {', '.join(TYPES)}.")
    return found
