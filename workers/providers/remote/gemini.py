"""Google Gemini's pictures: one in each answer, and every refusal with status 200."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.errors import (
    ContentRefused,
    ProviderBusy,
    ProviderFailed,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderUnavailable,
    ServiceError,
)
from shared.vendors import VENDORS
from workers.providers.base import Cost, Finished, Order, Output
from workers.providers.remote.client import Client, Reply, refusal
from workers.providers.remote.gemini_input import body_of, left_out
from workers.providers.remote.one_each import one_each
from workers.providers.remote.synchronous import Synchronous, decoded, patient_client

_REFUSED = frozenset(
    {
        "SAFETY",
        "IMAGE_SAFETY",
        "PROHIBITED_CONTENT",
        "IMAGE_PROHIBITED_CONTENT",
        "RECITATION",
        "IMAGE_RECITATION",
        "SPII",
        "BLOCKLIST",
    }
)
# With a picture, all is well after any of these.
_DONE = frozenset({"STOP", "NO_IMAGE", "IMAGE_OTHER", "MALFORMED_RESPONSE", "MAX_TOKENS", "OTHER"})
_TOKENS = {"promptTokenCount": "input_tokens", "candidatesTokenCount": "output_tokens"}
_DELAY = re.compile(r"(\d{1,5}(?:\.\d+)?)s\Z")
_LONGEST_WAIT = 600.0
_EXCERPT = 500


class Gemini(Synchronous):
    """Speaks to ``generateContent``."""

    def __init__(self, key: str, url: str, *, client: Client | None = None) -> None:
        self._headers = {**VENDORS["gemini"].shown(key), "Accept": "application/json"}
        self._url = url.rstrip("/")
        self._client = client or patient_client()

    def remarks(self, order: Order) -> Sequence[str]:
        """Say what there is no field for."""
        return left_out(order)

    def submit(self, order: Order) -> Finished:
        """Have pictures made: one POST for each, which is answered when it is there."""
        answers = one_each(order, self._submit_one)
        outputs = [output for some, _ in answers for output in some]
        return Finished(outputs, cost=_cost([usage for _, usage in answers]))

    def _submit_one(self, order: Order) -> tuple[Sequence[Output], Mapping[str, Any]]:
        url = f"{self._url}/models/{order.route_model}:generateContent"
        reply = self._client.post(url, headers=self._headers, document=body_of(order))
        if error := _refusal(reply):
            raise error
        answer = reply.document()
        usage = answer.get("usageMetadata")
        return [_picture(answer)], usage if isinstance(usage, dict) else {}


def _picture(answer: Mapping[str, Any]) -> Output:
    """Return the picture in an answer, or raise why there is none."""
    if blocked := _object(answer.get("promptFeedback")).get("blockReason"):
        raise ContentRefused(f"Gemini blocked the prompt: {blocked}.")
    candidates = answer.get("candidates")
    candidate = _object(candidates[0]) if isinstance(candidates, list) and candidates else {}
    reason = candidate.get("finishReason", "STOP")
    if reason in _REFUSED:
        raise ContentRefused(f"Gemini finished for the reason {reason}.")
    if reason not in _DONE:
        raise ProviderMisbehaved(f"Gemini finished for the reason {reason!r}.")
    for part in _parts(candidate):
        # Thoughts may hold drafts.
        if "inlineData" in part and not part.get("thought"):
            return Output(content=decoded(_object(part["inlineData"]).get("data"), "Gemini"))
    raise ProviderFailed(f"Gemini made no picture: {reason}.")


def _parts(candidate: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    parts = _object(candidate.get("content")).get("parts")
    yield from (one for one in parts or () if isinstance(one, dict))


def _cost(usages: Sequence[Mapping[str, Any]]) -> Cost | None:
    """Add up the tokens that were counted; their prices differ by model."""
    return {
        ours: sum(one[theirs] for one in usages)
        for theirs, ours in _TOKENS.items()
        if all(isinstance(one.get(theirs), int) for one in usages)
    } or None


def _refusal(reply: Reply) -> ServiceError | None:
    if reply.is_success:
        return None
    told = _object((reply.peek() or {}).get("error"))
    says = f"{told.get('status') or ''} {told.get('message') or ''}".strip()[:_EXCERPT]
    listed = told.get("details")
    details = [_object(one) for one in listed] if isinstance(listed, list) else []
    if any(one.get("reason") == "API_KEY_INVALID" for one in details):
        return ProviderMisconfigured(f"Gemini answered {reply.status}: {says}")
    if reply.status == 429 and any(map(_is_for_the_day, details)):
        return ProviderMisconfigured(f"What Gemini allows for a day is used up: {says}")
    if reply.status == 503 and told.get("status") == "UNAVAILABLE":
        return ProviderUnavailable(f"Gemini answered {reply.status}: {says}")
    error = refusal(reply, says=says)
    if isinstance(error, ProviderBusy) and error.retry_after is None:
        error.retry_after = next(filter(None, map(_delay, details)), None)
    return error


def _is_for_the_day(detail: Mapping[str, Any]) -> bool:
    violations = detail.get("violations")
    quotas = [_object(one) for one in violations] if isinstance(violations, list) else []
    return any("PerDay" in str(one.get("quotaId")) for one in quotas)


def _delay(detail: Mapping[str, Any]) -> float | None:
    found = _DELAY.match(str(detail.get("retryDelay")))
    return min(float(found[1]), _LONGEST_WAIT) if found else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
