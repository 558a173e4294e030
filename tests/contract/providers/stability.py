"""Stability AI: one picture in each answer, filtered ones among them."""

import hashlib
from typing import Any

from shared.errors import ProviderFailed, ProviderMisbehaved, ProviderUnavailable
from tests.contract.providers.describing import Described, image_order, picture_source
from tests.support import media
from workers.providers.base import Order

_MODEL = "sd3.5-large"
_PICTURE = media.picture()
_SENT = {
    "content_type": "image/png",
    "bytes": len(_PICTURE),
    "sha256": hashlib.sha256(_PICTURE).hexdigest(),
}


def _order(model: str = _MODEL, **of_input: Any) -> Order:
    return image_order(model, **of_input)


def _edit(model: str = _MODEL, content: bytes = _PICTURE) -> Order:
    return image_order(model, source=picture_source(content))


def upscaled(**of_input: Any) -> Order:
    """Return an order for a larger picture."""
    return Order(
        kind="image",
        operation="upscale",
        model="stable-upscale",
        route_model="upscale/fast",
        input={"factor": 2, "quality": 92, **of_input},
        sources={"image": picture_source(_PICTURE)},
    )


STABILITY = Described(
    name="stability",
    addresses={"url": ""},
    order=_order(),
    orders=[
        *map(_order, ("core", "ultra", "sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium")),
        *map(_edit, ("ultra", "sd3.5-large", "sd3.5-medium")),
        upscaled(),
        upscaled(factor=4, format="webp"),
    ],
    job={
        "kind": "image",
        "model": "stable-diffusion",
        "input": {"prompt": "a red fox", "width": 120, "height": 80},
    },
    links=False,
    one_each=True,
    never_stops="the answer is the result: nothing is under way that has a name",
    never_finds="no picture is kept, and no request is listed",
    sent=[
        (_order(), {"model": _MODEL, "aspect_ratio": "3:2", "seed": "7", "mode": None}),
        (_order(width=1920, height=1080), {"aspect_ratio": "16:9"}),
        (_order(width=100, height=240), {"aspect_ratio": "9:21"}),
        (_order(negative_prompt="rain"), {"negative_prompt": "rain"}),
        (_order(seed=2**32 - 1), {"seed": "0"}),
        (_order(format="webp"), {"output_format": "webp"}),
        (_order("core"), {"model": None, "prompt": "a red fox"}),
        (_order(style="vivid"), {"prompt": "a red fox, vivid, saturated colours, dramatic light"}),
        (
            _edit(),
            {"mode": "image-to-image", "strength": "0.7", "image": _SENT, "aspect_ratio": None},
        ),
        (_edit("ultra"), {"mode": None, "strength": "0.7", "image": _SENT}),
        (upscaled(), {"image": _SENT, "output_format": "png", "prompt": None, "seed": None}),
        (upscaled(format="jpeg"), {"output_format": "jpeg"}),
    ],
    refused=[
        (_order("sd9"), "sd9"),
        (_edit("core"), "words only"),
        (_order("upscale/fast"), "does not do 'generate'"),
        (_order(prompt="x" * 10_001), "10,000"),
        (_edit(content=b"x" * 11_000_000), "10 MiB"),
    ],
    statuses={500: ProviderUnavailable, 503: ProviderUnavailable},
    failures=[
        ({"kind": "empty_images", "on": "submit"}, ProviderMisbehaved),
        ({"kind": "error", "type": "ERROR"}, ProviderFailed),
        ({"kind": "error", "type": "FROZEN"}, ProviderMisbehaved),
    ],
    refusals=[
        {"kind": "refuse_content", "shape": "error"},
        {"kind": "refuse_content", "shape": "flag"},
    ],
)
