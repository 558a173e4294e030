"""Small pictures for lists."""

import io
from typing import BinaryIO

from PIL import Image, ImageOps

SIDE = 320
_MOST_PIXELS = 64_000_000


def thumbnail(content: BinaryIO) -> bytes | None:
    """Return a picture in small, as WebP; none of one that is small itself, or too large to read.

    The file is rewound.
    """
    try:
        with Image.open(content) as image:
            if max(image.size) <= SIDE or image.width * image.height > _MOST_PIXELS:
                return None
            # A JPEG is read at the size that is wanted, or nearly.
            image.draft("RGB", (SIDE, SIDE))
            small = ImageOps.exif_transpose(image).convert(
                "RGBA" if image.has_transparency_data else "RGB"
            )
            small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    except (OSError, ValueError, SyntaxError):
        # A head that can be read, and pixels that cannot: whoever opens it sees that.
        return None
    finally:
        content.seek(0)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=80, method=2)
    return buffer.getvalue()
