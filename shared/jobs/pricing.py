"""What a job costs, in credits: so much for each output that was really made."""

from collections.abc import Mapping
from typing import Any

from shared.catalog import Model


def price(model: Model, wanted: Mapping[str, Any]) -> int:
    """Return what all that is asked for costs."""
    return model.credits_of(wanted) * _outputs(wanted)


def cost(price: int, wanted: Mapping[str, Any], *, made: int) -> int:
    """Return what so many outputs cost of all that was asked for at this price: never more.

    It is the price at which the job was accepted, whatever the catalogue says by now.
    """
    asked = _outputs(wanted)
    return price * min(made, asked) // asked


def _outputs(wanted: Mapping[str, Any]) -> int:
    return int(wanted.get("num_images", 1))
