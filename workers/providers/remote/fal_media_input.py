"""What fal.ai is sent for a video or a 3D model: a pure translation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.errors import ProviderRefused
from workers.providers.base import Order
from workers.providers.remote.words import in_words, no_negative_prompt, other_seconds

_VIDU_SECONDS = tuple(range(2, 9))
_VIDU_SIZES = ("360p", "520p", "720p", "1080p")
_LTX_SECONDS = (6, 8, 10)
_LTX_SIZES = ("1080p", "1440p", "2160p")


def is_known(model: str) -> bool:
    """Say whether this is the name of such a model."""
    return model in _INPUTS


def input_of(order: Order) -> dict[str, Any]:
    """Return what fal is sent: its model's fields, and no other."""
    fields = _INPUTS[order.route_model](order)
    return {name: value for name, value in fields.items() if value is not None}


def left_out(order: Order) -> list[str]:
    """Say what of an order its model has no field for, or does otherwise."""
    model, asked = order.route_model, order.input
    remarks = no_negative_prompt(model, asked.get("negative_prompt", ""))
    if model in _SECONDS and "duration" in asked:
        remarks += other_seconds(model, asked["duration"], at_least(asked["duration"], model))
    return remarks


def at_least(duration: float, model: str) -> int:
    """Return the shortest time that a model makes and that is as long as this, in seconds."""
    offered = _SECONDS[model]
    return next((one for one in offered if one >= duration - 1e-6), max(offered))


def _vidu(order: Order) -> dict[str, Any]:
    asked = order.input
    return {
        "prompt": in_words(asked["prompt"], asked.get("style", "")),
        "duration": at_least(asked["duration"], order.route_model),
        "resolution": _one_of(asked["resolution"], _VIDU_SIZES, order),
        "aspect_ratio": _one_of(asked["aspect_ratio"], ("16:9", "9:16", "1:1"), order),
        "seed": asked.get("seed"),
    }


def _ltx(order: Order) -> dict[str, Any]:
    asked = order.input
    return {
        "prompt": in_words(asked["prompt"], asked.get("style", "")),
        "duration": at_least(asked["duration"], order.route_model),
        "resolution": _one_of(asked["resolution"], _LTX_SIZES, order),
        "aspect_ratio": _one_of(asked["aspect_ratio"], ("16:9", "9:16"), order),
        "fps": _one_of(asked["frame_rate"], (24, 25, 48, 50), order),
    }


def _tripo(order: Order) -> dict[str, Any]:
    image = order.sources.get("image")
    if image is None:
        raise ProviderRefused(f"{order.route_model} starts from a picture.")
    has_texture, is_fine = order.input.get("texture", True), order.input.get("detail") == "high"
    texture = "HD" if is_fine else "standard"
    return {"image_url": image.link, "texture": texture if has_texture else "no"}


def _one_of(wanted: Any, offered: Sequence[Any], order: Order) -> Any:
    if wanted not in offered:
        known = ", ".join(map(str, offered))
        raise ProviderRefused(f"{order.route_model} does not make {wanted!r}, but {known}.")
    return wanted


_LTX = ("fal-ai/ltx-2.3/text-to-video", "fal-ai/ltx-2.3/text-to-video/fast")
_VIDU = "fal-ai/vidu/q2/text-to-video"

_INPUTS: Mapping[str, Callable[[Order], dict[str, Any]]] = {
    _VIDU: _vidu,
    **dict.fromkeys(_LTX, _ltx),
    "tripo3d/tripo/v2.5/image-to-3d": _tripo,
}
_SECONDS: Mapping[str, Sequence[int]] = {
    _VIDU: _VIDU_SECONDS,
    **dict.fromkeys(_LTX, _LTX_SECONDS),
}
