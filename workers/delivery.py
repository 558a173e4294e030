"""Delivers webhooks: signed, through the guarded door, once per claim."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, Row, Text, bindparam, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from shared import clock, ids
from shared.errors import ServiceError
from shared.ground import Ground
from shared.jobs.tables import Job
from shared.outbound import Answer, Outbound
from shared.webhooks import contracts, giving_up
from shared.webhooks.contract import Envelope, Event
from shared.webhooks.tables import Delivery
from shared.webhooks.types import DeliveryStatus
from workers import owed
from workers.lanes import Lanes
from workers.verdicts import GONE, Verdict, judge, schedule_of

_ANSWER_CHARACTERS = 500

_JOBS = (
    select(Job)
    .where(Job.id == func.any(bindparam("job_ids", type_=ARRAY(Text))))
    .options(joinedload(Job.artifacts), joinedload(Job.attempts))
)
_SETTLE = text("""
WITH settled AS (
    UPDATE webhook_deliveries
    SET status = :status, due_at = :again_at, finished_at = :over_at
    WHERE id = :delivery_id AND lease = :lease
)
INSERT INTO webhook_delivery_attempts
    (id, delivery_id, number, at, milliseconds, http_status, answer, error)
VALUES (:id, :delivery_id, :number, :at, :milliseconds, :http_status, :answer, :error)
""")


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """A delivery that was claimed, and what goes out with it."""

    delivery_id: str
    account_id: str
    endpoint_id: str | None
    destination: str
    url: str
    contract: str
    lease: int
    tries: int
    tries_before: int
    event_id: str
    event_type: str
    job_id: str | None
    failing_since: datetime | None
    secrets: Sequence[str]
    body: bytes


def claim(
    session: Session, ground: Ground, lanes: Lanes, *, limit: int, lease: timedelta
) -> Sequence[Parcel]:
    """Take up to ``limit`` deliveries that are due and for which there is room, and pack them.

    Those of endpoints that were disabled in the meantime are settled instead.
    """
    taken = owed.take(session, lanes, limit=limit, until=clock.now() + lease)
    unwanted = [one for one in taken if not one.is_enabled]
    _give_up(session, [one.id for one in unwanted])
    for one in unwanted:
        lanes.leave(one.destination)
    wanted = [one for one in taken if one.is_enabled]
    return [*_packed(session, ground, wanted)] if wanted else []


def deliver(parcel: Parcel, ground: Ground, outbound: Outbound) -> None:
    """Send one delivery once, and write down what came of it."""
    begun, at = time.monotonic(), clock.now()
    outcome: Answer | ServiceError
    try:
        outcome = outbound.post(parcel.url, body=parcel.body, headers=_headers(parcel, at))
    except ServiceError as error:
        outcome = error
    attempt = _attempt(parcel, outcome, at=at, seconds=time.monotonic() - begun)
    settings = ground.settings.webhook
    verdict = judge(
        outcome,
        failures=parcel.tries - parcel.tries_before,
        schedule=schedule_of(parcel.event_type, settings.schedule),
        now=clock.now(),
        jitter=settings.jitter_percent / 100 * random.random(),
    )
    # A job that was deleted meanwhile took its deliveries along.
    with suppress(IntegrityError), ground.transaction() as session:
        _settle(session, ground, parcel, attempt, verdict)


def _give_up(session: Session, delivery_ids: Sequence[str]) -> None:
    if delivery_ids:
        session.execute(
            update(Delivery.__table__)
            .where(Delivery.id.in_(delivery_ids))
            .values(status=DeliveryStatus.EXHAUSTED, due_at=None, finished_at=clock.now())
        )


def _packed(session: Session, ground: Ground, taken: Sequence[Row[Any]]) -> Iterator[Parcel]:
    job_ids = list({one.job_id for one in taken if one.job_id is not None})
    found = session.scalars(_JOBS, {"job_ids": job_ids}).unique() if job_ids else ()
    jobs = {job.id: job for job in found}
    for one in taken:
        event = Event(
            id=one.event_id,
            type=one.event_type,
            at=one.event_at,
            data=one.event_data,
            available=one.available,
            job=jobs.get(one.job_id),
        )
        yield Parcel(
            delivery_id=one.id,
            account_id=one.account_id,
            endpoint_id=one.endpoint_id,
            destination=one.destination,
            url=one.url,
            contract=one.contract,
            lease=one.lease,
            tries=one.tries,
            tries_before=one.tries_before,
            event_id=one.event_id,
            event_type=one.event_type,
            job_id=one.job_id,
            failing_since=one.failing_since,
            secrets=_secrets(one),
            body=contracts.pack(one.contract, event, ground.links),
        )


def _secrets(one: Row[Any]) -> Sequence[str]:
    if one.endpoint_id is None:
        return (one.account_secret,)
    is_rotating = one.old_secret is not None and one.old_secret_until > clock.now()
    return (one.secret, one.old_secret) if is_rotating else (one.secret,)


def _headers(parcel: Parcel, at: datetime) -> Mapping[str, str]:
    envelope = Envelope(
        event_id=parcel.event_id,
        event_type=parcel.event_type,
        delivery_id=parcel.delivery_id,
        at=at,
        secrets=parcel.secrets,
        body=parcel.body,
    )
    signed = contracts.headers(parcel.contract, envelope)
    return {"Content-Type": "application/json", "User-Agent": "Limner-Webhook/1", **signed}


def _attempt(
    parcel: Parcel, outcome: Answer | ServiceError, *, at: datetime, seconds: float
) -> dict[str, Any]:
    answer = outcome if isinstance(outcome, Answer) else None
    return {
        "id": ids.new("dat"),
        "delivery_id": parcel.delivery_id,
        "number": parcel.tries,
        "at": at,
        "milliseconds": round(1000 * seconds),
        "http_status": answer.status if answer else None,
        "answer": answer.excerpt.replace("\x00", "")[:_ANSWER_CHARACTERS] if answer else None,
        "error": None if answer else str(outcome),
    }


def _settle(
    session: Session, ground: Ground, parcel: Parcel, attempt: dict[str, Any], verdict: Verdict
) -> None:
    # The endpoint's row first: who disables it locks what is owed to it after it.
    was_disabled = parcel.endpoint_id is not None and _disabled(
        session, ground, parcel.endpoint_id, parcel, attempt["http_status"], verdict
    )
    if was_disabled:
        verdict = Verdict(DeliveryStatus.EXHAUSTED)
    settled = {
        "lease": parcel.lease,
        "status": verdict.status,
        "again_at": verdict.again_at,
        "over_at": clock.now() if verdict.again_at is None else None,
    }
    session.execute(_SETTLE, attempt | settled)
    if verdict.status is DeliveryStatus.EXHAUSTED and not was_disabled:
        giving_up.tell(session, _loss(parcel))


def _disabled(
    session: Session,
    ground: Ground,
    endpoint_id: str,
    parcel: Parcel,
    http_status: int | None,
    verdict: Verdict,
) -> bool:
    """Keep with its endpoint what a try says about it; returns whether that was its end."""
    if verdict.status is DeliveryStatus.DELIVERED:
        if parcel.failing_since is not None:
            giving_up.has_answered(session, endpoint_id)
        return False
    if http_status == GONE:
        giving_up.disable(session, endpoint_id, giving_up.GONE)
        return True
    longest = timedelta(hours=ground.settings.webhook.failing_hours)
    if parcel.failing_since is not None and parcel.failing_since < clock.now() - longest:
        giving_up.disable(session, endpoint_id, giving_up.FAILING)
        return True
    if parcel.failing_since is None:
        giving_up.has_failed(session, endpoint_id)
    return False


def _loss(parcel: Parcel) -> giving_up.Loss:
    return giving_up.Loss(
        delivery_id=parcel.delivery_id,
        account_id=parcel.account_id,
        endpoint_id=parcel.endpoint_id,
        url=parcel.url,
        event_type=parcel.event_type,
        job_id=parcel.job_id,
        tries=parcel.tries,
    )
