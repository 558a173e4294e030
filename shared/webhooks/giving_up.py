"""Endpoints that fail, and what was never delivered: their owners are told."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import bindparam, func, update
from sqlalchemy.orm import Session

from shared import clock
from shared.db.base import NOW
from shared.webhooks import outbox
from shared.webhooks.tables import Delivery, Endpoint
from shared.webhooks.types import DeliveryStatus, EventType

# Why an endpoint is disabled; shown to its owner.
BY_OWNER = "by_owner"
GONE = "gone"
FAILING = "failing"

_QUIET: Mapping[str, Any] = {"synchronize_session": False}
# Of these nobody is told that they were lost: it would be told to no end, or of no use.
_SILENT = frozenset({EventType.JOB_PROGRESS, EventType.WEBHOOK_EXHAUSTED, EventType.WEBHOOK_TEST})

_HAS_FAILED = (
    update(Endpoint.__table__)
    .where(Endpoint.id == bindparam("endpoint_id"))
    .values(failing_since=func.coalesce(Endpoint.failing_since, NOW))
)
_HAS_ANSWERED = (
    update(Endpoint.__table__)
    .where(Endpoint.id == bindparam("endpoint_id"))
    .values(failing_since=None)
)


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A delivery that is tried no more."""

    delivery_id: str
    account_id: str
    endpoint_id: str | None
    url: str
    event_type: str
    job_id: str | None
    tries: int


def has_failed(session: Session, endpoint_id: str) -> None:
    """Note when an endpoint began to fail."""
    session.execute(_HAS_FAILED, {"endpoint_id": endpoint_id})


def has_answered(session: Session, endpoint_id: str) -> None:
    """Note that an endpoint fails no longer."""
    session.execute(_HAS_ANSWERED, {"endpoint_id": endpoint_id})


def disable(session: Session, endpoint_id: str, reason: str) -> None:
    """Send nothing more to an endpoint, and give up what is owed to it; its owner is told."""
    disabled = session.execute(
        update(Endpoint)
        .where(Endpoint.id == endpoint_id, Endpoint.is_enabled)
        .values(is_enabled=False, disabled_reason=reason, disabled_at=clock.now())
        .returning(Endpoint.account_id, Endpoint.url),
        execution_options=_QUIET,
    ).one_or_none()
    if disabled is None:
        return
    give_up_all(session, endpoint_id)
    if reason != BY_OWNER:
        data = {"reason": reason, "endpoint_id": endpoint_id, "url": disabled.url}
        outbox.tell_account(session, EventType.WEBHOOK_EXHAUSTED, disabled.account_id, data)


def give_up_all(session: Session, endpoint_id: str) -> None:
    """Settle what is owed to an endpoint, undelivered."""
    session.execute(
        update(Delivery)
        .where(Delivery.destination == endpoint_id, Delivery.due_at.is_not(None))
        .values(status=DeliveryStatus.EXHAUSTED, due_at=None, finished_at=clock.now()),
        execution_options=_QUIET,
    )


def tell(session: Session, loss: Loss) -> None:
    """Tell an account's endpoints of a delivery that was given up after its last try."""
    if loss.event_type in _SILENT:
        return
    data = {"reason": "tries_used_up"} | asdict(loss)
    account_id = data.pop("account_id")
    outbox.tell_account(session, EventType.WEBHOOK_EXHAUSTED, account_id, data)
