"""Delivers webhooks: signed, through the guarded door, once per claim."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from shared import clock, ids
from shared.accounts.tables import Account
from shared.errors import ServiceError
from shared.ground import Ground
from shared.jobs import queries, schema
from shared.outbound import Answer, Outbound
from shared.webhooks import signature
from shared.webhooks.tables import Delivery, DeliveryAttempt, DeliveryStatus

# When to try again after each failure; the last failure settles it.
SCHEDULE = tuple(
    timedelta(seconds=wait)
    for wait in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
_ANSWER_CHARACTERS = 500


def claim(session: Session, *, limit: int, lease: timedelta) -> Sequence[Delivery]:
    """Take up to ``limit`` deliveries that are due."""
    now = clock.now()
    due = (
        select(Delivery.id)
        .where(Delivery.due_at <= now)
        .order_by(Delivery.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return session.scalars(
        update(Delivery)
        .where(Delivery.id.in_(select(due.c.id)))
        .values(lease=Delivery.lease + 1, tries=Delivery.tries + 1, due_at=now + lease)
        .returning(Delivery),
        execution_options={"populate_existing": True, "synchronize_session": False},
    ).all()


@dataclass(frozen=True)
class _Parcel:
    """What goes out."""

    body: bytes
    headers: dict[str, str]


def deliver(delivery: Delivery, ground: Ground, outbound: Outbound) -> None:
    """Send one delivery once, and write down what came of it."""
    parcel = _pack(delivery, ground)
    begun, at = time.monotonic(), clock.now()
    outcome: Answer | ServiceError
    try:
        outcome = outbound.post(delivery.url, body=parcel.body, headers=parcel.headers)
    except ServiceError as error:
        outcome = error
    attempt = _attempt(delivery, outcome, at=at, seconds=time.monotonic() - begun)
    with ground.transaction() as session:
        _settle(session, delivery, attempt)


def _pack(delivery: Delivery, ground: Ground) -> _Parcel:
    with ground.transaction() as session:
        event = (
            session.scalars(
                select(Delivery)
                .where(Delivery.id == delivery.id)
                .options(joinedload(Delivery.event))
            )
            .one()
            .event
        )
        job = queries.get_job(session, account_id=event.account_id, job_id=event.job_id)
        secret = session.get_one(Account, event.account_id).webhook_secret
    shape = {
        "type": event.type,
        "timestamp": clock.rfc3339(event.created_at),
        "data": schema.present(job, ground.links),
    }
    body = json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode()
    signed = signature.headers(secret, message_id=event.id, at=clock.now(), body=body)
    return _Parcel(
        body, {"Content-Type": "application/json", "User-Agent": "Limner-Webhook/1", **signed}
    )


def _attempt(
    delivery: Delivery, outcome: Answer | ServiceError, *, at: datetime, seconds: float
) -> DeliveryAttempt:
    answer = outcome if isinstance(outcome, Answer) else None
    return DeliveryAttempt(
        id=ids.new("dat"),
        delivery_id=delivery.id,
        number=delivery.tries,
        at=at,
        milliseconds=round(1000 * seconds),
        http_status=answer.status if answer else None,
        answer=answer.excerpt.replace("\x00", "")[:_ANSWER_CHARACTERS] if answer else None,
        error=None if answer else str(outcome),
    )


def _settle(session: Session, delivery: Delivery, attempt: DeliveryAttempt) -> None:
    session.add(attempt)
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id, Delivery.lease == delivery.lease)
        .values(**_next(delivery.tries, attempt))
        .execution_options(synchronize_session=False)
    )


def _next(tries: int, attempt: DeliveryAttempt) -> dict[str, object]:
    """Return what becomes of a delivery after this attempt."""
    now = clock.now()
    if attempt.http_status is not None and 200 <= attempt.http_status < 300:
        return {"status": DeliveryStatus.DELIVERED, "due_at": None, "finished_at": now}
    if tries > len(SCHEDULE):
        return {"status": DeliveryStatus.EXHAUSTED, "due_at": None, "finished_at": now}
    return {"due_at": now + SCHEDULE[tries - 1]}
