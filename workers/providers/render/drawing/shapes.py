"""Rectangles, circles and lines, in the middle of their box."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from workers.providers.render.drawing.sheet import Ink, Sheet, Size, covered, outside
from workers.providers.render.parts import Planes


def draw(asset: Mapping[str, Any], box: Size, frame: Size) -> Planes:  # noqa: ARG001 - as its like
    """Draw a shape; its line lies half inside and half outside of its edge."""
    sheet = Sheet(box)
    width, height, radius = _measures(asset)
    left, top = (box[0] - width) / 2, (box[1] - height) / 2
    distance = outside(box, (left, top, left + width, top + height), radius)
    fill = asset.get("fill") or {}
    sheet.tint(covered(distance), Ink.read(fill.get("color", "#ffffff"), fill.get("opacity", 1)))
    stroke = asset.get("stroke") or {}
    if line := stroke.get("width", 0):
        edge = np.asarray(np.abs(distance) - line / 2, np.float32)
        sheet.tint(covered(edge), Ink.read(stroke.get("color", "#000000")))
    return sheet.planes()


def _measures(asset: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return width, height, and the radius of the corners."""
    given = asset[asset["shape"]]
    match asset["shape"]:
        case "circle":
            return 2 * given["radius"], 2 * given["radius"], given["radius"]
        case "line":
            return given["length"], given["thickness"], 0
        case _:
            return given["width"], given["height"], given.get("cornerRadius", 0)
