"""Black Forest Labs: orders that wait, and can neither be stopped nor found again."""

from typing import Any

from shared.errors import ProviderFailed, ProviderLostJob, ProviderMisbehaved, ProviderUnavailable
from tests.contract.providers.describing import Described, image_order, picture_source
from tests.support.emulator.vendors.bfl import MODELS
from workers.providers.base import Order

_MODEL = "flux-2-klein-9b"


def _order(model: str = _MODEL, **of_input: Any) -> Order:
    return image_order(model, **of_input)


BFL = Described(
    name="bfl",
    addresses={"url": ""},
    order=_order(),
    orders=[
        *(_order(model, width=2048, height=700) for model in MODELS),
        *(
            _order(model, source=picture_source())
            for model, (takes, _) in MODELS.items()
            if "input_image" in takes
        ),
    ],
    job={
        "kind": "image",
        "model": "flux",
        "input": {"prompt": "a fox", "width": 120, "height": 80},
    },
    questions=("status",),
    links=True,
    one_each=True,
    never_stops="BFL has no such call; what was taken is made, and paid",
    never_finds="BFL lists no orders, and tells of one only by webhook",
    sent=[
        (_order(width=1920, height=1080), {"width": 1920, "height": 1088, "seed": 7}),
        (_order("flux-pro-1.1", width=1000, height=600), {"width": 1024, "height": 608}),
        (_order("flux-pro-1.1", width=64, height=64), {"width": 256, "height": 256}),
        (_order("flux-pro-1.1", width=2048, height=1024), {"width": 1440, "height": 704}),
        (_order(width=2048, height=2048), {"width": 2000, "height": 2000}),
        (
            _order("flux-kontext-pro", width=1920, height=1080),
            {"aspect_ratio": "16:9", "width": None},
        ),
        (_order("flux-pro-1.1-ultra", width=100, height=240), {"aspect_ratio": "9:21"}),
        (_order(format="webp"), {"output_format": "webp"}),
        (_order(style="vivid"), {"prompt": "a red fox, vivid, saturated colours, dramatic light"}),
        (
            _order("flux-kontext-pro", source=picture_source()),
            {"input_image": "https://example.org/fox.png", "aspect_ratio": None},
        ),
        (
            _order("flux-kontext-pro", source=picture_source(link="data:image/png;base64,Zm94")),
            {"input_image": "Zm94"},
        ),
    ],
    refused=[
        (_order("flux-9"), "flux-9"),
        (_order("flux-pro-1.1", source=picture_source()), "words only"),
    ],
    left_out=[(_order(negative_prompt="rain"), "negative prompt")],
    statuses={500: ProviderUnavailable, 503: ProviderUnavailable},
    failures=[
        ({"kind": "error"}, ProviderFailed),
        ({"kind": "error", "on": "status"}, ProviderFailed),
        ({"kind": "empty_images", "on": "status"}, ProviderMisbehaved),
        # An answer without an address is asked for at the one set, which is another region.
        ({"kind": "slow", "type": "webhook"}, ProviderLostJob),
    ],
    refusals=[
        {"kind": "refuse_content", "shape": shape, "on": moment}
        for shape in ("error", "flag")
        for moment in ("submit", "status")
    ],
    cost={"credits": 4.0, "usd": 0.04},
)
