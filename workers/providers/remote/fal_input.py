"""What fal.ai is sent for an order: a pure translation, the same whenever it is asked."""

from collections.abc import Mapping
from typing import Any

from shared.errors import ProviderRefused
from workers.providers.base import Order
from workers.providers.remote import fal_media_input
from workers.providers.remote.sizes import GPT_IMAGE, nearest_ratio
from workers.providers.remote.words import in_words, no_negative_prompt

_TEXT_TO_IMAGE = frozenset(
    {"prompt", "image_size", "num_images", "seed", "output_format", "enable_safety_checker"}
)

# Which fields of the input each model takes.
MODELS: Mapping[str, frozenset[str]] = {
    "fal-ai/flux/dev": _TEXT_TO_IMAGE,
    "fal-ai/flux/schnell": _TEXT_TO_IMAGE,
    "fal-ai/flux-pro/v1.1": _TEXT_TO_IMAGE,
    "fal-ai/stable-diffusion-v35-large": _TEXT_TO_IMAGE | {"negative_prompt"},
    "fal-ai/flux-pro/kontext": frozenset(
        {"prompt", "image_url", "num_images", "seed", "output_format"}
    ),
    "openai/gpt-image-2": frozenset({"prompt", "image_size", "num_images", "output_format"}),
    "fal-ai/ideogram/v3": frozenset(
        {"prompt", "negative_prompt", "image_size", "num_images", "seed"}
    ),
    "fal-ai/fast-lightning-sdxl": frozenset(
        {"prompt", "image_size", "num_images", "seed", "enable_safety_checker"}
    ),
    "fal-ai/nano-banana": frozenset(
        {"prompt", "aspect_ratio", "num_images", "seed", "output_format"}
    ),
}

_ASPECT_RATIOS = ("21:9", "16:9", "3:2", "4:3", "5:4", "1:1", "4:5", "3:4", "2:3", "9:16")


def input_of(order: Order) -> dict[str, Any]:
    """Return what fal is sent for an order: its model's fields, and no other.

    fal writes PNG and JPEG; WebP is asked for as PNG, and whatever comes is what is stored.
    """
    if fal_media_input.is_known(order.route_model):
        return fal_media_input.input_of(order)
    takes = MODELS.get(order.route_model)
    if takes is None:
        raise ProviderRefused(f"This server does not know fal's model {order.route_model!r}.")
    asked = order.input
    image = order.sources.get("image")
    has_size = "width" in asked and "height" in asked
    size = (asked["width"], asked["height"]) if has_size else None
    if size and order.route_model.startswith("openai/"):
        size = GPT_IMAGE.nearest(*size)
    everything = {
        "prompt": in_words(asked["prompt"], asked.get("style", "")),
        "image_url": image and image.link,
        "negative_prompt": asked.get("negative_prompt") or None,
        "image_size": size and {"width": size[0], "height": size[1]},
        "aspect_ratio": size and nearest_ratio(*size, _ASPECT_RATIOS),
        "num_images": asked.get("num_images", 1),
        "seed": asked.get("seed"),
        "output_format": "jpeg" if asked.get("format") == "jpeg" else "png",
        "enable_safety_checker": True,
    }
    return {
        name: value for name, value in everything.items() if name in takes and value is not None
    }


def left_out(order: Order) -> list[str]:
    """Say what of an order its model has no field for."""
    if fal_media_input.is_known(order.route_model):
        return fal_media_input.left_out(order)
    takes = MODELS.get(order.route_model, frozenset())
    if "negative_prompt" in takes:
        return []
    return no_negative_prompt(order.route_model, order.input.get("negative_prompt", ""))
