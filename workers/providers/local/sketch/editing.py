"""A picture that is there is painted over with what the words say."""

import io
from collections.abc import Callable

from PIL import Image, ImageOps

from shared.errors import InputUnusable
from workers.providers.local.sketch.brief import Brief
from workers.providers.local.sketch.painter import paint

_FORMATS = ("PNG", "JPEG", "WEBP")
_MOST_PIXELS = 50_000_000
_LEAST_SIDE, _MOST_SIDE = 64, 2048
# How much of the painting is seen over the picture.
_STRENGTH = 0.5


def open_picture(content: bytes) -> Image.Image:
    """Return a picture upright and in RGB, no smaller and no larger than the engine paints.

    Raises :class:`InputUnusable`.
    """
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            _demand_bounded(image)
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputUnusable("`image` cannot be read: it is damaged, or far too large.") from error
    return upright.resize(_size(*upright.size), Image.Resampling.LANCZOS)


def paint_over(
    picture: Image.Image, brief: Brief, *, on_progress: Callable[[float], None]
) -> Image.Image:
    """Paint what the brief asks for over a picture of its size."""
    return Image.blend(picture, paint(brief, on_progress=on_progress).convert("RGB"), _STRENGTH)


def _demand_bounded(image: Image.Image) -> None:
    """Look at the size before any pixel is read."""
    if image.width * image.height > _MOST_PIXELS:
        raise InputUnusable(f"`image` has more than {_MOST_PIXELS:,} pixels.")


def _size(width: int, height: int) -> tuple[int, int]:
    """Return the size itself, or the nearest of its shape that the engine paints."""
    scale = min(max(1.0, _LEAST_SIDE / min(width, height)), _MOST_SIDE / max(width, height))
    return _side(width * scale), _side(height * scale)


def _side(length: float) -> int:
    return min(_MOST_SIDE, max(_LEAST_SIDE, round(length)))
