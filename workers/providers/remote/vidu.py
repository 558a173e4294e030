"""Vidu: videos by tasks that are asked for; every answer about one has its links."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from shared.errors import (
    ContentRefused,
    OutcomeUnknown,
    ProviderFailed,
    ProviderMisbehaved,
    ProviderRefused,
    ServiceError,
)
from shared.vendors import VENDORS
from workers.providers.base import Accepted, Cost, Download, Finished, Order, Pending, Ticket
from workers.providers.remote.client import Client, Reply, origin, refusal
from workers.providers.remote.vidu_input import input_of, left_out

# What is in the names of its refusals for content.
_CONTENT = ("Policy", "Audit")
_NO_CREDIT = "CreditInsufficient"
_EXCERPT = 500


class Vidu:
    """Speaks to Vidu's API."""

    def __init__(self, key: str, url: str, *, client: Client | None = None) -> None:
        self._headers = {**VENDORS["vidu"].shown(key), "Accept": "application/json"}
        self._url = url.rstrip("/")
        self._client = client or Client()

    def remarks(self, order: Order) -> Sequence[str]:
        """Say what there is no field for, or what is made otherwise."""
        return left_out(order)

    def submit(self, order: Order) -> Accepted:
        """Hand the order over: one POST."""
        url, body = f"{self._url}/text2video", input_of(order)
        reply = self._client.post(url, headers=self._headers, document=body)
        if error := _refusal(reply):
            raise error
        given = reply.document()
        task_id = given.get("task_id")
        if not isinstance(task_id, str) or not task_id:
            raise OutcomeUnknown("Vidu took the order, and gave no id for it.")
        return Accepted({"id": task_id}, cost=_cost(given))

    def poll(self, ticket: Ticket) -> Pending | Finished:
        """Ask how it stands."""
        url = f"{self._url}/tasks/{quote(ticket['id'], '')}/creations"
        reply = self._client.get(url, headers=self._headers)
        if error := _refusal(reply, is_ticket=True):
            raise error
        told = reply.document()
        match told.get("state"):
            case "created" | "queueing" | "processing":
                return Pending()
            case "success":
                return Finished([_download(told)], cost=_cost(told))
            case "failed":
                raise _failure(str(told.get("err_code") or ""))
            case strange:
                raise ProviderMisbehaved(f"Vidu answered the state {strange!r}.")

    def cancel(self, ticket: Ticket) -> None:
        """Do nothing: Vidu only stops what was ordered for cheaper hours."""

    def find(self, order: Order, *, since: datetime) -> Sequence[Ticket] | None:  # noqa: ARG002
        """Say that it cannot be asked: Vidu lists no tasks."""
        return None


def _download(told: Mapping[str, Any]) -> Download:
    creations = told.get("creations")
    first = creations[0] if isinstance(creations, list) and creations else None
    url = first.get("url") if isinstance(first, dict) else None
    if not isinstance(url, str) or origin(url) is None:
        raise ProviderMisbehaved("Vidu finished, and there is no video.")
    return Download(url=url)


def _failure(code: str) -> ServiceError:
    if any(word in code for word in _CONTENT):
        return ContentRefused(f"Vidu: {code}")
    kind = ProviderRefused if code == _NO_CREDIT else ProviderFailed
    return kind(f"Vidu: {code or 'failed'}")


def _cost(told: Mapping[str, Any]) -> Cost | None:
    credits = told.get("credits")
    return {"credits": float(credits)} if isinstance(credits, int | float) else None


def _refusal(reply: Reply, *, is_ticket: bool = False) -> ServiceError | None:
    if reply.is_success:
        return None
    told = reply.peek() or {}
    reason = str(told.get("reason") or "")
    if 400 <= reply.status < 500 and (any(one in reason for one in _CONTENT)):
        return ContentRefused(f"Vidu: {reason}")
    says = f"{reason} {told.get('message') or ''}".strip()[:_EXCERPT]
    return refusal(reply, says=says, is_ticket=is_ticket)
