"""OpenAI's image API, and every server that speaks like it: the answer is the pictures."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.errors import (
    ContentRefused,
    ProviderBusy,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ServiceError,
)
from shared.vendors import VENDORS
from workers.providers.base import Cost, Download, Finished, Order, Output
from workers.providers.remote.client import Client, Reply, origin, refusal
from workers.providers.remote.openai_input import edit_of, generation_of, left_out
from workers.providers.remote.synchronous import Synchronous, decoded, patient_client

_CONTENT = frozenset({"moderation_blocked", "content_policy_violation"})
# Of these two in `usage` money is made; their prices differ by model.
_COUNTED = ("input_tokens", "output_tokens")
_LONGEST_WAIT = 600.0


class OpenAi(Synchronous):
    """Speaks to ``/images/generations`` and ``/images/edits``."""

    def __init__(self, key: str, url: str, *, client: Client | None = None) -> None:
        self._headers = {**VENDORS["openai"].shown(key), "Accept": "application/json"}
        self._url = url.rstrip("/")
        self._client = client or patient_client()

    def remarks(self, order: Order) -> Sequence[str]:
        """Say what there is no field for."""
        return left_out(order)

    def submit(self, order: Order) -> Finished:
        """Have the pictures made: one POST, which is answered when they are."""
        reply = self._edit(order) if "image" in order.sources else self._generate(order)
        if error := _refusal(reply):
            raise error
        answer = reply.document()
        return Finished(list(_outputs(answer)), cost=_cost(answer.get("usage")))

    def _generate(self, order: Order) -> Reply:
        url, body = f"{self._url}/images/generations", generation_of(order)
        return self._client.post(url, headers=self._headers, document=body)

    def _edit(self, order: Order) -> Reply:
        url, fields = f"{self._url}/images/edits", edit_of(order)
        return self._client.post_form(url, headers=self._headers, fields=fields)


def _outputs(answer: Mapping[str, Any]) -> Iterator[Output | Download]:
    images = answer.get("data")
    if not isinstance(images, list) or not images:
        raise ProviderMisbehaved("OpenAI answered without a picture.")
    for image in images:
        found = image if isinstance(image, dict) else {}
        url = found.get("url")
        if isinstance(url, str) and origin(url) is not None:
            yield Download(url=url)
        else:
            yield Output(content=decoded(found.get("b64_json"), "OpenAI"))


def _cost(usage: Any) -> Cost | None:
    told = usage if isinstance(usage, dict) else {}
    return {name: told[name] for name in _COUNTED if isinstance(told.get(name), int)} or None


def _refusal(reply: Reply) -> ServiceError | None:
    if reply.is_success:
        return None
    error = (reply.peek() or {}).get("error")
    told = error if isinstance(error, dict) else {}
    says, code = str(told.get("message") or ""), told.get("code")
    if reply.status == 400 and code in _CONTENT:
        return ContentRefused(says)
    if reply.status == 429 and code == "insufficient_quota":
        return ProviderMisconfigured(f"OpenAI answered {code}: {says}")
    found = refusal(reply, says=says)
    if isinstance(found, ProviderBusy) and found.retry_after is None:
        found.retry_after = _milliseconds(reply.headers.get("retry-after-ms", ""))
    return found


def _milliseconds(text: str) -> float | None:
    is_number = text.isascii() and text.isdecimal() and len(text) < 12
    return min(int(text) / 1000, _LONGEST_WAIT) if is_number else None
