"""fal.ai, by its queue: one POST, then a ticket to ask with.

fal knows no failed status: a request that failed is COMPLETED with an ``error``. Status, result
and cancel lie under the first two segments of the model's name (three for workflows).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from shared import clock
from shared.errors import (
    ContentRefused,
    OutcomeUnknown,
    ProviderFailed,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderUnavailable,
    ServiceError,
)
from shared.jobs.fields import MAX_SEED
from shared.jobs.status import Role
from shared.vendors import VENDORS
from workers.providers.base import Accepted, Download, Finished, Order, Pending, Ticket
from workers.providers.remote.client import (
    Client,
    Reply,
    origin,
    refusal,
    retry_after,
)
from workers.providers.remote.fal_input import input_of, left_out

# The kinds of failure that are fal's own, and that another try may not meet.
_PASSING = frozenset(
    {
        "request_timeout",
        "startup_timeout",
        "runner_scheduling_failure",
        "runner_connection_timeout",
        "runner_disconnected",
        "runner_connection_refused",
        "runner_connection_error",
        "runner_incomplete_response",
        "runner_server_error",
        "client_disconnected",
        "internal_error",
    }
)
_FINAL = frozenset({"bad_request", "client_cancelled"})
_CONTENT = "content_policy_violation"

# Results are copied at once: a day is ample.
_LIFECYCLE = {
    "X-Fal-Object-Lifecycle-Preference": json.dumps({"expiration_duration_seconds": 86_400})
}
_EXCERPT = 500
_PAGE = 100
_MOST_PAGES = 50


class Fal:
    """Speaks to fal.ai's queue, and to its platform API to find requests again."""

    def __init__(
        self,
        key: str,
        queue_url: str,
        api_url: str,
        *,
        client: Client | None = None,
    ) -> None:
        self._headers = {**VENDORS["fal"].shown(key), "Accept": "application/json"}
        self._queue_url = queue_url.rstrip("/")
        self._api_url = api_url.rstrip("/")
        self._client = client or Client()

    def remarks(self, order: Order) -> Sequence[str]:
        """Say what the model has no field for."""
        return left_out(order)

    def submit(self, order: Order) -> Accepted:
        """Hand the order over: one POST."""
        reply = self._client.post(
            f"{self._queue_url}/{order.route_model}",
            headers=self._headers | _LIFECYCLE,
            document=input_of(order),
        )
        if reply.status in {500, 503}:
            # fal never charges for work that its own side failed: trying again costs nothing.
            message = f"fal answered {reply.status}: {_said(reply)}"
            wait = retry_after(reply.headers, clock.now())
            raise ProviderUnavailable(message, retry_after=wait)
        if error := _refusal(reply):
            raise error
        given = reply.document()
        request_id = given.get("request_id")
        if not isinstance(request_id, str) or not request_id:
            raise OutcomeUnknown("fal took the order, and gave no id for it.")
        return Accepted(self._ticket(order.route_model, request_id, given))

    def poll(self, ticket: Ticket) -> Pending | Finished:
        """Ask how it stands.

        :class:`ProviderFailed` and every permanent error end the order; any other temporary
        error says that the question failed, and nothing about the order.
        """
        reply = self._client.get(self._checked(ticket["status_url"]), headers=self._headers)
        if error := _refusal(reply, is_ticket=True):
            raise error
        told = reply.document()
        match told.get("status"):
            case "IN_QUEUE" | "IN_PROGRESS":
                return Pending()
            case "COMPLETED":
                return self._collect(ticket, told)
            case strange:
                raise ProviderMisbehaved(f"fal answered the status {strange!r}.")

    def cancel(self, ticket: Ticket) -> None:
        """Ask to stop it. What is over or unknown there needs no stopping."""
        reply = self._client.put(self._checked(ticket["cancel_url"]), headers=self._headers)
        is_over = (reply.peek() or {}).get("status") == "ALREADY_COMPLETED"
        if reply.status == 404 or (reply.status == 400 and is_over):
            return
        if error := _refusal(reply, is_ticket=True):
            raise error

    def find(self, order: Order, *, since: datetime) -> Sequence[Ticket] | None:
        """Look for requests with exactly this order's input, sent since then, oldest first.

        None if the key may not list requests, if fal kept no inputs to compare with, or if there
        are too many requests to look through. fal's list may lag behind its queue: an empty
        answer is only to be believed some time after the submit.
        """
        wanted = input_of(order)
        requests = self._requests(order.route_model, since)
        if requests is None:
            return None
        # fal lists the newest first, and the moments of several may be equal.
        found = [one for one in reversed(requests) if one.get("json_input") == wanted]
        if not found and any(one.get("json_input") is None for one in requests):
            return None
        return [
            self._ticket(order.route_model, one["request_id"], {})
            for one in sorted(found, key=lambda one: str(one.get("sent_at")))
        ]

    def _requests(self, model: str, since: datetime) -> list[dict[str, Any]] | None:
        """Return the requests to a model that were sent since then, each once."""
        # fal's moments may be whole seconds: a request of this very second must not be missed.
        since = since.astimezone(UTC).replace(microsecond=0)
        found: dict[str, dict[str, Any]] = {}
        query = {
            "endpoint_id": model,
            "start": since.isoformat().replace("+00:00", "Z"),
            "limit": str(_PAGE),
            "expand": "payloads",
        }
        for _ in range(_MOST_PAGES):
            page = self._page(query)
            if page is None:
                return None
            # A page may show again what the page before it had: requests come in meanwhile.
            found |= {one["request_id"]: one for one in _entries(page, model, since)}
            if not page.get("has_more"):
                return list(found.values())
            query["cursor"] = str(page.get("next_cursor"))
        return None

    def _page(self, query: Mapping[str, str]) -> dict[str, Any] | None:
        url = f"{self._api_url}/models/requests/by-endpoint?{urlencode(query)}"
        reply = self._client.get(url, headers=self._headers)
        if reply.status in {401, 403, 404}:
            return None
        if error := _refusal(reply):
            raise error
        return reply.document()

    def _collect(self, ticket: Ticket, told: Mapping[str, Any]) -> Finished:
        """Fetch what came out of a request that is over, or raise what went wrong with it."""
        if error := _failure(told.get("error_type"), str(told.get("error"))):
            raise error
        reply = self._client.get(self._checked(ticket["response_url"]), headers=self._headers)
        if not reply.is_success:
            raise _order_failure(reply, is_certain=bool(told.get("error")))
        if told.get("error"):
            raise ProviderMisbehaved(f"fal reports the error {told['error']!r} and a result.")
        return Finished(list(_downloads(reply.document())))

    def _ticket(self, model: str, request_id: str, given: Mapping[str, Any]) -> Ticket:
        """Keep fal's addresses where they are fal's; otherwise build them by its rule."""
        segments = model.split("/")
        depth = 3 if segments[0] in {"workflows", "comfy"} else 2
        base = "/".join([self._queue_url, *segments[:depth], "requests", quote(request_id, "")])
        rule = {
            "status_url": f"{base}/status",
            "response_url": base,
            "cancel_url": f"{base}/cancel",
        }
        urls = {name: given.get(name) for name in rule}
        kept = {name: url for name, url in urls.items() if isinstance(url, str) and self._owns(url)}
        return {"id": request_id, **rule, **kept}

    def _owns(self, url: str) -> bool:
        return origin(url) == origin(self._queue_url)

    def _checked(self, url: str) -> str:
        """Let only addresses of the queue pass: our key goes nowhere else."""
        if not (url.startswith(f"{self._queue_url}/") or self._owns(url)):
            raise ProviderMisconfigured("The ticket was given by another queue than the one set.")
        return url


def _downloads(result: Mapping[str, Any]) -> Iterator[Download]:
    flags = result.get("has_nsfw_concepts")
    if flags is True or (isinstance(flags, list) and True in flags):
        raise ContentRefused("fal made a picture and blackened it, because of what it showed.")
    if "video" in result or "model_mesh" in result:
        yield from _media(result)
        return
    images, seed = result.get("images"), result.get("seed")
    if not isinstance(images, list) or not images:
        raise ProviderMisbehaved("fal finished, and there is no picture.")
    for position, image in enumerate(images):
        url = _address(image)
        if url is None:
            raise ProviderMisbehaved("fal finished, and a picture has no address.")
        own_seed = (seed + position) % (MAX_SEED + 1) if isinstance(seed, int) else None
        yield Download(url=url, seed=own_seed)


def _media(result: Mapping[str, Any]) -> Iterator[Download]:
    """Yield a video, or a 3D model and the picture of it."""
    seed = result.get("seed")
    own_seed = seed if isinstance(seed, int) else None
    url = _address(result.get("video") or result.get("model_mesh"))
    if url is None:
        raise ProviderMisbehaved("fal finished, and its file has no address.")
    yield Download(url=url, seed=own_seed)
    picture = _address(result.get("rendered_image"))
    if picture is not None:
        yield Download(url=picture, role=Role.PREVIEW)


def _address(file: object) -> str | None:
    url = file.get("url") if isinstance(file, dict) else None
    return url if isinstance(url, str) and origin(url) is not None else None


def _entries(page: Mapping[str, Any], model: str, since: datetime) -> Iterator[dict[str, Any]]:
    items = page.get("items")
    if not isinstance(items, list):
        raise ProviderMisbehaved("fal's list of requests has no items.")
    for one in items:
        if not isinstance(one, dict) or not isinstance(one.get("request_id"), str):
            raise ProviderMisbehaved("fal's list has a request without an id.")
        if one.get("endpoint_id", model) == model:
            sent_at = one.get("sent_at") or one.get("started_at")
            if not sent_at or _moment(sent_at) >= since:
                yield one


def _moment(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise ProviderMisbehaved(f"fal's list has the moment {text!r}.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _refusal(reply: Reply, *, is_ticket: bool = False) -> ServiceError | None:
    if reply.is_success:
        return None
    if _CONTENT in _kinds(reply):
        return ContentRefused(_said(reply))
    return refusal(reply, says=_said(reply), is_ticket=is_ticket)


def _order_failure(reply: Reply, *, is_certain: bool) -> ServiceError:
    """Judge the answer that stands in the place of a result: the model's own error, or fal's."""
    for kind in _kinds(reply):
        if error := _failure(kind, _said(reply)):
            return error
    # A failure that names no kind may be the queue's, of this moment: the order may be well.
    if reply.status >= 500 and (is_certain or _kinds(reply)):
        return ProviderFailed(f"fal answered {reply.status}: {_said(reply)}")
    error = _refusal(reply, is_ticket=True)
    return error or ProviderMisbehaved(f"fal answered {reply.status} instead of a result.")


def _failure(kind: object, said: str) -> ServiceError | None:
    """Return the error for a kind of failure that we know."""
    if kind == _CONTENT:
        return ContentRefused(said)
    if kind in _PASSING:
        return ProviderFailed(f"{kind}: {said}")
    return ProviderRefused(f"{kind}: {said}") if kind in _FINAL else None


def _kinds(reply: Reply) -> list[str]:
    """Return the kinds of failure that a refusal names, in either of fal's two shapes."""
    document = reply.peek() or {}
    detail = document.get("detail")
    faults = detail if isinstance(detail, list) else []
    listed = [one.get("type") for one in faults if isinstance(one, dict)]
    named = [document.get("error_type"), reply.headers.get("X-Fal-Error-Type"), *listed]
    return [kind for kind in named if isinstance(kind, str)]


def _said(reply: Reply) -> str:
    """Return fal's own explanation in one line."""
    detail = (reply.peek() or {}).get("detail")
    if not isinstance(detail, list):
        return str(detail or "")[:_EXCERPT]
    faults = (one for one in detail if isinstance(one, dict))
    return "; ".join(f"{_place(one)}: {one.get('msg')}" for one in faults)[:_EXCERPT]


def _place(fault: Mapping[str, Any]) -> str:
    steps = fault.get("loc")
    return ".".join(str(step) for step in steps) if isinstance(steps, list) else "input"
