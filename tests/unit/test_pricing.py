"""What jobs cost: by what is asked for, and by what was made."""

from typing import Any

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


@pytest.mark.parametrize(
    ("model", "wanted", "credits"),
    [
        ("runway-gen4-turbo", {}, 20),
        ("runway-gen4-turbo", {"duration": 10}, 40),
        ("runway-gen4-hq", {"duration": 5, "resolution": "720p"}, 30),
        ("runway-gen4-hq", {"duration": 5}, 40),
        ("vidu-q2", {"duration": 3, "resolution": "360p"}, 5),
        ("vidu-q2", {"duration": 2.1, "resolution": "1080p"}, 11),
        ("sketch-video", {"duration": 10, "resolution": "1080p"}, 5),
    ],
    ids=str,
)
def test_a_video_costs_by_the_second_and_its_resolution_where_its_model_says_so(
    model: str, wanted: dict[str, Any], credits: int
) -> None:
    body = {"kind": "video", "model": model, "input": {"prompt": "a red fox"} | wanted}

    assert requests.read(body, OFFERED).price == credits


def test_the_price_of_a_model_is_that_of_its_defaults() -> None:
    for model in OFFERED.models.values():
        assert model.credits_of(model.defaults) == model.credits


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
