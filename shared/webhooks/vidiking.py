"""What VidiKing's callers are told of: its events, its envelope and its signature.

The signature covers the exact bytes that are sent. They are JSON as ``JSON.stringify`` prints it,
so that a receiver that signs what it has parsed and printed again comes to the same.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.dialects import vidiking
from shared.jobs.status import Kind
from shared.storage.links import Links
from shared.webhooks.contract import Contract, Envelope, Event
from shared.webhooks.tables import Endpoint
from shared.webhooks.types import EventType

NAME = vidiking.NAME

_RENDERS, _AI = (Kind.RENDER,), tuple(one for one in Kind if one != Kind.RENDER)


def _of_jobs(kinds: Iterable[Kind], *types: EventType) -> tuple[str, ...]:
    return tuple(f"{one}/{kind}" for one in types for kind in kinds)


_ENDS_BADLY = (EventType.JOB_FAILED, EventType.JOB_CANCELED)
# Their events, and the patterns that name the same of ours.
EVENTS: Mapping[str, tuple[str, ...]] = {
    "render.queued": _of_jobs(_RENDERS, EventType.JOB_QUEUED),
    "render.processing": _of_jobs(_RENDERS, EventType.JOB_STARTED),
    "render.complete": _of_jobs(_RENDERS, EventType.JOB_SUCCEEDED),
    "render.failed": _of_jobs(_RENDERS, *_ENDS_BADLY),
    "ai.complete": _of_jobs(_AI, EventType.JOB_SUCCEEDED),
    "ai.failed": _of_jobs(_AI, *_ENDS_BADLY),
    "wallet.low_balance": (EventType.CREDITS_LOW,),
    "wallet.deposit": (EventType.CREDITS_ADDED,),
}
_THEIRS = {pattern: theirs for theirs, patterns in EVENTS.items() for pattern in patterns}

# What a job looked like when this happened; it may be told much later.
_NOT_OVER: dict[str, Any] = {
    "progress": 0,
    "credits_used": 0,
    "warnings": [],
    **dict.fromkeys(
        ("url", "poster", "thumbnail", "width", "height", "duration", "error", "error_code")
    ),
    "completed_at": None,
}
_AS_IT_WAS: Mapping[str, Mapping[str, Any]] = {
    EventType.JOB_QUEUED: _NOT_OVER | {"status": "QUEUED", "started_at": None},
    EventType.JOB_STARTED: _NOT_OVER | {"status": "PROCESSING"},
}


def ours(theirs: Iterable[str]) -> list[str]:
    """Return the patterns that name these events of theirs."""
    return [pattern for one in dict.fromkeys(theirs) for pattern in EVENTS[one]]


def theirs(patterns: Sequence[str]) -> list[str]:
    """Return the events of theirs that these patterns name."""
    return [one for one, needed in EVENTS.items() if set(needed) <= set(patterns)]


def present_hook(hook: Endpoint) -> dict[str, Any]:
    """Return their shape of an account's hook, without its secret."""
    return {
        "id": hook.id,
        "url": hook.url,
        "events": theirs(hook.events),
        "enabled": hook.is_enabled,
        "created_at": vidiking.timestamp(hook.created_at),
    }


def _document(event: Event, links: Links) -> Mapping[str, Any]:
    return {
        "event": _name(event),
        "timestamp": vidiking.timestamp(event.at),
        "data": {**_data(event, links), "wallet_balance": event.available},
    }


def _name(event: Event) -> str:
    pattern = event.type if event.job is None else f"{event.type}/{event.job.kind}"
    return _THEIRS.get(pattern, event.type)


def _data(event: Event, links: Links) -> Mapping[str, Any]:
    if event.job is None:
        return event.data
    shown = vidiking.job(event.job, links)
    shown |= {name: _as_printed_again(shown[name]) for name in ("metadata", "duration")}
    return {**shown, **_AS_IT_WAS.get(event.type, {})}


def _as_printed_again(value: Any) -> Any:
    """Write ``15.0`` as ``15``, as JavaScript does."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {name: _as_printed_again(one) for name, one in value.items()}
        case list():
            return [_as_printed_again(one) for one in value]
        case _:
            return value


def _headers(envelope: Envelope) -> Mapping[str, str]:
    key = envelope.secrets[0].encode()
    return {
        "x-vidiking-signature": hmac.new(key, envelope.body, hashlib.sha256).hexdigest(),
        "x-vidiking-delivery": envelope.event_id,
        "x-vidiking-timestamp": str(int(envelope.at.timestamp())),
    }


CONTRACT = Contract(document=_document, headers=_headers)
