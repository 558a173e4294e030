"""fal.ai: a queue whose requests can be stopped, and found again."""

from typing import Any

from shared.errors import (
    ProviderFailed,
    ProviderMisbehaved,
    ProviderRefused,
    ProviderUnavailable,
)
from tests.contract.providers.describing import (
    Described,
    image_order,
    model_order,
    picture_source,
    video_order,
)
from tests.support.emulator.vendors.fal.queue import ERROR_TYPES
from workers.providers.base import Order
from workers.providers.remote.fal_input import MODELS

_VIDU = "fal-ai/vidu/q2/text-to-video"
_LTX = "fal-ai/ltx-2.3/text-to-video"
_TRIPO = "tripo3d/tripo/v2.5/image-to-3d"
_FINAL = {"bad_request", "client_cancelled"}


def _order(route_model: str, **of_input: Any) -> Order:
    source = picture_source() if "image_url" in MODELS.get(route_model, ()) else None
    return image_order(route_model, source=source, **of_input)


FAL = Described(
    name="fal",
    addresses={"queue_url": "", "api_url": "/v1"},
    order=_order("fal-ai/flux/dev"),
    orders=[
        *(_order(model) for model in MODELS),
        video_order(_VIDU),
        video_order(_LTX),
        video_order(f"{_LTX}/fast"),
        model_order(_TRIPO),
        model_order(_TRIPO, texture=False),
    ],
    job={"kind": "image", "model": "flux", "input": {"prompt": "a red fox", "width": 96}},
    questions=("status", "result"),
    links=True,
    sent=[
        (
            _order("fal-ai/flux/dev", width=120, height=80, num_images=3),
            {"image_size": {"width": 120, "height": 80}, "num_images": 3, "seed": 7},
        ),
        (_order("fal-ai/flux/dev", format="jpeg"), {"output_format": "jpeg"}),
        (_order("fal-ai/flux/dev", format="webp"), {"output_format": "png"}),
        (_order("fal-ai/flux/dev"), {"enable_safety_checker": True, "prompt": "a red fox"}),
        (
            _order("fal-ai/stable-diffusion-v35-large", negative_prompt="rain"),
            {"negative_prompt": "rain"},
        ),
        (
            video_order(_VIDU, duration=4.0, resolution="520p", aspect_ratio="1:1"),
            {"duration": 4, "resolution": "520p", "aspect_ratio": "1:1", "seed": 7, "fps": None},
        ),
        (video_order(_LTX, duration=7.0), {"duration": 8, "fps": 25, "seed": None}),
        (
            model_order(_TRIPO),
            {"image_url": "https://example.org/fox.png", "texture": "standard"},
        ),
        (model_order(_TRIPO, detail="high"), {"texture": "HD"}),
        (model_order(_TRIPO, texture=False), {"texture": "no"}),
        (_order("fal-ai/nano-banana", width=1920, height=1080), {"aspect_ratio": "16:9"}),
        (_order("fal-ai/nano-banana", width=64, height=2048), {"aspect_ratio": "9:16"}),
        (
            _order("openai/gpt-image-2", width=1920, height=1080),
            {"image_size": {"width": 1920, "height": 1088}, "seed": None},
        ),
        (_order("fal-ai/flux-pro/kontext"), {"image_url": "https://example.org/fox.png"}),
        (
            _order("fal-ai/flux/dev", style="vivid"),
            {"prompt": "a red fox, vivid, saturated colours, dramatic light"},
        ),
    ],
    refused=[
        (_order("fal-ai/unheard-of"), "unheard-of"),
        (video_order(_LTX, resolution="720p"), "1080p, 1440p"),
        (video_order(_VIDU, aspect_ratio="21:9"), "21:9"),
        (video_order(_LTX, frame_rate=30), "30"),
    ],
    left_out=[
        (_order("fal-ai/flux/dev", negative_prompt="rain"), "negative prompt"),
        (video_order(_VIDU, negative_prompt="rain"), "negative prompt"),
        (video_order(_LTX, duration=7.0), "7 seconds: this one has 8"),
        (video_order(_VIDU, duration=2.5), "2.5 seconds: this one has 3"),
    ],
    statuses={500: ProviderUnavailable, 503: ProviderUnavailable},
    failures=[
        *(
            (
                {"kind": "error", "type": kind, "on": moment},
                ProviderRefused if kind in _FINAL else ProviderFailed,
            )
            for kind in ERROR_TYPES
            for moment in ("submit", "result")
        ),
        ({"kind": "error", "type": "model_error"}, ProviderFailed),
        ({"kind": "error", "type": "value_error"}, ProviderRefused),
        ({"kind": "empty_images"}, ProviderMisbehaved),
    ],
    refusals=[
        {"kind": "refuse_content", "shape": shape, "on": moment}
        for shape in ("error", "flag")
        for moment in ("submit", "result")
    ],
)
