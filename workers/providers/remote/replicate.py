"""Replicate: predictions, which can be stopped, and found again in the list of all.

A prediction's files and its input are removed after an hour. Each picture is one of its own; the
ticket holds the ids of all. What Replicate refuses for what it shows is told in words only.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from shared.errors import (
    ContentRefused,
    OutcomeUnknown,
    ProviderBusy,
    ProviderFailed,
    ProviderMisbehaved,
    ProviderRefused,
    ProviderUnavailable,
    ResultLost,
    ServiceError,
)
from shared.vendors import VENDORS
from workers.providers.base import Accepted, Cost, Download, Finished, Order, Pending, Ticket
from workers.providers.remote.client import Client, Reply, origin, refusal
from workers.providers.remote.one_each import one_each
from workers.providers.remote.replicate_input import input_of, left_out

# Beyond an hour, nothing would be left to fetch.
_STOP_AFTER = {"Cancel-After": "1h"}
_CONTENT = re.compile(r"nsfw|sensitive|safety|moderat|\bE005\b", re.IGNORECASE)
_RESETS = re.compile(r"resets in ~?(\d{1,3})s")
_MOST_PAGES = 30
_EXCERPT = 500

Prediction = Mapping[str, Any]


class Replicate:
    """Speaks to Replicate's API."""

    def __init__(self, key: str, url: str, *, client: Client | None = None) -> None:
        self._headers = {**VENDORS["replicate"].shown(key), "Accept": "application/json"}
        self._url = url.rstrip("/")
        self._client = client or Client()

    def remarks(self, order: Order) -> Sequence[str]:
        """Say what there is no field for."""
        return left_out(order)

    def submit(self, order: Order) -> Accepted:
        """Hand the order over: one POST for each picture."""
        return Accepted(_ticket(one_each(order, self._submit_one)))

    def poll(self, ticket: Ticket) -> Pending | Finished:
        """Ask how all pictures stand; those that were made count if others were not."""
        told = [self._ask(prediction_id) for prediction_id in ticket["ids"].split()]
        if any(one["status"] in {"starting", "processing"} for one in told):
            return Pending()
        made = [one for one in told if one["status"] == "succeeded"]
        if not made:
            raise _failure(told[0])
        return Finished([each for one in made for each in _downloads(one)], cost=_cost(told))

    def cancel(self, ticket: Ticket) -> None:
        """Ask to stop all of them. What is over or unknown there needs no stopping."""
        for prediction_id in ticket["ids"].split():
            try:
                url = f"{self._address(prediction_id)}/cancel"
                reply = self._client.post(url, headers=self._headers, document={})
                if reply.status != 404 and (error := _refusal(reply)):
                    raise error
            except OutcomeUnknown as error:
                # To stop something twice costs nothing.
                raise ProviderUnavailable(error.message) from error

    def find(self, order: Order, *, since: datetime) -> Sequence[Ticket] | None:
        """Look for predictions with exactly this order's first input, created since then."""
        first: list[Mapping[str, Any]] = []
        one_each(order, lambda one: first.append(input_of(one)))
        found = [
            one
            for one in self._created(since)
            if one.get("input") == first[0] and one.get("model") == order.route_model
        ]
        return [_ticket([one]) for one in sorted(found, key=lambda one: str(one["created_at"]))]

    def _submit_one(self, order: Order) -> Prediction:
        body = {"input": input_of(order)}
        url = f"{self._url}/models/{quote(order.route_model)}/predictions"
        reply = self._client.post(url, headers=self._headers | _STOP_AFTER, document=body)
        if error := _refusal(reply):
            raise error
        given = reply.document()
        if not isinstance(given.get("id"), str) or not given["id"] or " " in given["id"]:
            raise OutcomeUnknown("Replicate took the order, and gave no id for it.")
        return given

    def _ask(self, prediction_id: str) -> Prediction:
        reply = self._client.get(self._address(prediction_id), headers=self._headers)
        if error := _refusal(reply, is_ticket=True):
            raise error
        told = reply.document()
        match told.get("status"):
            case "starting" | "processing" | "succeeded" | "failed" | "canceled" | "aborted":
                return told
            case strange:
                raise ProviderMisbehaved(f"Replicate answered the status {strange!r}.")

    def _created(self, since: datetime) -> Iterator[Prediction]:
        """Yield what was created since then, newest first; raises if there is too much of it."""
        since = since.astimezone(UTC)
        query = urlencode({"created_after": since.isoformat().replace("+00:00", "Z")})
        url: str | None = f"{self._url}/predictions?{query}"
        for _ in range(_MOST_PAGES):
            page = self._page(url)
            yield from page["results"]
            url = page.get("next")
            if not url:
                return
        raise ProviderUnavailable("Replicate lists more predictions than can be looked through.")

    def _page(self, url: object) -> Mapping[str, Any]:
        if not isinstance(url, str) or origin(url) != origin(self._url):
            raise ProviderMisbehaved("Replicate's list goes on somewhere else.")
        reply = self._client.get(url, headers=self._headers)
        if error := _refusal(reply):
            raise error
        page = reply.document()
        results = page.get("results")
        if not isinstance(results, list) or not all(map(_is_listed, results)):
            raise ProviderMisbehaved("Replicate's list holds something else than predictions.")
        return page

    def _address(self, prediction_id: str) -> str:
        return f"{self._url}/predictions/{quote(prediction_id, '')}"


def _is_listed(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("id"), str) and "created_at" in one


def _ticket(taken: Sequence[Prediction]) -> Ticket:
    return {"id": taken[0]["id"], "ids": " ".join(one["id"] for one in taken)}


def _failure(told: Prediction) -> ServiceError:
    says = str(told.get("error") or "")[:_EXCERPT]
    if told["status"] == "canceled":
        return ProviderRefused("The prediction was canceled at Replicate.")
    if told["status"] == "failed" and _CONTENT.search(says):
        return ContentRefused(says)
    return ProviderFailed(f"Replicate: {told['status']}. {says}")


def _downloads(told: Prediction) -> Iterator[Download]:
    if told.get("data_removed"):
        raise ResultLost("Replicate made it, and has removed it since.")
    output = told.get("output")
    listed = output if isinstance(output, list) else [output]
    urls = [one for one in listed if isinstance(one, str) and origin(one)]
    given = told.get("input")
    seed = given.get("seed") if isinstance(given, dict) else None
    if not urls or len(urls) < len(listed):
        raise ProviderMisbehaved("Replicate finished, and there is no file.")
    yield from (Download(url=url, seed=seed if isinstance(seed, int) else None) for url in urls)


def _cost(told: Iterable[Prediction]) -> Cost | None:
    """Add up the seconds that were computed; by them, or by the picture, money is made."""
    metrics = [one.get("metrics") for one in told]
    seconds = [one.get("predict_time") for one in metrics if isinstance(one, dict)]
    known = [float(one) for one in seconds if isinstance(one, int | float)]
    return {"seconds": round(sum(known), 3)} if known and len(known) == len(metrics) else None


def _refusal(reply: Reply, *, is_ticket: bool = False) -> ServiceError | None:
    if reply.is_success:
        return None
    told = reply.peek() or {}
    says = f"{told.get('title') or ''} {told.get('detail') or ''}".strip()[:_EXCERPT]
    error = refusal(reply, says=says, is_ticket=is_ticket)
    if isinstance(error, ProviderBusy) and error.retry_after is None:
        resets = _RESETS.search(says)
        error.retry_after = float(resets[1]) if resets else None
    return error
