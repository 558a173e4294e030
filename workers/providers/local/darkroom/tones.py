"""Focus, light and colour."""

from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageEnhance, ImageFilter

# How many stops of light 100 of exposure are.
_STOPS = 2.0


def blur(picture: Image.Image, asked: Mapping[str, Any]) -> Image.Image:
    """Blur by a Gaussian; what is transparent lends no colour to what is not."""
    soft = ImageFilter.GaussianBlur(asked["sigma"])
    if picture.mode == "RGBA":
        return picture.convert("RGBa").filter(soft).convert("RGBA")
    return picture.filter(soft)


def modulate(picture: Image.Image, asked: Mapping[str, Any]) -> Image.Image:
    """Change exposure, brightness, contrast and saturation, in this order."""
    colours = picture.convert("RGB")
    if asked["exposure"]:
        colours = colours.point(_exposure(asked["exposure"]) * 3)
    for name, enhancer in (
        ("brightness", ImageEnhance.Brightness),
        ("contrast", ImageEnhance.Contrast),
        ("saturation", ImageEnhance.Color),
    ):
        if asked[name]:
            colours = enhancer(colours).enhance(1 + asked[name] / 100)
    if picture.mode == "RGBA":
        colours.putalpha(picture.getchannel("A"))
    return colours


def _exposure(strength: int) -> list[int]:
    """Return what each level becomes: light is multiplied, and levels are its 2.2th root."""
    gain = 2 ** (_STOPS * strength / 100)
    return [
        min(255, round(255 * ((level / 255) ** 2.2 * gain) ** (1 / 2.2))) for level in range(256)
    ]
