"""The log of deliveries: what was sent where and what was answered, and sending it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from shared import clock, ids
from shared.errors import DeliveryNotFound
from shared.jobs.status import Queue
from shared.signals import Bell, Errand, after_commit
from shared.webhooks import endpoints
from shared.webhooks.tables import Delivery, Endpoint, WebhookEvent
from shared.webhooks.types import DeliveryStatus

# Those that are tried no more, and may be sent again.
SETTLED = (DeliveryStatus.EXHAUSTED, DeliveryStatus.DELIVERED)

MOST_AT_ONCE = 10_000

_WHOLE = (joinedload(Delivery.event), selectinload(Delivery.attempts))


@dataclass(frozen=True)
class Recovered:
    """How many deliveries are sent again, and from when on to ask for the rest, if any is left."""

    count: int
    next_since: datetime | None


def list_deliveries(
    session: Session,
    *,
    account_id: str,
    limit: int,
    before: str | None = None,
    filters: Mapping[str, Any],
) -> Sequence[Delivery]:
    """Return an account's deliveries with their tries, newest first.

    ``before`` is the id of the last one that was seen. Filters: ``endpoint_id``, ``job_id``,
    ``status`` (a list), ``since`` and ``until``.
    """
    query = select(Delivery).where(Delivery.account_id == account_id)
    if before is not None:
        query = query.where(Delivery.id < before)
    for name, value in filters.items():
        query = query.where(_CONDITIONS[name](value))
    return session.scalars(query.order_by(Delivery.id.desc()).limit(limit).options(*_WHOLE)).all()


def get_delivery(session: Session, account_id: str, delivery_id: str) -> Delivery:
    """Return an account's delivery with its tries; raises :class:`DeliveryNotFound`."""
    query = select(Delivery).where(Delivery.id == delivery_id, Delivery.account_id == account_id)
    found = session.scalars(query.options(*_WHOLE)).one_or_none()
    if found is None:
        raise DeliveryNotFound(f"There is no webhook delivery {delivery_id!r}.")
    return found


def resend(session: Session, account_id: str, delivery_id: str) -> None:
    """Send a delivery again at once, under its old id, and as often as if it were new.

    Raises :class:`DeliveryNotFound` and :class:`shared.errors.EndpointDisabled`.
    """
    found = get_delivery(session, account_id, delivery_id)
    if found.endpoint_id is not None:
        endpoints.require_enabled(session.get(Endpoint, found.endpoint_id))
    _owe_again(session, [found.id])


def recover(
    session: Session,
    endpoint: Endpoint,
    *,
    status: Sequence[str] = (DeliveryStatus.EXHAUSTED,),
    **span: datetime,
) -> Recovered:
    """Send again what was settled so at an endpoint, oldest first; up to so many in one call.

    The ``span`` may have ``since`` and ``until``. Raises :class:`shared.errors.EndpointDisabled`.
    """
    endpoints.require_enabled(endpoint)
    return _recover(session, Delivery.endpoint_id == endpoint.id, status, span)


def recover_all(
    session: Session,
    account_id: str,
    *,
    status: Sequence[str] = (DeliveryStatus.EXHAUSTED,),
    **span: datetime,
) -> Recovered:
    """Send again what was settled so for an account, but to endpoints that are disabled."""
    mine = select(Endpoint.id).where(Endpoint.account_id == account_id, Endpoint.is_enabled)
    is_wanted = or_(Delivery.endpoint_id.is_(None), Delivery.endpoint_id.in_(mine))
    return _recover(session, and_(Delivery.account_id == account_id, is_wanted), status, span)


def _recover(
    session: Session,
    which: ColumnElement[bool],
    status: Sequence[str],
    span: Mapping[str, datetime],
) -> Recovered:
    settled = [one for one in status if one in SETTLED]
    query = select(Delivery.id).where(which, Delivery.status.in_(settled))
    for name, moment in span.items():
        query = query.where(_CONDITIONS[name](moment))
    found = session.scalars(query.order_by(Delivery.id).limit(MOST_AT_ONCE + 1)).all()
    again, rest = found[:MOST_AT_ONCE], found[MOST_AT_ONCE:]
    if again:
        _owe_again(session, again)
    return Recovered(len(again), ids.made_at(rest[0]) if rest else None)


def _owe_again(session: Session, delivery_ids: Sequence[str]) -> None:
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(delivery_ids))
        .values(
            status=DeliveryStatus.PENDING,
            due_at=clock.now(),
            finished_at=None,
            tries_before=Delivery.tries,
        ),
        execution_options={"synchronize_session": False},
    )
    session.expire_all()
    after_commit(session, Bell(Queue.WEBHOOK, Errand.DELIVER, delivery_ids[0]))


def _of_job(job_id: str) -> ColumnElement[bool]:
    return Delivery.event_id.in_(select(WebhookEvent.id).where(WebhookEvent.job_id == job_id))


# Ids sort by the moment at which they were made.
_CONDITIONS: Mapping[str, Any] = {
    "endpoint_id": lambda value: Delivery.endpoint_id == value,
    "job_id": _of_job,
    "status": lambda values: Delivery.status.in_(values),
    "since": lambda moment: Delivery.id >= ids.first("dlv", moment),
    "until": lambda moment: Delivery.id < ids.first("dlv", moment),
}
