"""What OpenAI's image API is sent for an order: a pure translation but for the files."""

from collections.abc import Mapping
from typing import Any

from shared.errors import ProviderRefused
from workers.providers.base import Order
from workers.providers.remote.client import Form
from workers.providers.remote.sizes import GPT_IMAGE
from workers.providers.remote.words import in_words, no_negative_prompt

# Of OpenAI's own models; other servers that speak like it take the size that was asked for.
_OWN = "gpt-image"
_MOST_IMAGES = 10
_MOST_CHARACTERS = 32_000


def generation_of(order: Order) -> dict[str, Any]:
    """Return the body that makes pictures out of words."""
    asked = order.input
    sized = {"size": _size(order)} if "width" in asked and "height" in asked else {}
    return {**_common(order), **sized}


def edit_of(order: Order) -> Form:
    """Return the form that changes a picture; what the picture is read from may be gone."""
    image = order.sources["image"]
    extension = image.content_type.partition("/")[2]
    fields = [(name, str(value)) for name, value in _common(order).items()]
    return [*fields, ("image", (f"image.{extension}", image.read(), image.content_type))]


def left_out(order: Order) -> list[str]:
    """Say what of an order there is no field for."""
    return no_negative_prompt(order.route_model, order.input.get("negative_prompt", ""))


def _common(order: Order) -> Mapping[str, Any]:
    asked = order.input
    prompt = in_words(asked["prompt"], asked.get("style", ""))
    if len(prompt) > _MOST_CHARACTERS:
        raise ProviderRefused(f"The prompt has {len(prompt)} characters; it takes 32,000.")
    count = asked.get("num_images", 1)
    if count > _MOST_IMAGES:
        raise ProviderRefused(f"It makes at most {_MOST_IMAGES} pictures at a time.")
    common = {"model": order.route_model, "prompt": prompt, "n": count}
    if not order.route_model.startswith(_OWN):
        return common | {"response_format": "b64_json"}
    return common | {"quality": "medium", "output_format": asked.get("format", "png")}


def _size(order: Order) -> str:
    width, height = order.input["width"], order.input["height"]
    if order.route_model.startswith(_OWN):
        width, height = GPT_IMAGE.nearest(width, height)
    return f"{width}x{height}"
