"""What jobs cost: by what is asked for, and by what was made."""

import pytest

from shared import catalog
from shared.jobs import pricing, requests
from shared.settings import CatalogSettings

OFFERED = catalog.load(CatalogSettings(path="", local_engines="fallback"))


def price(model: str, **wanted: int) -> int:
    body = {"kind": "image", "model": model, "input": {"prompt": "a red fox"} | wanted}
    return requests.read(body, OFFERED).price


def test_each_output_costs_what_the_catalogue_says() -> None:
    assert price("flux") == 5
    assert price("flux", num_images=4) == 20
    assert price("sketch", num_images=3) == 3


def test_what_is_only_tried_is_free() -> None:
    body = {"kind": "image", "model": "flux", "input": {"prompt": "a red fox"}}

    assert requests.read(body, OFFERED.local).price == 0


@pytest.mark.parametrize(
    ("price", "asked", "made", "cost"),
    [(20, 4, 4, 20), (20, 4, 3, 15), (20, 4, 0, 0), (20, 4, 9, 20), (0, 4, 4, 0), (5, 1, 1, 5)],
)
def test_only_what_was_made_is_paid(price: int, asked: int, made: int, cost: int) -> None:
    assert pricing.cost(price, {"num_images": asked}, made=made) == cost


def test_what_is_not_counted_is_one_output() -> None:
    assert pricing.cost(7, {"prompt": "a red fox"}, made=1) == 7
