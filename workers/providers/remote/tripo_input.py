"""What Tripo is sent for an order: a pure translation."""

from typing import Any

from shared.errors import ProviderRefused
from workers.providers.base import Order

# What such tasks are called in the account's usage.
TYPE = "image_to_model"

MODELS = ("v2.5-20250123", "v3.0-20250812", "v3.1-20260211", "P1-20260311")


def input_of(order: Order, image: str) -> dict[str, Any]:
    """Return the body that makes a model of a picture at this place."""
    if order.route_model not in MODELS:
        raise ProviderRefused(f"This server does not know Tripo's model {order.route_model!r}.")
    body: dict[str, Any] = {"input": image, "model": order.route_model}
    if not order.input.get("texture", True):
        return body | {"texture": False, "pbr": False}
    is_fine = order.input.get("detail") == "high"
    quality = "detailed" if is_fine else "standard"
    return body | {"texture": True, "pbr": True, "texture_quality": quality}
