"""What Shotstack's callers are told of: how a render ended. Nothing of it is signed there."""

from collections.abc import Mapping
from typing import Any

from shared.dialects import shotstack
from shared.storage.links import Links
from shared.webhooks.contract import Contract, Envelope, Event

NAME = shotstack.NAME


def _document(event: Event, links: Links) -> Mapping[str, Any]:
    return event.data if event.job is None else shotstack.told(event.job, links)


def _headers(_: Envelope) -> Mapping[str, str]:
    return {}


CONTRACT = Contract(document=_document, headers=_headers)
