"""What Black Forest Labs is sent for an order: a pure translation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import ProviderRefused
from shared.jobs.media import content_of, is_data
from workers.providers.base import Order, Source
from workers.providers.remote.sizes import Sizes, nearest_ratio
from workers.providers.remote.words import in_words, no_negative_prompt

_RATIOS = ("21:9", "16:9", "3:2", "4:3", "5:4", "1:1", "4:5", "3:4", "2:3", "9:16", "9:21")


@dataclass(frozen=True, kw_only=True)
class _Takes:
    """How a model is told a size, if not as a shape, and whether it changes pictures."""

    sizes: Sizes | None = None
    pictures: bool = False


_FLUX_1 = _Takes(sizes=Sizes(step=32, least=256, most=1440))
_FLUX_2 = _Takes(sizes=Sizes(step=16, least=64, most=4096, area=(0, 4_000_000)), pictures=True)

MODELS: Mapping[str, _Takes] = {
    "flux-dev": _FLUX_1,
    "flux-pro-1.1": _FLUX_1,
    "flux-pro-1.1-ultra": _Takes(),
    "flux-kontext-pro": _Takes(pictures=True),
    "flux-kontext-max": _Takes(pictures=True),
    "flux-2-klein-4b": _FLUX_2,
    "flux-2-klein-9b": _FLUX_2,
    "flux-2-pro": _FLUX_2,
    "flux-2-max": _FLUX_2,
}


def input_of(order: Order) -> dict[str, Any]:
    """Return what is sent for one picture: the fields of its model, and no other."""
    takes = MODELS.get(order.route_model)
    if takes is None:
        raise ProviderRefused(f"This server does not know BFL's model {order.route_model!r}.")
    image = order.sources.get("image")
    if image is not None and not takes.pictures:
        raise ProviderRefused(f"{order.route_model} starts from words only.")
    asked = order.input
    fields = {
        "prompt": in_words(asked["prompt"], asked.get("style", "")),
        "seed": asked.get("seed"),
        "output_format": asked.get("format", "png"),
        "input_image": image and _picture(image),
        **_size(takes, asked),
    }
    return {name: value for name, value in fields.items() if value is not None}


def left_out(order: Order) -> list[str]:
    """Say what of an order there is no field for."""
    return no_negative_prompt(order.route_model, order.input.get("negative_prompt", ""))


def _size(takes: _Takes, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    if "width" not in asked or "height" not in asked:
        return {}
    if takes.sizes is None:
        return {"aspect_ratio": nearest_ratio(asked["width"], asked["height"], _RATIOS)}
    width, height = takes.sizes.nearest(asked["width"], asked["height"])
    return {"width": width, "height": height}


def _picture(image: Source) -> str:
    """Return the address of a picture, or the picture itself as plain base64."""
    return content_of(image.link) if is_data(image.link) else image.link
