"""In whose words something is told: the shape of the body, and the headers that prove who sent it.

A delivery names its contract: that of its endpoint, or that through which its job came. A dialect
adds its own to ``CONTRACTS``; what is not named there is told in our own words, signed as Standard
Webhooks has it.
"""

import json
from collections.abc import Mapping
from typing import Any

from shared import clock
from shared.jobs import schema
from shared.jobs.schema import NOTHING_YET
from shared.jobs.status import Status
from shared.storage.links import Links
from shared.webhooks import mayanio, shotstack, signature, vidiking
from shared.webhooks.contract import OWN, Contract, Envelope, Event
from shared.webhooks.types import EventType

# What a job looked like when this happened; it may be told much later.
_NOT_BEGUN = {**NOTHING_YET, "attempts": []}
_AS_IT_WAS: Mapping[str, Mapping[str, Any]] = {
    EventType.JOB_QUEUED: {**_NOT_BEGUN, "status": Status.QUEUED, "started_at": None},
    EventType.JOB_STARTED: {**_NOT_BEGUN, "status": Status.RUNNING},
    EventType.JOB_PROGRESS: {
        **{name: NOTHING_YET[name] for name in ("artifacts", "error", "cost", "finished_at")},
        "status": Status.RUNNING,
    },
}


def pack(contract: str, event: Event, links: Links) -> bytes:
    """Return the body that tells of an event: compact JSON, in UTF-8."""
    document = _named(contract).document(event, links)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def headers(contract: str, envelope: Envelope) -> Mapping[str, str]:
    """Return the headers that let the receiver check who sent this."""
    return _named(contract).headers(envelope)


def _named(contract: str) -> Contract:
    return CONTRACTS.get(contract, CONTRACTS[OWN])


def _document(event: Event, links: Links) -> Mapping[str, Any]:
    data = dict(event.data)
    if event.job is not None:
        shown = schema.present(event.job, links)
        data = {**shown, **_AS_IT_WAS.get(event.type, {}), **data}
    return {"type": event.type, "timestamp": clock.rfc3339(event.at), "data": data}


def _headers(envelope: Envelope) -> Mapping[str, str]:
    return signature.headers(
        *envelope.secrets, message_id=envelope.event_id, at=envelope.at, body=envelope.body
    )


CONTRACTS: Mapping[str, Contract] = {
    OWN: Contract(document=_document, headers=_headers),
    vidiking.NAME: vidiking.CONTRACT,
    mayanio.NAME: mayanio.CONTRACT,
    shotstack.NAME: shotstack.CONTRACT,
}
