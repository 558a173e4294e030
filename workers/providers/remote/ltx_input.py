"""What LTX is sent for an order: a pure translation."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.errors import ProviderRefused
from workers.providers.base import Order
from workers.providers.remote.words import in_words, no_negative_prompt, other_seconds

# Of each model and resolution, the seconds that it makes, at 25 frames a second.
MODELS: Mapping[str, Mapping[str, Sequence[int]]] = {
    "ltx-2-fast": {"1080p": range(6, 21, 2), "1440p": (6, 8, 10), "2160p": (6, 8, 10)},
    "ltx-2-pro": {"1080p": (6, 8, 10), "1440p": (6, 8, 10), "2160p": (6, 8, 10)},
}
_PIXELS = {"1080p": "1920x1080", "1440p": "2560x1440", "2160p": "3840x2160"}
_RATE = 25


def input_of(order: Order) -> dict[str, Any]:
    """Return the body; LTX refuses what it does not make before it charges, and so do we."""
    asked = order.input
    if order.route_model not in MODELS:
        raise ProviderRefused(f"This server does not know LTX's model {order.route_model!r}.")
    if asked["resolution"] not in _PIXELS or asked["aspect_ratio"] != "16:9":
        raise ProviderRefused("LTX makes 1080p, 1440p and 2160p in 16:9 only.")
    if asked["frame_rate"] != _RATE:
        raise ProviderRefused(f"LTX makes {_RATE} frames a second here.")
    return {
        "prompt": in_words(asked["prompt"], asked.get("style", "")),
        "model": order.route_model,
        "duration": _seconds(order),
        "resolution": _PIXELS[asked["resolution"]],
        "fps": _RATE,
    }


def left_out(order: Order) -> list[str]:
    """Say what of an order there is no field for, or what is made otherwise."""
    asked, model = order.input, order.route_model
    remarks = no_negative_prompt(model, asked.get("negative_prompt", ""))
    if asked.get("resolution") in MODELS.get(model, ()):
        remarks += other_seconds(model, asked["duration"], _seconds(order))
    return remarks


def _seconds(order: Order) -> int:
    offered = MODELS[order.route_model][order.input["resolution"]]
    wanted = order.input["duration"]
    return next((one for one in offered if one >= wanted - 1e-6), max(offered))
