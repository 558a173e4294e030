"""LTX (v2): videos by jobs that are asked for; a job and its link are kept for a day."""

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
from workers.providers.base import Accepted, Download, Finished, Order, Pending, Ticket
from workers.providers.remote.client import Client, Reply, origin, refusal
from workers.providers.remote.ltx_input import input_of, left_out

_CONTENT = "content_filtered_error"
_FINAL = frozenset({"invalid_request_error"})
_EXCERPT = 500


class Ltx:
    """Speaks to LTX's API, and not to its older one, whose answer is the video itself."""

    def __init__(self, key: str, url: str, *, client: Client | None = None) -> None:
        self._headers = {**VENDORS["ltx"].shown(key), "Accept": "application/json"}
        self._url = f"{url.rstrip('/')}/v2/text-to-video"
        self._client = client or Client()

    def remarks(self, order: Order) -> Sequence[str]:
        """Say what there is no field for, or what is made otherwise."""
        return left_out(order)

    def submit(self, order: Order) -> Accepted:
        """Hand the order over: one POST."""
        reply = self._client.post(self._url, headers=self._headers, document=input_of(order))
        if error := _refusal(reply):
            raise error
        job_id = reply.document().get("id")
        if not isinstance(job_id, str) or not job_id:
            raise OutcomeUnknown("LTX took the order, and gave no id for it.")
        return Accepted({"id": job_id})

    def poll(self, ticket: Ticket) -> Pending | Finished:
        """Ask how it stands."""
        url = f"{self._url}/{quote(ticket['id'], '')}"
        reply = self._client.get(url, headers=self._headers)
        if error := _refusal(reply, is_ticket=True):
            raise error
        told = reply.document()
        match told.get("status"):
            case "pending" | "processing":
                return Pending()
            case "completed":
                return Finished([_download(told)])
            case "failed":
                raise _failure(_object(told.get("error")))
            case strange:
                raise ProviderMisbehaved(f"LTX answered the status {strange!r}.")

    def cancel(self, ticket: Ticket) -> None:
        """Do nothing: LTX cannot be told to stop."""

    def find(self, order: Order, *, since: datetime) -> Sequence[Ticket] | None:  # noqa: ARG002
        """Say that it cannot be asked: LTX lists no jobs."""
        return None


def _download(told: Mapping[str, Any]) -> Download:
    url = _object(told.get("result")).get("video_url")
    if not isinstance(url, str) or origin(url) is None:
        raise ProviderMisbehaved("LTX finished, and there is no video.")
    return Download(url=url)


def _failure(error: Mapping[str, Any]) -> ServiceError:
    says = f"{error.get('type')}: {error.get('message') or ''}"[:_EXCERPT]
    if error.get("type") == _CONTENT:
        return ContentRefused(says)
    return ProviderRefused(says) if error.get("type") in _FINAL else ProviderFailed(says)


def _refusal(reply: Reply, *, is_ticket: bool = False) -> ServiceError | None:
    if reply.is_success:
        return None
    error = _object((reply.peek() or {}).get("error"))
    if error.get("type") == _CONTENT:
        return _failure(error)
    says = f"{error.get('type') or ''} {error.get('message') or ''}".strip()[:_EXCERPT]
    return refusal(reply, says=says, is_ticket=is_ticket)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
