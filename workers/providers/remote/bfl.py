"""Black Forest Labs (FLUX): an order is taken, and asked for at the address that it was given.

That address lies in the region that took it: it is used as it came. Each picture is an order of its
own; the ticket holds the addresses of all.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from shared import clock
from shared.errors import (
    ContentRefused,
    OutcomeUnknown,
    ProviderFailed,
    ProviderLostJob,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderUnavailable,
    ServiceError,
)
from shared.vendors import VENDORS
from workers.providers.base import Accepted, Cost, Download, Finished, Order, Pending, Ticket
from workers.providers.remote.bfl_input import input_of, left_out
from workers.providers.remote.client import Client, Reply, origin, refusal, retry_after
from workers.providers.remote.one_each import one_each

_MODERATED = frozenset({"Request Moderated", "Content Moderated"})
_REGIONS = ".bfl.ai"
_DOLLARS = 0.01
_EXCERPT = 500

Told = Mapping[str, Any]


class Bfl:
    """Speaks to BFL's API."""

    def __init__(self, key: str, url: str, *, client: Client | None = None) -> None:
        self._headers = {**VENDORS["bfl"].shown(key), "Accept": "application/json"}
        self._url = url.rstrip("/")
        self._client = client or Client()

    def remarks(self, order: Order) -> Sequence[str]:
        """Say what there is no field for."""
        return left_out(order)

    def submit(self, order: Order) -> Accepted:
        """Hand the order over: one POST for each picture."""
        taken = one_each(order, self._submit_one)
        addresses = " ".join(self._polling_url(one) for one in taken)
        return Accepted({"id": taken[0]["id"], "polling_urls": addresses}, cost=_cost(taken))

    def poll(self, ticket: Ticket) -> Pending | Finished:
        """Ask how all pictures stand; those that were made count if others were refused."""
        told = [self._ask(self._checked(url)) for url in ticket["polling_urls"].split()]
        if any(one["status"] == "Pending" for one in told):
            return Pending(_progress(told))
        failures = [error for one in told if (error := _failure(one))]
        made = [one for one in told if one["status"] == "Ready"]
        if not made:
            raise failures[0]
        return Finished([_download(one) for one in made], cost=_cost(told))

    def cancel(self, ticket: Ticket) -> None:
        """Do nothing: BFL cannot be told to stop."""

    def find(self, order: Order, *, since: datetime) -> Sequence[Ticket] | None:  # noqa: ARG002
        """Say that it cannot be asked: BFL lists no orders."""
        return None

    def _submit_one(self, order: Order) -> Told:
        url, body = f"{self._url}/v1/{order.route_model}", input_of(order)
        reply = self._client.post(url, headers=self._headers, document=body)
        if reply.status in {500, 503}:
            # BFL charges for what is Ready only: trying again costs nothing.
            message = f"BFL answered {reply.status}: {_said(reply)}"
            raise ProviderUnavailable(message, retry_after=retry_after(reply.headers, clock.now()))
        if error := refusal(reply, says=_said(reply)):
            raise error
        given = reply.document()
        if not isinstance(given.get("id"), str) or not given["id"]:
            raise OutcomeUnknown("BFL took the order, and gave no id for it.")
        return given

    def _ask(self, url: str) -> Told:
        reply = self._client.get(url, headers=self._headers)
        if error := refusal(reply, says=_said(reply), is_ticket=True):
            raise error
        told = reply.document()
        match told.get("status"):
            case "Pending" | "Ready" | "Error" | "Request Moderated" | "Content Moderated":
                return told
            case "Task not found":
                raise ProviderLostJob("BFL no longer knows this order.")
            case strange:
                raise ProviderMisbehaved(f"BFL answered the status {strange!r}.")

    def _polling_url(self, given: Told) -> str:
        """Keep BFL's address where it is BFL's; otherwise build it by its rule."""
        url = given.get("polling_url")
        if isinstance(url, str) and self._owns(url) and not url.split()[1:]:
            return url
        return f"{self._url}/v1/get_result?id={quote(given['id'], '')}"

    def _owns(self, url: str) -> bool:
        """Say whether an address may be shown the key: it is the one set, or another region's."""
        there, ours = origin(url), origin(self._url)
        if there is None or ours is None:
            return False
        is_region = there[0] == "https" and f".{there[1]}".endswith(_REGIONS)
        return there == ours or (is_region and f".{ours[1]}".endswith(_REGIONS))

    def _checked(self, url: str) -> str:
        if not self._owns(url):
            raise ProviderMisconfigured("The ticket was given by another API than the one set.")
        return url


def _failure(told: Told) -> ServiceError | None:
    says = f"BFL: {told['status']}. {told.get('details') or ''}"[:_EXCERPT]
    if told["status"] in _MODERATED:
        return ContentRefused(says)
    return ProviderFailed(says) if told["status"] == "Error" else None


def _download(told: Told) -> Download:
    result = told.get("result")
    found = result if isinstance(result, dict) else {}
    url, seed = found.get("sample"), found.get("seed")
    if not isinstance(url, str) or origin(url) is None:
        raise ProviderMisbehaved("BFL finished, and there is no picture.")
    return Download(url=url, seed=seed if isinstance(seed, int) else None)


def _progress(told: Sequence[Told]) -> float | None:
    shares = [1.0 if one["status"] != "Pending" else one.get("progress") for one in told]
    known = [one for one in shares if isinstance(one, int | float)]
    return sum(known) / len(told) if known else None


def _cost(told: Iterable[Told]) -> Cost | None:
    """Add up what was charged, in BFL's credits of a cent each; nothing if one does not say."""
    costs = [one.get("cost") for one in told]
    credits = [float(one) for one in costs if isinstance(one, int | float)]
    if len(credits) < len(costs):
        return None
    return {"credits": sum(credits), "usd": round(sum(credits) * _DOLLARS, 6)}


def _said(reply: Reply) -> str:
    """Return BFL's own explanation in one line."""
    detail = (reply.peek() or {}).get("detail")
    if not isinstance(detail, list):
        return str(detail or "")[:_EXCERPT]
    faults = (one for one in detail if isinstance(one, dict))
    return "; ".join(f"{one.get('loc')}: {one.get('msg')}" for one in faults)[:_EXCERPT]
