"""A word, written small into the corner of a picture."""

import io
from collections.abc import Mapping
from typing import Any, BinaryIO

from PIL import Image, ImageDraw, ImageFont, ImageOps

# Of the picture's shorter side; in pixels, as far as that leaves it legible.
_SHARE, _SMALLEST, _LARGEST = 1 / 18, 9, 48
_INK, _EDGE = (255, 255, 255, 200), (0, 0, 0, 140)
_MOST_PIXELS = 64_000_000
_AS_GOOD_AS_IT_WAS = 95
_WAYS: Mapping[str, Mapping[str, Any]] = {
    "PNG": {"compress_level": 3},
    "JPEG": {"subsampling": 0},
    "WEBP": {"method": 2},
}


def marked(content: BinaryIO, word: str, *, quality: int = _AS_GOOD_AS_IT_WAS) -> BinaryIO:
    """Return a picture with a word in its lower right corner, in the format that it has.

    What cannot be read, or is far too large to be, comes back as it is, rewound.
    """
    try:
        with Image.open(content, formats=list(_WAYS)) as image:
            if image.width * image.height > _MOST_PIXELS:
                return content
            kind = str(image.format)
            mode = "RGBA" if image.has_transparency_data else "RGB"
            picture = ImageOps.exif_transpose(image).convert(mode)
    except (OSError, ValueError, SyntaxError):
        # Whoever measures it next says what is wrong with it.
        return content
    finally:
        content.seek(0)
    buffer = io.BytesIO()
    result = _written_on(picture, word).convert(mode)
    result.save(buffer, kind, quality=quality, **_WAYS[kind])
    buffer.seek(0)
    return buffer


def _written_on(picture: Image.Image, word: str) -> Image.Image:
    size = max(_SMALLEST, min(_LARGEST, round(min(picture.size) * _SHARE)))
    margin = max(1, size // 3)
    sheet = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    ImageDraw.Draw(sheet).text(
        (picture.width - margin, picture.height - margin),
        word,
        fill=_INK,
        font=ImageFont.load_default(size),
        anchor="rb",
        stroke_width=max(1, size // 12),
        stroke_fill=_EDGE,
    )
    return Image.alpha_composite(picture.convert("RGBA"), sheet)
