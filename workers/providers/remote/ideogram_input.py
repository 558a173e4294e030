"""What Ideogram is sent for an order: a pure translation."""

from typing import Any

from shared.errors import ProviderRefused
from workers.providers.base import Order
from workers.providers.remote.sizes import nearest_ratio
from workers.providers.remote.words import in_words

MODEL = "ideogram-v3"

_RATIOS = (
    "1x1", "16x9", "9x16", "4x3", "3x4", "3x2", "2x3", "16x10", "10x16", "5x4", "4x5", "2x1",
    "1x2", "3x1", "1x3",
)  # fmt: skip
_SEEDS = 2**31
_MOST_IMAGES = 8


def input_of(order: Order) -> dict[str, Any]:
    """Return the body that makes pictures out of words, as they are said."""
    if order.route_model != MODEL:
        raise ProviderRefused(f"This server does not know Ideogram's {order.route_model!r}.")
    if "image" in order.sources:
        raise ProviderRefused("Ideogram starts from words only here.")
    asked = order.input
    count = asked.get("num_images", 1)
    if count > _MOST_IMAGES:
        raise ProviderRefused(f"Ideogram makes at most {_MOST_IMAGES} pictures at a time.")
    has_size = "width" in asked and "height" in asked
    fields = {
        "prompt": in_words(asked["prompt"], asked.get("style", "")),
        "negative_prompt": asked.get("negative_prompt") or None,
        "aspect_ratio": nearest_ratio(asked["width"], asked["height"], _RATIOS, sign="x")
        if has_size
        else None,
        "num_images": count,
        "seed": asked["seed"] % _SEEDS if "seed" in asked else None,
        # It would write another prompt of its own.
        "magic_prompt": "OFF",
    }
    return {name: value for name, value in fields.items() if value is not None}
