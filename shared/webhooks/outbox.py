"""The outbox: deliveries that are owed, written in the transaction of what happened."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.jobs.status import Queue
from shared.jobs.tables import Job
from shared.signals import Bell, Errand, after_commit
from shared.webhooks import audience
from shared.webhooks.contract import OWN
from shared.webhooks.tables import Endpoint
from shared.webhooks.types import DeliveryStatus, EventType, names

_OWE = text("""
WITH told AS (
    INSERT INTO webhook_events (id, account_id, job_id, type, data, created_at)
    SELECT event.*, :now FROM jsonb_to_recordset(CAST(:events AS jsonb)) AS event (
        id text, account_id text, job_id text, type text, data jsonb
    )
)
INSERT INTO webhook_deliveries (
    id, account_id, event_id, endpoint_id, destination, url, contract, status, due_at
)
SELECT delivery.*, :status, :now FROM jsonb_to_recordset(CAST(:deliveries AS jsonb)) AS delivery (
    id text, account_id text, event_id text, endpoint_id text, destination text, url text,
    contract text
)
""")


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One event, and to whom it is owed; ``webhook`` is the address that its job named."""

    type: str
    account_id: str
    endpoints: Sequence[Endpoint]
    job: Job | None = None
    webhook: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: ids.new("evt"))


def fan_out(session: Session, jobs: Sequence[Job], *, is_heard: bool) -> None:
    """Owe how these jobs ended to the webhook that each may have named, and to endpoints.

    ``is_heard`` says whether their accounts have any endpoint.
    """
    hearing = _hearing(session, jobs) if is_heard else {}
    _owe(
        session,
        [
            Happening(
                type=(ended := f"job.{job.status}"),
                account_id=job.account_id,
                job=job,
                webhook=job.webhook,
                endpoints=_those_for(hearing.get(job.account_id, ()), ended, job.kind),
            )
            for job in jobs
        ],
    )


def tell_of_jobs(
    session: Session,
    event_type: EventType,
    jobs: Sequence[Job],
    data: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Owe endpoints an event of each of these jobs; ``data`` is what was true then, by job id."""
    hearing = _hearing(session, jobs)
    _owe(
        session,
        [
            Happening(
                type=event_type,
                account_id=job.account_id,
                job=job,
                endpoints=_those_for(hearing.get(job.account_id, ()), event_type, job.kind),
                data=(data or {}).get(job.id, {}),
            )
            for job in jobs
        ],
    )


def tell_account(
    session: Session, event_type: EventType, account_id: str, data: Mapping[str, Any]
) -> None:
    """Owe an account's endpoints an event that is about no job, such as ``credits.low``."""
    endpoints = audience.listening(session, [account_id]).get(account_id, ())
    tell(session, event_type, account_id, data, _those_for(endpoints, event_type))


def tell(
    session: Session,
    event_type: EventType,
    account_id: str,
    data: Mapping[str, Any],
    endpoints: Sequence[Endpoint],
) -> Sequence[str]:
    """Owe an event to these endpoints, whatever they asked for; returns the deliveries' ids."""
    happening = Happening(type=event_type, account_id=account_id, data=data, endpoints=endpoints)
    return _owe(session, [happening])


def _hearing(session: Session, jobs: Sequence[Job]) -> Mapping[str, Sequence[Endpoint]]:
    return audience.listening(session, {job.account_id for job in jobs})


def _those_for(
    endpoints: Sequence[Endpoint], event_type: str, kind: str | None = None
) -> Sequence[Endpoint]:
    return [one for one in endpoints if names(one.events, event_type, kind)]


def _owe(session: Session, happenings: Sequence[Happening]) -> Sequence[str]:
    owed = [one for one in happenings if one.webhook is not None or one.endpoints]
    if not owed:
        return []
    events = [
        {
            "id": one.id,
            "account_id": one.account_id,
            "job_id": one.job and one.job.id,
            "type": one.type,
            "data": dict(one.data),
        }
        for one in owed
    ]
    deliveries = [
        {"id": ids.new("dlv"), "account_id": one.account_id, "event_id": one.id} | to
        for one in owed
        for to in _addressees(one)
    ]
    session.execute(
        _OWE,
        {
            "events": json.dumps(events),
            "deliveries": json.dumps(deliveries),
            "status": DeliveryStatus.PENDING,
            "now": clock.now(),
        },
    )
    after_commit(session, Bell(Queue.WEBHOOK, Errand.DELIVER, owed[0].id))
    return [one["id"] for one in deliveries]


def _addressees(one: Happening) -> list[dict[str, Any]]:
    to: list[dict[str, Any]] = [
        {
            "endpoint_id": endpoint.id,
            "destination": endpoint.id,
            "url": endpoint.url,
            "contract": endpoint.contract,
        }
        for endpoint in one.endpoints
    ]
    if one.webhook is not None:
        to.append(
            {
                "endpoint_id": None,
                "destination": _host(one.webhook),
                "url": one.webhook,
                "contract": one.job.origin if one.job else OWN,
            }
        )
    return to


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
