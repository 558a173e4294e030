"""Ideogram: links in the answer, some of which may be withheld."""

from typing import Any

from shared.errors import ContentRefused, ProviderMisbehaved
from tests.contract.providers.describing import Described, image_order, picture_source
from workers.providers.base import Order

_MODEL = "ideogram-v3"


def _order(**of_input: Any) -> Order:
    return image_order(_MODEL, **of_input)


IDEOGRAM = Described(
    name="ideogram",
    addresses={"url": ""},
    order=_order(),
    orders=[_order(), _order(width=2048, height=64)],
    job={
        "kind": "image",
        "model": "ideogram",
        "input": {"prompt": "a red fox", "width": 120, "height": 80},
    },
    links=True,
    never_stops="the answer is the result: nothing is under way that has a name",
    never_finds="no request is listed",
    sent=[
        (_order(num_images=3), {"num_images": 3, "seed": 7, "magic_prompt": "OFF"}),
        (_order(width=1920, height=1080), {"aspect_ratio": "16x9"}),
        (_order(width=64, height=2048), {"aspect_ratio": "1x3"}),
        (_order(negative_prompt="rain"), {"negative_prompt": "rain"}),
        (_order(seed=2**32 - 1), {"seed": 2**31 - 1}),
        (_order(style="vivid"), {"prompt": "a red fox, vivid, saturated colours, dramatic light"}),
    ],
    refused=[
        (image_order("ideogram-v9"), "ideogram-v9"),
        (image_order(_MODEL, source=picture_source()), "words only"),
        (_order(num_images=9), "8"),
    ],
    statuses={422: ContentRefused},
    failures=[({"kind": "empty_images", "on": "submit"}, ProviderMisbehaved)],
    refusals=[
        {"kind": "refuse_content", "shape": "error"},
        {"kind": "refuse_content", "shape": "flag"},
    ],
)
