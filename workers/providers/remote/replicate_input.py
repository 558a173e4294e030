"""What Replicate's models are sent for an order: a pure translation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import ProviderRefused
from workers.providers.base import Order
from workers.providers.remote.sizes import Sizes, nearest_ratio
from workers.providers.remote.words import in_words, no_negative_prompt

_RATIOS = ("21:9", "16:9", "3:2", "4:3", "5:4", "1:1", "4:5", "3:4", "2:3", "9:16", "9:21")


@dataclass(frozen=True, kw_only=True)
class _Takes:
    """The field for a picture and whether it takes a list, the size in pixels, and the formats."""

    image: str = ""
    is_list: bool = False
    sizes: Sizes | None = None
    has_ratio: bool = True
    has_seed: bool = True
    formats: tuple[str, ...] = ("png", "jpeg", "webp")


MODELS: Mapping[str, _Takes] = {
    "black-forest-labs/flux-schnell": _Takes(),
    "black-forest-labs/flux-dev": _Takes(),
    "black-forest-labs/flux-1.1-pro": _Takes(sizes=Sizes(step=32, least=256, most=1440)),
    "black-forest-labs/flux-kontext-pro": _Takes(image="input_image", formats=("png", "jpeg")),
    "google/nano-banana": _Takes(
        image="image_input", is_list=True, has_seed=False, formats=("png", "jpeg")
    ),
}


def input_of(order: Order) -> dict[str, Any]:
    """Return the input for one picture: the fields of its model, and no other."""
    takes = MODELS.get(order.route_model)
    if takes is None:
        raise ProviderRefused(f"This server does not know Replicate's {order.route_model!r}.")
    asked, image = order.input, order.sources.get("image")
    if image is not None and not takes.image:
        raise ProviderRefused(f"{order.route_model} starts from words only.")
    form = asked.get("format", "png")
    fields = {
        "prompt": in_words(asked["prompt"], asked.get("style", "")),
        "seed": asked.get("seed") if takes.has_seed else None,
        "output_format": {"jpeg": "jpg"}.get(form, form) if form in takes.formats else "png",
        **_size(takes, asked),
    }
    if image is not None:
        fields[takes.image] = [image.link] if takes.is_list else image.link
    return {name: value for name, value in fields.items() if value is not None}


def left_out(order: Order) -> list[str]:
    """Say what of an order there is no field for."""
    return no_negative_prompt(order.route_model, order.input.get("negative_prompt", ""))


def _size(takes: _Takes, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    if "width" not in asked or "height" not in asked or not takes.has_ratio:
        return {}
    width, height = asked["width"], asked["height"]
    if takes.sizes is None:
        return {"aspect_ratio": nearest_ratio(width, height, _RATIOS)}
    width, height = takes.sizes.nearest(width, height)
    return {"aspect_ratio": "custom", "width": width, "height": height}
