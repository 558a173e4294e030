"""Ideogram (v3): pictures with lettering; the answer has links, and says which are safe."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.errors import ContentRefused, ProviderMisbehaved, ServiceError
from shared.vendors import VENDORS
from workers.providers.base import Accepted, Download, Finished, Order, Ticket
from workers.providers.remote.client import Client, Reply, origin, refusal
from workers.providers.remote.ideogram_input import input_of
from workers.providers.remote.synchronous import Synchronous, patient_client

_EXCERPT = 500


class Ideogram(Synchronous):
    """Speaks to Ideogram's API."""

    def __init__(self, key: str, url: str, *, client: Client | None = None) -> None:
        self._headers = {**VENDORS["ideogram"].shown(key), "Accept": "application/json"}
        self._url = url.rstrip("/")
        self._client = client or patient_client()

    def remarks(self, order: Order) -> Sequence[str]:  # noqa: ARG002
        """Say nothing: there is a field for everything."""
        return ()

    def submit(self, order: Order) -> Accepted:
        """Have the pictures made: one POST, which is answered when they are.

        Its links are the ticket: so they are kept, and fetched again if that fails once.
        """
        url, body = f"{self._url}/v1/{order.route_model}/generate", input_of(order)
        reply = self._client.post(url, headers=self._headers, document=body)
        if error := _refusal(reply):
            raise error
        made = list(_safe(reply.document()))
        return Accepted({"id": made[0][0], "links": json.dumps(made)})

    def poll(self, ticket: Ticket) -> Finished:
        """Return what the ticket holds: everything was made with the answer."""
        return Finished([Download(url=url, seed=seed) for url, seed in json.loads(ticket["links"])])


def _safe(answer: Mapping[str, Any]) -> Iterator[tuple[str, int | None]]:
    """Yield links and seeds of the pictures that may be shown; raises if there is none."""
    images = answer.get("data")
    if not isinstance(images, list) or not images:
        raise ProviderMisbehaved("Ideogram answered without a picture.")
    found = [one for one in images if isinstance(one, dict)]
    safe = [one for one in found if one.get("is_image_safe") is not False]
    if not safe:
        raise ContentRefused("Ideogram made pictures, and keeps them for what they showed.")
    for image in safe:
        url, seed = image.get("url"), image.get("seed")
        if not isinstance(url, str) or origin(url) is None:
            raise ProviderMisbehaved("Ideogram answered with a picture that has no address.")
        yield url, seed if isinstance(seed, int) else None


def _refusal(reply: Reply) -> ServiceError | None:
    if reply.is_success:
        return None
    says = str((reply.peek() or {}).get("error") or "")[:_EXCERPT]
    # The one thing that this status is used for.
    return ContentRefused(says) if reply.status == 422 else refusal(reply, says=says)
