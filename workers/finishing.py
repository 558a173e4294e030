"""What a provider made, brought to what was asked for: its size in pixels, and its format."""

import io
from collections.abc import Mapping
from typing import Any, BinaryIO

from PIL import Image, ImageOps

from shared.errors import UnsupportedMedia
from shared.uploads import sniffing
from workers.providers.base import Order

# What is larger is left as it is: nobody asked for so much, and it may not fit in memory.
_MOST_PIXELS = 64_000_000
_QUALITY = 92


class Finish:
    """The size and the format that an order asks of its pictures.

    A picture of another shape is cropped around its middle, one that is too small is enlarged.
    Vendors make few sizes: who asked for 1920 by 1080 gets just that. ``enlarged`` are the sizes
    from which pictures had to be enlarged.
    """

    def __init__(self, order: Order) -> None:
        self._format = str(order.input.get("format") or "")
        self._size = _size(order.input) if order.operation == "generate" else None
        self.enlarged: set[tuple[int, int]] = set()

    @property
    def remarks(self) -> list[str]:
        """Say what was enlarged."""
        return [
            f"It was made at {width}x{height} pixels, and enlarged to what was asked for."
            for width, height in sorted(self.enlarged)
        ]

    def apply(self, content: BinaryIO) -> BinaryIO:
        """Return the picture as it was asked for; the file itself if it is so, or is no picture."""
        try:
            found = sniffing.content_type(content.read(sniffing.HEAD))
        except UnsupportedMedia:
            found = ""
        finally:
            content.seek(0)
        if found not in {"image/png", "image/jpeg", "image/webp"}:
            return content
        try:
            with Image.open(content) as image:
                return self._brought(image, found.partition("/")[2]) or content
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            # Whoever measures it will say what is wrong.
            return content
        finally:
            content.seek(0)

    def _brought(self, image: Image.Image, has_format: str) -> BinaryIO | None:
        if image.width * image.height > _MOST_PIXELS:
            return None
        wanted = self._format or has_format
        size = self._size or image.size
        if (wanted, size) == (has_format, image.size):
            return None
        if size[0] > image.width or size[1] > image.height:
            self.enlarged.add(image.size)
        changed = image if size == image.size else ImageOps.fit(image, size)
        return _written(changed, wanted)


def _size(given: Mapping[str, Any]) -> tuple[int, int] | None:
    if "width" not in given or "height" not in given:
        return None
    return int(given["width"]), int(given["height"])


def _written(image: Image.Image, wanted: str) -> BinaryIO:
    has_alpha = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    if has_alpha and wanted == "jpeg":
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image.convert("RGBA"))
    mode = "RGBA" if has_alpha and wanted != "jpeg" else "RGB"
    file = io.BytesIO()
    # The profile says what the colours are.
    profile = image.info.get("icc_profile")
    image.convert(mode).save(file, wanted, quality=_QUALITY, icc_profile=profile)
    file.seek(0)
    return file
