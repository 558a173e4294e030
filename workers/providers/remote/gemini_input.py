"""What Gemini is sent for an order: a pure translation but for the picture."""

import base64
from collections.abc import Mapping
from typing import Any

from workers.providers.base import Order, Source
from workers.providers.remote.sizes import nearest_ratio
from workers.providers.remote.words import in_words, no_negative_prompt

_RATIOS = ("21:9", "16:9", "3:2", "4:3", "1:1", "3:4", "2:3", "9:16")
# From here on a model makes larger pictures, if it is one that can.
_ONE_K = 1024
_CAN_BE_LARGE = "gemini-3"


def body_of(order: Order) -> dict[str, Any]:
    """Return the body that asks for one picture; what a picture is read from may be gone."""
    asked, image = order.input, order.sources.get("image")
    parts: list[dict[str, Any]] = [{"text": in_words(asked["prompt"], asked.get("style", ""))}]
    if image is not None:
        parts.append({"inlineData": _inline(image)})
    config = {"responseModalities": ["IMAGE"], **_shape(order.route_model, asked)}
    return {"contents": [{"role": "user", "parts": parts}], "generationConfig": config}


def left_out(order: Order) -> list[str]:
    """Say what of an order there is no field for."""
    return no_negative_prompt(order.route_model, order.input.get("negative_prompt", ""))


def _shape(model: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    if "width" not in asked or "height" not in asked:
        return {}
    width, height = asked["width"], asked["height"]
    shape = {"aspectRatio": nearest_ratio(width, height, _RATIOS)}
    if model.startswith(_CAN_BE_LARGE):
        shape["imageSize"] = "2K" if max(width, height) > _ONE_K else "1K"
    return {"imageConfig": shape}


def _inline(image: Source) -> Mapping[str, str]:
    return {"mimeType": image.content_type, "data": base64.b64encode(image.read()).decode()}
