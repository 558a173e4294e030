"""Pictures read and written; what is read is bounded, upright, and keeps its transparency."""

import io

from PIL import ExifTags, Image, ImageOps

from shared.errors import InputUnusable
from shared.jobs.edits import MOST_PIXELS

_FORMATS = {"PNG": "png", "JPEG": "jpeg", "WEBP": "webp"}


def decode(content: bytes, path: str) -> tuple[Image.Image, str]:
    """Return a picture as RGB or RGBA, and its format; ``path`` says where the input names it.

    Raises :class:`InputUnusable`.
    """
    try:
        with Image.open(io.BytesIO(content), formats=list(_FORMATS)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise InputUnusable(f"`{path}` has more than {MOST_PIXELS:,} pixels.")
            found = _FORMATS[str(image.format)]
            mode = "RGBA" if image.has_transparency_data else "RGB"
            return ImageOps.exif_transpose(image).convert(mode), found
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputUnusable(f"`{path}` cannot be read: it is damaged, or far too large.") from error


def is_upright(content: bytes) -> bool:
    """Say whether a picture that can be read is to be shown as its pixels lie."""
    with Image.open(io.BytesIO(content), formats=list(_FORMATS)) as image:
        return bool(image.getexif().get(ExifTags.Base.Orientation, 1) == 1)


def demand_bounded(width: int, height: int) -> None:
    """Raise :class:`InputUnusable` if this is too large to be made."""
    if width * height > MOST_PIXELS:
        raise InputUnusable(
            f"A picture would become {width} x {height}: more than {MOST_PIXELS:,} pixels."
        )


def encode(picture: Image.Image, *, format: str, quality: int) -> bytes:
    """Write a picture; JPEG shows white where it is transparent."""
    buffer = io.BytesIO()
    match format:
        case "png":
            picture.save(buffer, "PNG", compress_level=3)
        case "webp":
            picture.save(buffer, "WEBP", quality=quality, method=2)
        case _:
            _on_white(picture).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB":
        return picture
    paper = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(paper, picture).convert("RGB")
