"""Cloudflare's Workers AI: the answer is the picture itself."""

from typing import Any

from shared.errors import OutcomeUnknown, ProviderMisconfigured, ProviderRefused
from tests.contract.providers.describing import Described, image_order, picture_source
from workers.providers.base import Order
from workers.providers.remote.cloudflare_input import MODEL


def _order(**of_input: Any) -> Order:
    return image_order(MODEL, **of_input)


CLOUDFLARE = Described(
    name="cloudflare",
    addresses={"url": "/client/v4/accounts/test"},
    order=_order(),
    orders=[_order(), _order(width=2048, height=2048)],
    job={
        "kind": "image",
        "model": "sdxl",
        "input": {"prompt": "a red fox", "width": 120, "height": 80},
    },
    links=False,
    one_each=True,
    never_stops="the answer is the result: nothing is under way that has a name",
    never_finds="no picture is kept, and no request is listed",
    sent=[
        (_order(width=1001, height=600), {"width": 1008, "height": 600, "seed": 7}),
        (_order(width=64, height=64), {"width": 256, "height": 256, "num_steps": 8}),
        (_order(negative_prompt="rain"), {"negative_prompt": "rain"}),
        (_order(style="vivid"), {"prompt": "a red fox, vivid, saturated colours, dramatic light"}),
    ],
    refused=[
        (image_order("@cf/other"), "@cf/other"),
        (image_order(MODEL, source=picture_source()), "words only"),
    ],
    failures=[
        ({"kind": "empty_images", "on": "submit"}, OutcomeUnknown),
        ({"kind": "error", "type": "day"}, ProviderMisconfigured),
        ({"kind": "error", "type": "model"}, ProviderRefused),
    ],
    refusals=[{"kind": "refuse_content"}],
)
