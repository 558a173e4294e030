"""What Cloudflare's Workers AI is sent for an order: a pure translation."""

from typing import Any

from shared.errors import ProviderRefused
from workers.providers.base import Order
from workers.providers.remote.sizes import Sizes
from workers.providers.remote.words import in_words

MODEL = "@cf/bytedance/stable-diffusion-xl-lightning"

_SIZES = Sizes(step=8, least=256, most=2048)
# It was made to need few; Cloudflare's own default is for slower models.
_STEPS = 8


def input_of(order: Order) -> dict[str, Any]:
    """Return the body that makes one picture out of words."""
    if order.route_model != MODEL:
        raise ProviderRefused(f"This server does not know Cloudflare's {order.route_model!r}.")
    if "image" in order.sources:
        raise ProviderRefused("Cloudflare starts from words only here.")
    asked = order.input
    fields: dict[str, Any] = {
        "prompt": in_words(asked["prompt"], asked.get("style", "")),
        "negative_prompt": asked.get("negative_prompt") or None,
        "num_steps": _STEPS,
        "seed": asked.get("seed"),
    }
    if "width" in asked and "height" in asked:
        fields["width"], fields["height"] = _SIZES.nearest(asked["width"], asked["height"])
    return {name: value for name, value in fields.items() if value is not None}
