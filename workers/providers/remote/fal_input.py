"""What fal.ai is sent for an order: a pure translation, the same whenever it is asked."""

import math
from collections.abc import Mapping
from typing import Any

from shared.errors import ProviderRefused
from shared.jobs import prompts
from workers.providers.base import Order

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
    "fal-ai/nano-banana": frozenset(
        {"prompt", "aspect_ratio", "num_images", "seed", "output_format"}
    ),
}

_ASPECT_RATIOS = ("21:9", "16:9", "3:2", "4:3", "5:4", "1:1", "4:5", "3:4", "2:3", "9:16")
_STYLES = {
    "vivid": "vivid, saturated colours, dramatic light",
    "artistic": "artistic, painterly, expressive brushwork",
}


def input_of(order: Order) -> dict[str, Any]:
    """Return what fal is sent for an order: its model's fields, and no other.

    fal writes PNG and JPEG; WebP is asked for as PNG, and whatever comes is what is stored.
    """
    takes = MODELS.get(order.route_model)
    if takes is None:
        raise ProviderRefused(f"This server does not know fal's model {order.route_model!r}.")
    asked = order.input
    style = _STYLES.get(asked.get("style", ""))
    # fal's models take no weights: of several prompts the heaviest are told first.
    words = prompts.in_one(asked)
    image = order.sources.get("image")
    has_size = "width" in asked and "height" in asked
    everything = {
        "prompt": f"{words}, {style}" if style else words,
        "image_url": image and image.link,
        "negative_prompt": prompts.unwanted(asked) or None,
        "image_size": {"width": asked["width"], "height": asked["height"]} if has_size else None,
        "aspect_ratio": _nearest_ratio(asked["width"], asked["height"]) if has_size else None,
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
    takes = MODELS.get(order.route_model, frozenset())
    if order.input.get("negative_prompt") and "negative_prompt" not in takes:
        return [f"{order.route_model} takes no negative prompt: it was left out."]
    return []


def _nearest_ratio(width: int, height: int) -> str:
    def distance(ratio: str) -> float:
        across, down = ratio.split(":")
        return abs(math.log(width / height) - math.log(int(across) / int(down)))

    return min(_ASPECT_RATIOS, key=distance)
