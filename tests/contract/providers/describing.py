"""What the suite has to know of a vendor: what it can, and what it says when it cannot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.errors import (
    OutcomeUnknown,
    ProviderBusy,
    ProviderMisconfigured,
    ProviderRefused,
    ServiceError,
)
from tests.support.emulator import Emulator
from workers.providers.base import Order, Remote, Source
from workers.providers.remote.client import Client
from workers.providers.remote.registry import ADAPTERS

Fault = Mapping[str, Any]

# What a status means after a POST, where a vendor does not say otherwise.
USUAL: Mapping[int, type[ServiceError]] = {
    400: ProviderRefused,
    401: ProviderMisconfigured,
    402: ProviderMisconfigured,
    403: ProviderMisconfigured,
    404: ProviderRefused,
    408: OutcomeUnknown,
    422: ProviderRefused,
    429: ProviderBusy,
    500: OutcomeUnknown,
    502: OutcomeUnknown,
    503: OutcomeUnknown,
    504: OutcomeUnknown,
}


@dataclass(frozen=True, kw_only=True)
class Described:
    """One vendor, and its adapter.

    ``addresses`` are its settings, each as a path below the emulator. ``order`` is a usual one for
    one file, ``other`` a different one; ``orders`` are one for each model that the adapter knows.
    ``job`` is a request of our own API that goes to this vendor if no other is configured.

    ``questions`` are what is asked of an order that was taken; without any, the answer to the POST
    is the result. ``links`` tells that results are links. What a vendor cannot do is said with the
    reason: ``never_stops``, ``never_finds``, ``never_several``, ``never_refuses``; ``one_each``
    tells that every file takes a POST of its own, ``seeds`` that it says which seed was used.

    ``sent`` is what must be in the body for an order, ``refused`` the orders that are refused
    before anything is sent, and ``left_out`` those that are done without a part, both with a word
    that is said of it. ``statuses`` stand for other errors than usual. ``failures`` are what may
    become of an order that was taken, ``refusals`` the shapes in which content is refused.
    ``cost`` is what is told of it.
    """

    name: str
    addresses: Mapping[str, str]
    order: Order
    other: Order | None = None
    orders: Sequence[Order]
    job: Mapping[str, Any]
    questions: Sequence[str] = ()
    links: bool
    seeds: bool = True
    never_stops: str = ""
    never_finds: str = ""
    never_several: str = ""
    never_refuses: str = ""
    one_each: bool = False
    sent: Sequence[tuple[Order, Mapping[str, Any]]] = ()
    refused: Sequence[tuple[Order, str]] = ()
    left_out: Sequence[tuple[Order, str]] = ()
    statuses: Mapping[int, type[ServiceError]] = field(default_factory=dict)
    failures: Sequence[tuple[Fault, type[ServiceError]]] = ()
    refusals: Sequence[Fault] = ()
    cost: Mapping[str, float] | None = None

    def __str__(self) -> str:
        """Name the tests that are run for it."""
        return self.name

    @property
    def waits(self) -> bool:
        """Whether orders are taken, and asked for until they are done."""
        return bool(self.questions)

    def adapter(self, emulator: Emulator, client: Client, key: str = "") -> Remote:
        """Return the adapter, speaking to the emulator."""
        addresses = {name: emulator.url + path for name, path in self.addresses.items()}
        return ADAPTERS[self.name](key=key or emulator.key, **addresses, client=client)

    def settings(self, emulator: Emulator) -> Mapping[str, str]:
        """Return the settings of a server that has this provider, and no other."""
        paths = {name: emulator.url + path for name, path in self.addresses.items()}
        given = {"key": emulator.key, **paths}
        return {f"LIMNER_{self.name}_{name}".upper(): value for name, value in given.items()}


def picture_source(content: bytes = b"", link: str = "https://example.org/fox.png") -> Source:
    """Return a picture that an order starts from."""
    return Source(content_type="image/png", link=link, open=lambda: [content])


def video_order(route_model: str, **of_input: Any) -> Order:
    """Return an order for a short video."""
    given = {"prompt": "a boat", "duration": 6.0, "resolution": "1080p", "aspect_ratio": "16:9"}
    return Order(
        kind="video",
        operation="generate",
        model="vidu-q2",
        route_model=route_model,
        input={**given, "negative_prompt": "", "frame_rate": 25, "seed": 7, **of_input},
    )


def model_order(route_model: str, source: Source | None = None, **of_input: Any) -> Order:
    """Return an order for a 3D model out of a picture."""
    return Order(
        kind="3d",
        operation="from_image",
        model="tripo-v2.5",
        route_model=route_model,
        input={"depth": 0.12, "detail": "medium", "texture": True, **of_input},
        sources={"image": source or picture_source()},
    )


def image_order(route_model: str, *, source: Source | None = None, **of_input: Any) -> Order:
    """Return an order for a small picture, made from words or from a picture."""
    given = {"prompt": "a red fox", "format": "png", "seed": 7, "num_images": 1}
    size = {"negative_prompt": "", "width": 96, "height": 64, "style": "natural"}
    return Order(
        kind="image",
        operation="edit" if source else "generate",
        model="flux",
        route_model=route_model,
        input={**given, **({} if source else size), **of_input},
        sources={"image": source} if source else {},
    )
