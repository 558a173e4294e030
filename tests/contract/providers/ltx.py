"""LTX: videos that wait, and can neither be stopped nor found again."""

from typing import Any

from shared.errors import ProviderFailed, ProviderMisbehaved, ProviderRefused
from tests.contract.providers.describing import Described, video_order
from workers.providers.base import Order


def _order(model: str = "ltx-2-fast", **of_input: Any) -> Order:
    return video_order(model, **of_input)


LTX = Described(
    name="ltx",
    addresses={"url": ""},
    order=_order(),
    orders=[_order(), _order("ltx-2-pro"), _order(resolution="2160p")],
    job={"kind": "video", "model": "ltx-2", "input": {"prompt": "a boat"}},
    questions=("status",),
    links=True,
    seeds=False,
    never_stops="LTX has no such call",
    never_finds="LTX lists no jobs",
    never_several="an order is one video",
    sent=[
        (
            _order(duration=7.0, resolution="1440p"),
            {"duration": 8, "resolution": "2560x1440", "fps": 25, "model": "ltx-2-fast"},
        ),
        (_order(duration=13.0), {"duration": 14, "resolution": "1920x1080"}),
        (_order("ltx-2-pro", duration=2.0), {"duration": 6, "model": "ltx-2-pro"}),
        (_order(style="vivid"), {"prompt": "a boat, vivid, saturated colours, dramatic light"}),
    ],
    refused=[
        (_order("ltx-1"), "ltx-1"),
        (_order(resolution="720p"), "1080p, 1440p"),
        (_order(aspect_ratio="9:16"), "16:9"),
        (_order(frame_rate=24), "25 frames"),
    ],
    left_out=[
        (_order(negative_prompt="rain"), "negative prompt"),
        (_order(duration=7.0), "7 seconds: this one has 8"),
    ],
    failures=[
        ({"kind": "error", "type": "api_error"}, ProviderFailed),
        ({"kind": "error", "type": "api_error", "on": "status"}, ProviderFailed),
        ({"kind": "error", "type": "invalid_request_error"}, ProviderRefused),
        ({"kind": "empty_images", "on": "status"}, ProviderMisbehaved),
    ],
    refusals=[
        {"kind": "refuse_content", "shape": "error"},
        {"kind": "refuse_content", "shape": "flag"},
        {"kind": "refuse_content", "on": "status"},
    ],
)
