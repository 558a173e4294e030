"""Small files of every kind, real where something reads them."""

import base64
import io

from PIL import Image


def picture(
    width: int = 48, height: int = 32, *, colour: str = "red", format: str = "PNG"
) -> bytes:
    """Return a picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, format=format)
    return buffer.getvalue()


def data_uri(content: bytes, content_type: str = "image/png") -> str:
    """Return a file as an address that holds all of it."""
    return f"data:{content_type};base64,{base64.b64encode(content).decode()}"
