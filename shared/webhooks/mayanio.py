"""What MayanIO's callers are told of: how a generation ended, in the envelope of its answers.

Their own contract knows no callbacks; these are signed as ours are.
"""

from collections.abc import Mapping
from typing import Any

from shared.dialects import mayanio, mayanio_media
from shared.jobs.status import Status
from shared.storage.links import Links
from shared.webhooks import signature
from shared.webhooks.contract import Contract, Envelope, Event

NAME = mayanio.NAME


def _document(event: Event, links: Links) -> Mapping[str, Any]:
    job = event.job
    if job is None:
        return {"success": True, "data": dict(event.data)}
    data = mayanio.receipt(job) | {"remaining_points": event.available}
    if job.status == Status.SUCCEEDED:
        made = mayanio_media.generation(job, links, remaining_points=event.available)
        return {"success": True, "data": data | made}
    if job.status in {Status.FAILED, Status.CANCELED}:
        told = {"error": mayanio.why(job), "code": job.error_code or "canceled"}
        return {"success": False, **told, "data": data}
    return {"success": True, "data": data}


def _headers(envelope: Envelope) -> Mapping[str, str]:
    return signature.headers(
        *envelope.secrets, message_id=envelope.event_id, at=envelope.at, body=envelope.body
    )


CONTRACT = Contract(document=_document, headers=_headers)
