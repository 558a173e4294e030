"""Replicate: predictions that can be stopped, and found again in the list of all."""

from typing import Any

from shared.errors import ProviderFailed, ProviderMisbehaved, ProviderRefused, ResultLost
from tests.contract.providers.describing import Described, image_order, picture_source
from tests.support.emulator.vendors.replicate import MODELS
from workers.providers.base import Order

_FLUX = "black-forest-labs/flux-dev"
_PRO = "black-forest-labs/flux-1.1-pro"
_KONTEXT = "black-forest-labs/flux-kontext-pro"
_BANANA = "google/nano-banana"


def _order(model: str = _FLUX, **of_input: Any) -> Order:
    return image_order(model, **of_input)


REPLICATE = Described(
    name="replicate",
    addresses={"url": "/v1"},
    order=_order(),
    orders=[
        *(_order(model, format="webp") for model in MODELS),
        *(image_order(model, source=picture_source()) for model in (_KONTEXT, _BANANA)),
    ],
    job={
        "kind": "image",
        "model": "flux",
        "input": {"prompt": "a red fox", "width": 120, "height": 80},
    },
    questions=("status",),
    links=True,
    one_each=True,
    sent=[
        (_order(width=1920, height=1080), {"aspect_ratio": "16:9", "seed": 7, "width": None}),
        (
            _order(_PRO, width=1000, height=600),
            {"aspect_ratio": "custom", "width": 1024, "height": 608},
        ),
        (_order(format="jpeg"), {"output_format": "jpg"}),
        (_order(format="webp"), {"output_format": "webp"}),
        (_order(_BANANA, format="webp"), {"output_format": "png", "seed": None}),
        (_order(style="vivid"), {"prompt": "a red fox, vivid, saturated colours, dramatic light"}),
        (
            image_order(_KONTEXT, source=picture_source()),
            {"input_image": "https://example.org/fox.png", "aspect_ratio": None},
        ),
        (
            image_order(_BANANA, source=picture_source()),
            {"image_input": ["https://example.org/fox.png"]},
        ),
    ],
    refused=[
        (_order("somebody/else"), "somebody/else"),
        (image_order(_FLUX, source=picture_source()), "words only"),
    ],
    left_out=[(_order(negative_prompt="rain"), "negative prompt")],
    failures=[
        ({"kind": "error", "type": "out_of_memory"}, ProviderFailed),
        ({"kind": "error", "type": "out_of_memory", "on": "status"}, ProviderFailed),
        ({"kind": "error", "type": "aborted"}, ProviderFailed),
        ({"kind": "error", "type": "canceled"}, ProviderRefused),
        ({"kind": "error", "type": "data_removed", "on": "status"}, ResultLost),
        ({"kind": "empty_images", "on": "status"}, ProviderMisbehaved),
    ],
    refusals=[
        {"kind": "refuse_content", "shape": shape, "on": moment}
        for shape in ("error", "flag")
        for moment in ("submit", "status")
    ],
    cost={"seconds": 1.5},
)
