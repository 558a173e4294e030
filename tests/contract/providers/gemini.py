"""Google Gemini: one picture in each answer, and every refusal with status 200."""

import base64
from typing import Any

from shared.errors import (
    ProviderFailed,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderUnavailable,
)
from tests.contract.providers.describing import Described, image_order, picture_source
from tests.support import media
from tests.support.emulator.vendors.gemini import MODELS
from workers.providers.base import Order

_OLD, _NEW = "gemini-2.5-flash-image", "gemini-3.1-flash-image"
_PICTURE = media.picture()


def _order(model: str = _NEW, **of_input: Any) -> Order:
    return image_order(model, **of_input)


GEMINI = Described(
    name="gemini",
    addresses={"url": "/v1beta"},
    order=_order(),
    orders=[
        *map(_order, MODELS),
        *(image_order(model, source=picture_source(_PICTURE)) for model in MODELS),
    ],
    job={
        "kind": "image",
        "model": "nano-banana",
        "input": {"prompt": "a red fox", "width": 120, "height": 80},
    },
    links=False,
    seeds=False,
    one_each=True,
    never_stops="the answer is the result: nothing is under way that has a name",
    never_finds="no picture is kept, and no request is listed",
    never_refuses="which models there are is Gemini's to say; the rest has a field, or is left out",
    sent=[
        (_order(width=1920, height=1080), {"aspectRatio": "16:9", "imageSize": "2K"}),
        (_order(width=64, height=64), {"aspectRatio": "1:1", "imageSize": "1K"}),
        (_order(_OLD, width=64, height=2048), {"aspectRatio": "9:16", "imageSize": None}),
        (_order(style="vivid"), {"prompt": "a red fox, vivid, saturated colours, dramatic light"}),
        (
            image_order(_NEW, source=picture_source(_PICTURE)),
            {
                "images": [{"mimeType": "image/png", "data": base64.b64encode(_PICTURE).decode()}],
                "aspectRatio": None,
            },
        ),
    ],
    left_out=[(_order(negative_prompt="rain"), "negative prompt")],
    statuses={503: ProviderUnavailable},
    failures=[
        *(
            ({"kind": "error", "type": reason}, ProviderFailed)
            for reason in ("NO_IMAGE", "IMAGE_OTHER", "MALFORMED_RESPONSE", "MAX_TOKENS")
        ),
        ({"kind": "empty_images", "on": "submit"}, ProviderFailed),
        ({"kind": "error", "type": "FROZEN"}, ProviderMisbehaved),
        ({"kind": "status", "code": 429, "type": "day"}, ProviderMisconfigured),
        ({"kind": "status", "code": 400, "type": "key"}, ProviderMisconfigured),
    ],
    refusals=[
        {"kind": "refuse_content", "shape": shape}
        for shape in (
            "error",
            "SAFETY",
            "IMAGE_SAFETY",
            "PROHIBITED_CONTENT",
            "IMAGE_PROHIBITED_CONTENT",
            "RECITATION",
            "IMAGE_RECITATION",
            "SPII",
            "BLOCKLIST",
        )
    ],
    cost={"input_tokens": 10, "output_tokens": 1290},
)
