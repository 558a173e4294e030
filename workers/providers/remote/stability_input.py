"""What Stability AI is sent for an order: where to, and in which fields of a form."""

from collections.abc import Mapping
from typing import Any

from shared.errors import ProviderRefused
from workers.providers.base import Order, Source
from workers.providers.remote.client import Form
from workers.providers.remote.sizes import nearest_ratio
from workers.providers.remote.words import in_words

UPSCALE = "upscale/fast"

_SD3 = ("sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium")
_RATIOS = ("21:9", "16:9", "3:2", "5:4", "1:1", "4:5", "2:3", "9:16", "9:21")
_SEEDS = 4_294_967_295
_MOST_CHARACTERS = 10_000
# A request may have ten mebibytes; its other fields take some of them.
_MOST_BYTES = 10 * 1024 * 1024 - 65_536
# How far a changed picture may be from the one it starts from: 0 is the same, 1 another.
_STRENGTH = "0.7"


def path_of(order: Order) -> str:
    """Return where an order goes; raises :class:`ProviderRefused`."""
    model, operation = order.route_model, order.operation
    if (model == UPSCALE) != (operation == "upscale"):
        raise ProviderRefused(f"Stability's {model!r} does not do {operation!r}.")
    if model == UPSCALE:
        return UPSCALE
    if model == "core" and operation != "generate":
        raise ProviderRefused("Stability's 'core' starts from words only.")
    if model not in {"core", "ultra", *_SD3}:
        raise ProviderRefused(f"This server does not know Stability's model {model!r}.")
    return f"generate/{'sd3' if model in _SD3 else model}"


def fields_of(order: Order) -> Form:
    """Return the fields of the form; what a picture is read from may be gone."""
    image = order.sources.get("image")
    asked = order.input
    if order.route_model == UPSCALE:
        assert image is not None
        form = asked.get("format") or image.content_type.partition("/")[2]
        return [_file(image), ("output_format", form)]
    fields: dict[str, Any] = {
        "prompt": in_words(asked["prompt"], asked.get("style", "")),
        "negative_prompt": asked.get("negative_prompt") or None,
        "seed": asked["seed"] % _SEEDS if "seed" in asked else None,
        "output_format": asked.get("format", "png"),
        "model": order.route_model if order.route_model in _SD3 else None,
        **_start(order.route_model, image, asked),
    }
    if len(fields["prompt"]) > _MOST_CHARACTERS:
        raise ProviderRefused("Stability takes prompts of 10,000 characters.")
    written = [(name, str(value)) for name, value in fields.items() if value is not None]
    return [*written, *([_file(image)] if image else [])]


def _start(model: str, image: Source | None, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what says from what to begin: a shape, or a picture, which has one."""
    if image is not None:
        mode = {"mode": "image-to-image"} if model in _SD3 else {}
        return mode | {"strength": _STRENGTH}
    if "width" not in asked or "height" not in asked:
        return {}
    return {"aspect_ratio": nearest_ratio(asked["width"], asked["height"], _RATIOS)}


def _file(image: Source) -> tuple[str, tuple[str, bytes, str]]:
    content = image.read()
    if len(content) > _MOST_BYTES:
        raise ProviderRefused("Stability takes pictures of less than 10 MiB.")
    return "image", (f"image.{image.content_type.partition('/')[2]}", content, image.content_type)
