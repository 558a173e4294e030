"""OpenAI's image API: the pictures come with the answer, and nothing is kept there."""

import hashlib
from typing import Any

from shared.errors import ProviderMisbehaved, ProviderMisconfigured
from tests.contract.providers.describing import Described, image_order, picture_source
from tests.support import media
from workers.providers.base import Order

_PICTURE = media.picture()
_MODEL = "gpt-image-2.5-flare"


def _order(**of_input: Any) -> Order:
    return image_order(_MODEL, **of_input)


OPENAI = Described(
    name="openai",
    addresses={"url": "/v1"},
    order=_order(),
    orders=[
        _order(),
        image_order("gpt-image-2"),
        image_order("gpt-image-2.5-sunburst", style="vivid"),
        image_order(_MODEL, source=picture_source(_PICTURE)),
        image_order("local-flux", width=120),
        image_order("local-links"),
    ],
    job={
        "kind": "image",
        "model": "dall-e-3",
        "input": {"prompt": "a red fox", "width": 120, "height": 80},
    },
    links=False,
    seeds=False,
    never_stops="the answer is the result: nothing is under way that has a name",
    never_finds="no picture is kept, and no request is listed",
    sent=[
        (_order(num_images=3), {"n": 3, "model": _MODEL, "quality": "medium"}),
        (_order(width=1920, height=1080), {"size": "1920x1088"}),
        (_order(width=256, height=256), {"size": "1024x1024"}),
        (_order(width=1792, height=1024), {"size": "1792x1024"}),
        (_order(width=2048, height=64), {"size": "2048x688"}),
        (_order(width=64, height=2048), {"size": "688x2048"}),
        (_order(width=2048, height=2048), {"size": "2048x2048"}),
        (_order(format="jpeg"), {"output_format": "jpeg"}),
        (_order(format="webp"), {"output_format": "webp"}),
        (
            _order(style="artistic"),
            {"prompt": "a red fox, artistic, painterly, expressive brushwork"},
        ),
        (_order(), {"response_format": None, "seed": None}),
        (
            image_order(_MODEL, source=picture_source(_PICTURE), format="webp", num_images=2),
            {
                "image": {
                    "content_type": "image/png",
                    "bytes": len(_PICTURE),
                    "sha256": hashlib.sha256(_PICTURE).hexdigest(),
                },
                "output_format": "webp",
                "n": 2,
                "size": None,
            },
        ),
        (
            image_order("local-flux", width=120, height=80),
            {"size": "120x80", "response_format": "b64_json", "quality": None},
        ),
    ],
    refused=[(_order(prompt="x" * 32_001), "32,000"), (_order(num_images=11), "10")],
    left_out=[(_order(negative_prompt="rain"), "negative prompt")],
    failures=[
        ({"kind": "empty_images", "on": "submit"}, ProviderMisbehaved),
        ({"kind": "error", "type": "no_base64"}, ProviderMisbehaved),
        ({"kind": "error", "type": "insufficient_quota"}, ProviderMisconfigured),
    ],
    refusals=[
        {"kind": "refuse_content", "shape": "error"},
        {"kind": "refuse_content", "shape": "policy"},
    ],
    cost={"input_tokens": 50, "output_tokens": 4160},
)
