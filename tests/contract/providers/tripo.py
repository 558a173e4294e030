"""Tripo: 3D models out of pictures; tasks are found by the account's usage, and never stopped."""

from dataclasses import replace
from typing import Any

from shared.errors import (
    ProviderBusy,
    ProviderFailed,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
)
from tests.contract.providers.describing import Described, model_order, picture_source
from tests.support import media
from workers.providers.base import Order
from workers.providers.remote.tripo_input import MODELS

_PICTURE = media.picture()


def _order(model: str = "v2.5-20250123", **rest: Any) -> Order:
    return model_order(model, **rest)


def _inline() -> Order:
    return _order(source=picture_source(_PICTURE, link=media.data_uri(_PICTURE)))


TRIPO = Described(
    name="tripo",
    addresses={"url": "/v3"},
    order=_order(),
    other=_order(texture=False),
    orders=[*map(_order, MODELS), _order(texture=False), _inline()],
    job={
        "kind": "3d",
        "model": "tripo-v2.5",
        "input": {"image": media.data_uri(_PICTURE)},
    },
    questions=("status",),
    links=True,
    seeds=False,
    never_stops="Tripo's list of routes has none for it",
    never_several="a picture becomes one model",
    sent=[
        (
            _order(),
            {
                "input": "https://example.org/fox.png",
                "model": "v2.5-20250123",
                "texture": True,
                "texture_quality": "standard",
            },
        ),
        (_order(texture=False), {"texture": False, "pbr": False, "texture_quality": None}),
        (_order(detail="high"), {"texture_quality": "detailed"}),
        (_inline(), {"input": "token-1"}),
    ],
    refused=[(_order("v1"), "'v1'"), (replace(_order(), sources={}), "from a picture")],
    statuses={404: ProviderRefused},
    failures=[
        ({"kind": "error"}, ProviderFailed),
        ({"kind": "error", "type": "expired", "on": "status"}, ProviderFailed),
        ({"kind": "error", "type": "cancelled", "on": "status"}, ProviderRefused),
        ({"kind": "error", "type": "2010"}, ProviderMisconfigured),
        ({"kind": "error", "type": "2000"}, ProviderBusy),
        ({"kind": "error", "type": "1007"}, ProviderRefused),
        ({"kind": "empty_images", "on": "status"}, ProviderMisbehaved),
    ],
    refusals=[
        {"kind": "refuse_content", "shape": shape, "on": moment}
        for shape in ("error", "flag")
        for moment in ("submit", "status")
    ],
    cost={"credits": 30.0, "usd": 0.3},
)
