"""What Vidu is sent for an order: a pure translation."""

import math
from typing import Any

from shared.errors import ProviderRefused
from workers.providers.base import Order
from workers.providers.remote.words import in_words, no_negative_prompt, other_seconds

MODEL = "viduq2"

# It makes nothing as small as some ask for: those get the next larger one.
_RESOLUTIONS = {"360p": "540p", "520p": "540p", "720p": "720p", "1080p": "1080p"}
_RATIOS = ("16:9", "9:16", "1:1", "3:4", "4:3")
_MOST_SECONDS = 10
_MOST_CHARACTERS = 5_000


def input_of(order: Order) -> dict[str, Any]:
    """Return the body that makes a video out of words."""
    asked = order.input
    if order.route_model != MODEL:
        raise ProviderRefused(f"This server does not know Vidu's model {order.route_model!r}.")
    if asked["resolution"] not in _RESOLUTIONS or asked["aspect_ratio"] not in _RATIOS:
        shape = f"{asked['resolution']} in {asked['aspect_ratio']}"
        raise ProviderRefused(f"Vidu does not make {shape}.")
    prompt = in_words(asked["prompt"], asked.get("style", ""))
    if len(prompt) > _MOST_CHARACTERS:
        raise ProviderRefused("Vidu takes prompts of 5,000 characters.")
    fields = {
        "model": MODEL,
        "prompt": prompt,
        "duration": _seconds(asked["duration"]),
        "resolution": _RESOLUTIONS[asked["resolution"]],
        "aspect_ratio": asked["aspect_ratio"],
        "seed": asked.get("seed"),
    }
    return {name: value for name, value in fields.items() if value is not None}


def left_out(order: Order) -> list[str]:
    """Say what of an order there is no field for, or what is made otherwise."""
    asked = order.input
    remarks = no_negative_prompt(MODEL, asked.get("negative_prompt", ""))
    made = _RESOLUTIONS.get(asked["resolution"], asked["resolution"])
    if made != asked["resolution"]:
        remarks.append(f"Vidu makes no {asked['resolution']}: this one has {made}.")
    return remarks + other_seconds(MODEL, asked["duration"], _seconds(asked["duration"]))


def _seconds(wanted: float) -> int:
    return min(max(math.ceil(wanted - 1e-6), 1), _MOST_SECONDS)
