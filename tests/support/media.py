"""Small files of every kind, real where something reads them."""

import io

from PIL import Image


def picture(
    width: int = 48, height: int = 32, *, colour: str = "red", format: str = "PNG"
) -> bytes:
    """Return a picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, format=format)
    return buffer.getvalue()
