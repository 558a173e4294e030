"""Size, shape and direction."""

import math
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageFilter

from shared.errors import InputUnusable
from workers.providers.local.darkroom.files import demand_bounded

_LANCZOS = Image.Resampling.LANCZOS
_MIRRORS = {
    "horizontal": Image.Transpose.FLIP_LEFT_RIGHT,
    "vertical": Image.Transpose.FLIP_TOP_BOTTOM,
    "both": Image.Transpose.ROTATE_180,
}


def upscale(picture: Image.Image, asked: Mapping[str, Any]) -> Image.Image:
    """Enlarge by Lanczos resampling, and give edges back the contrast that it takes."""
    factor = asked["factor"]
    width, height = picture.width * factor, picture.height * factor
    demand_bounded(width, height)
    larger = picture.resize((width, height), _LANCZOS)
    return larger.filter(ImageFilter.UnsharpMask(radius=0.7 * factor, percent=55, threshold=2))


def resize(picture: Image.Image, asked: Mapping[str, Any]) -> Image.Image:
    """Stretch to a size (fill), fit into it (contain), or fill it and cut the rest (cover)."""
    width, height = _size(picture, asked.get("width"), asked.get("height"))
    demand_bounded(width, height)
    if asked["fit"] == "fill":
        return picture.resize((width, height), _LANCZOS)
    choose = min if asked["fit"] == "contain" else max
    scale = choose(width / picture.width, height / picture.height)
    across, down = _shares(asked["position"])
    if asked["fit"] == "cover":
        box_width, box_height = width / scale, height / scale
        left, top = (picture.width - box_width) * across, (picture.height - box_height) * down
        box = (max(0.0, left), max(0.0, top), left + box_width, top + box_height)
        box = (*box[:2], min(box[2], picture.width), min(box[3], picture.height))
        return picture.resize((width, height), _LANCZOS, box=box)
    inner = (
        max(1, min(width, round(picture.width * scale))),
        max(1, min(height, round(picture.height * scale))),
    )
    paper = _paper((width, height), asked["background"])
    fitted = picture.resize(inner, _LANCZOS).convert("RGBA")
    at = (round((width - inner[0]) * across), round((height - inner[1]) * down))
    paper.alpha_composite(fitted, at)
    return paper


def crop(picture: Image.Image, asked: Mapping[str, Any]) -> Image.Image:
    """Cut a part out; raises :class:`InputUnusable` for one that is not all in the picture."""
    x1, y1, x2, y2 = (round(asked[name]) for name in ("x1", "y1", "x2", "y2"))
    if x2 > picture.width or y2 > picture.height:
        raise InputUnusable(
            f"`x2`, `y2`: the picture has only {picture.width} x {picture.height} pixels."
        )
    return picture.crop((min(x1, x2 - 1), min(y1, y2 - 1), x2, y2))


def rotate(picture: Image.Image, asked: Mapping[str, Any]) -> Image.Image:
    """Turn clockwise, onto a paper that is large enough; quarter turns lose nothing."""
    angle = asked["angle"] % 360
    quarters = {
        90: Image.Transpose.ROTATE_270,
        180: Image.Transpose.ROTATE_180,
        270: Image.Transpose.ROTATE_90,
    }
    if angle == 0:
        return picture
    if angle in quarters:
        return picture.transpose(quarters[angle])
    steep, flat = abs(math.sin(math.radians(angle))), abs(math.cos(math.radians(angle)))
    demand_bounded(
        round(picture.width * flat + picture.height * steep),
        round(picture.width * steep + picture.height * flat),
    )
    turned = picture.convert("RGBA").rotate(
        -angle, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=(0, 0, 0, 0)
    )
    if asked["background"] == "transparent":
        return turned
    return Image.alpha_composite(_paper(turned.size, asked["background"]), turned)


def mirror(picture: Image.Image, asked: Mapping[str, Any]) -> Image.Image:
    """Swap sides."""
    return picture.transpose(_MIRRORS[asked["mode"]])


def _size(picture: Image.Image, width: int | None, height: int | None) -> tuple[int, int]:
    if width is None:
        width = max(1, round(picture.width * (height or 1) / picture.height))
    if height is None:
        height = max(1, round(picture.height * width / picture.width))
    return width, height


def _paper(size: tuple[int, int], colour: str) -> Image.Image:
    return Image.new("RGBA", size, (0, 0, 0, 0) if colour == "transparent" else colour)


def _shares(position: str) -> tuple[float, float]:
    """Return which share of the room that is left lies to the left, and above."""
    across = 0.0 if "left" in position else 1.0 if "right" in position else 0.5
    down = 0.0 if "top" in position else 1.0 if "bottom" in position else 0.5
    return across, down
