"""What a finished file really is: measured from its bytes, never believed."""

from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

from shared.errors import Permanent

_TYPES = {
    "PNG": ("image/png", "png"),
    "JPEG": ("image/jpeg", "jpg"),
    "WEBP": ("image/webp", "webp"),
}


class UnreadableOutput(Permanent):
    """The provider's file is not of a kind that we know."""

    code = "unreadable_output"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A file's type, the extension for it, and its size in pixels."""

    content_type: str
    extension: str
    width: int
    height: int


def measure(content: BinaryIO) -> Measured:
    """Read the head of an image, and rewind it; raises :class:`UnreadableOutput`."""
    try:
        with Image.open(content, formats=list(_TYPES)) as image:
            content_type, extension = _TYPES[str(image.format)]
            return Measured(
                content_type=content_type,
                extension=extension,
                width=image.width,
                height=image.height,
            )
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadableOutput from error
    finally:
        content.seek(0)
