"""Delivers webhooks: signed, through the guarded door, once per claim."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, Row, Text, bindparam, func, insert, select, update
from sqlalchemy.orm import Session, joinedload

from shared import clock, ids
from shared.accounts.tables import Account
from shared.db.base import NOW
from shared.errors import ServiceError
from shared.ground import Ground
from shared.jobs import schema
from shared.jobs.tables import Job
from shared.outbound import Answer, Outbound
from shared.webhooks import signature
from shared.webhooks.tables import Delivery, DeliveryAttempt, DeliveryStatus, WebhookEvent

# When to try again after each failure; the last failure settles it.
SCHEDULE = tuple(
    timedelta(seconds=wait)
    for wait in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
_ANSWER_CHARACTERS = 500


def _claiming() -> Any:
    """Return the statement that takes what is due, with all that is to be said but the job."""
    due = (
        select(Delivery.id)
        .where(Delivery.due_at <= NOW)
        .order_by(Delivery.due_at)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    until: Any = bindparam("until")
    return (
        update(Delivery.__table__)
        .where(
            Delivery.id == due.c.id,
            WebhookEvent.id == Delivery.event_id,
            Account.id == WebhookEvent.account_id,
        )
        .values(lease=Delivery.lease + 1, tries=Delivery.tries + 1, due_at=until)
        .returning(
            Delivery.id,
            Delivery.url,
            Delivery.lease,
            Delivery.tries,
            WebhookEvent.id.label("event_id"),
            WebhookEvent.type.label("event_type"),
            WebhookEvent.created_at.label("event_at"),
            WebhookEvent.job_id,
            Account.webhook_secret.label("secret"),
        )
    )


# Statements are made once: to make one anew each time costs more than to carry it out.
_CLAIM = _claiming()
_JOBS = (
    select(Job)
    .where(Job.id == func.any(bindparam("job_ids", type_=ARRAY(Text))))
    .options(joinedload(Job.artifacts), joinedload(Job.attempts))
)
_ATTEMPT = insert(DeliveryAttempt.__table__)
_SETTLE = (
    update(Delivery.__table__)
    .where(Delivery.id == bindparam("of_delivery"), Delivery.lease == bindparam("under"))
    .values(
        status=bindparam("now_is"), due_at=bindparam("again_at"), finished_at=bindparam("over_at")
    )
)


@dataclass(frozen=True)
class Parcel:
    """A delivery that was claimed, and what goes out with it."""

    delivery_id: str
    url: str
    lease: int
    tries: int
    event_id: str
    secret: str
    body: bytes


def claim(session: Session, ground: Ground, *, limit: int, lease: timedelta) -> Sequence[Parcel]:
    """Take up to ``limit`` deliveries that are due, and pack them."""
    given = {"most": limit, "until": clock.now() + lease}
    owed = session.execute(_CLAIM, given).all()
    return [*_packed(session, ground, owed)] if owed else []


def deliver(parcel: Parcel, ground: Ground, outbound: Outbound) -> None:
    """Send one delivery once, and write down what came of it."""
    begun, at = time.monotonic(), clock.now()
    outcome: Answer | ServiceError
    try:
        outcome = outbound.post(parcel.url, body=parcel.body, headers=_headers(parcel))
    except ServiceError as error:
        outcome = error
    attempt = _attempt(parcel, outcome, at=at, seconds=time.monotonic() - begun)
    with ground.transaction() as session:
        _settle(session, parcel, attempt)


def _packed(session: Session, ground: Ground, owed: Sequence[Row[Any]]) -> Iterator[Parcel]:
    wanted = {"job_ids": list({one.job_id for one in owed})}
    jobs = {job.id: job for job in session.scalars(_JOBS, wanted).unique()}
    for one in owed:
        shape = {
            "type": one.event_type,
            "timestamp": clock.rfc3339(one.event_at),
            "data": schema.present(jobs[one.job_id], ground.links),
        }
        yield Parcel(
            delivery_id=one.id,
            url=one.url,
            lease=one.lease,
            tries=one.tries,
            event_id=one.event_id,
            secret=one.secret,
            body=json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode(),
        )


def _headers(parcel: Parcel) -> Mapping[str, str]:
    signed = signature.headers(
        parcel.secret, message_id=parcel.event_id, at=clock.now(), body=parcel.body
    )
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


def _settle(session: Session, parcel: Parcel, attempt: dict[str, Any]) -> None:
    session.execute(_ATTEMPT, [attempt])
    session.execute(
        _SETTLE,
        {
            "of_delivery": parcel.delivery_id,
            "under": parcel.lease,
            **_next(parcel.tries, attempt["http_status"]),
        },
    )


def _next(tries: int, http_status: int | None) -> dict[str, object]:
    """Return what becomes of a delivery after this attempt."""
    now = clock.now()
    if http_status is not None and 200 <= http_status < 300:
        return {"now_is": DeliveryStatus.DELIVERED, "again_at": None, "over_at": now}
    if tries > len(SCHEDULE):
        return {"now_is": DeliveryStatus.EXHAUSTED, "again_at": None, "over_at": now}
    return {
        "now_is": DeliveryStatus.PENDING,
        "again_at": now + SCHEDULE[tries - 1],
        "over_at": None,
    }
