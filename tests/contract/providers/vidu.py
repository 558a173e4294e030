"""Vidu: videos that wait, and can neither be stopped nor found again."""

from typing import Any

from shared.errors import (
    ProviderFailed,
    ProviderMisbehaved,
    ProviderRefused,
)
from tests.contract.providers.describing import Described, video_order
from workers.providers.base import Order


def _order(model: str = "viduq2", **of_input: Any) -> Order:
    return video_order(model, **of_input)


VIDU = Described(
    name="vidu",
    addresses={"url": "/ent/v2"},
    order=_order(),
    orders=[_order(), _order(aspect_ratio="3:4", resolution="720p")],
    job={"kind": "video", "model": "vidu-q2", "input": {"prompt": "a boat"}},
    questions=("status",),
    links=True,
    seeds=False,
    never_stops="Vidu only stops what was ordered for cheaper hours",
    never_finds="Vidu lists no tasks",
    never_several="an order is one video",
    sent=[
        (
            _order(duration=4.0, resolution="720p", aspect_ratio="9:16"),
            {"duration": 4, "resolution": "720p", "aspect_ratio": "9:16", "seed": 7},
        ),
        (_order(duration=2.5, resolution="360p"), {"duration": 3, "resolution": "540p"}),
        (_order(style="vivid"), {"prompt": "a boat, vivid, saturated colours, dramatic light"}),
    ],
    refused=[
        (_order("viduq0"), "viduq0"),
        (_order(resolution="2160p"), "2160p"),
        (_order(aspect_ratio="21:9"), "21:9"),
        (_order(prompt="x" * 5_001), "5,000"),
    ],
    left_out=[
        (_order(negative_prompt="rain"), "negative prompt"),
        (_order(resolution="520p"), "540p"),
        (_order(duration=2.5), "2.5 seconds: this one has 3"),
    ],
    failures=[
        ({"kind": "error", "type": "SystemError"}, ProviderFailed),
        ({"kind": "error", "type": "SystemError", "on": "status"}, ProviderFailed),
        ({"kind": "error", "type": "CreditInsufficient"}, ProviderRefused),
        ({"kind": "empty_images", "on": "status"}, ProviderMisbehaved),
    ],
    refusals=[
        {"kind": "refuse_content", "shape": "audit"},
        {"kind": "refuse_content", "shape": "error"},
        {"kind": "refuse_content", "shape": "flag"},
        {"kind": "refuse_content", "shape": "flag", "on": "status"},
    ],
    cost={"credits": 20.0},
)
