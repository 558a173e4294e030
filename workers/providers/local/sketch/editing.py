"""A picture that is there is painted over with what the words say."""

import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageOps

from shared.errors import InputUnusable
from workers.providers.local.sketch.brief import Brief
from workers.providers.local.sketch.painter import paint

_FORMATS = ("PNG", "JPEG", "WEBP")
_MOST_PIXELS = 50_000_000
_LEAST_SIDE, _MOST_SIDE = 64, 2048
# How much of the painting is seen, unless it is said: where a mask lets it, all of it.
_STRENGTH, _MASKED_STRENGTH = 0.5, 1.0


@dataclass(frozen=True, kw_only=True)
class Original:
    """A picture to be painted over: from 0 (not at all) to 1 (nothing of it is seen any more).

    With a ``mask`` of its size, in grey, only where that is white; where it is black, not at all.
    """

    picture: Image.Image
    mask: Image.Image | None = None
    strength: float = _STRENGTH


def open_picture(content: bytes) -> Image.Image:
    """Return a picture upright and in RGB, no smaller and no larger than the engine paints.

    Raises :class:`InputUnusable`.
    """
    return _fitted(_upright(content, "image").convert("RGB"))


def open_original(
    content: bytes, mask: bytes | None = None, *, strength: float | None = None
) -> Original:
    """Return what is to be painted over, as :func:`open_picture` does, with its mask.

    What is transparent in a mask is as if black. Raises :class:`InputUnusable` too if the mask is
    of another size.
    """
    picture = _upright(content, "image").convert("RGB")
    if mask is None:
        return Original(
            picture=_fitted(picture), strength=_STRENGTH if strength is None else strength
        )
    grey = _grey(_upright(mask, "mask"))
    if grey.size != picture.size:
        raise InputUnusable(
            f"`mask` has {grey.width} x {grey.height} pixels, and `image` "
            f"{picture.width} x {picture.height}: they must be alike."
        )
    return Original(
        picture=_fitted(picture),
        mask=_fitted(grey),
        strength=_MASKED_STRENGTH if strength is None else strength,
    )


def paint_over(
    original: Original, brief: Brief, *, on_progress: Callable[[float], None]
) -> Image.Image:
    """Paint what the brief asks for over a picture of its size."""
    painting = paint(brief, on_progress=on_progress).convert("RGB")
    changed = Image.blend(original.picture, painting, original.strength)
    if original.mask is None:
        return changed
    return Image.composite(changed, original.picture, original.mask)


def _upright(content: bytes, path: str) -> Image.Image:
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            _demand_bounded(image, path)
            # Not every mode says by itself whether something in it is transparent.
            mode = "RGBA" if image.has_transparency_data else "RGB"
            return ImageOps.exif_transpose(image).convert(mode)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputUnusable(f"`{path}` cannot be read: it is damaged, or far too large.") from error


def _demand_bounded(image: Image.Image, path: str) -> None:
    """Look at the size before any pixel is read."""
    if image.width * image.height > _MOST_PIXELS:
        raise InputUnusable(f"`{path}` has more than {_MOST_PIXELS:,} pixels.")


def _grey(mask: Image.Image) -> Image.Image:
    if mask.mode == "RGBA":
        mask = Image.alpha_composite(Image.new("RGBA", mask.size, "black"), mask)
    return mask.convert("L")


def _fitted(image: Image.Image) -> Image.Image:
    return image.resize(_size(*image.size), Image.Resampling.LANCZOS)


def _size(width: int, height: int) -> tuple[int, int]:
    """Return the size itself, or the nearest of its shape that the engine paints."""
    scale = min(max(1.0, _LEAST_SIDE / min(width, height)), _MOST_SIDE / max(width, height))
    return _side(width * scale), _side(height * scale)


def _side(length: float) -> int:
    return min(_MOST_SIDE, max(_LEAST_SIDE, round(length)))
