"""Tables of webhook endpoints, events, deliveries and delivery attempts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, func, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.db.base import Base


class Endpoint(Base):
    """An address of an account that is told of every event that one of its patterns names.

    Until ``old_secret_until`` what is sent is signed with both secrets. ``failing_since`` is the
    moment of the first failure after the last success. ``contract`` names whose shape and
    signature it is told in.
    """

    __tablename__ = "webhook_endpoints"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    url: Mapped[str]
    events: Mapped[list[str]]
    description: Mapped[str] = mapped_column(server_default="")
    contract: Mapped[str] = mapped_column(server_default="v1")
    secret: Mapped[str]
    old_secret: Mapped[str | None]
    old_secret_until: Mapped[datetime | None]
    is_enabled: Mapped[bool] = mapped_column(server_default=true())
    disabled_reason: Mapped[str | None]
    disabled_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index(None, "account_id", "id"),)


class WebhookEvent(Base):
    """Something that happened and that somebody asked to be told.

    ``data`` is what is told of it. Of a job it is only what was true then and may have changed:
    the rest is read when it is told.
    """

    __tablename__ = "webhook_events"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    type: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index(None, "job_id"),)


class Delivery(Base):
    """One event, owed to one address. ``due_at`` is empty once it is settled.

    ``destination`` is what shares one receiver: an endpoint, or the host of a job's own webhook.
    ``tries_before`` were made before it was last sent again. ``contract`` names whose shape and
    signature it has.
    """

    __tablename__ = "webhook_deliveries"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    event_id: Mapped[str] = mapped_column(ForeignKey("webhook_events.id", ondelete="CASCADE"))
    endpoint_id: Mapped[str | None] = mapped_column(
        ForeignKey("webhook_endpoints.id", ondelete="CASCADE")
    )
    destination: Mapped[str]
    url: Mapped[str]
    contract: Mapped[str] = mapped_column(server_default="v1")
    status: Mapped[str]
    tries: Mapped[int] = mapped_column(server_default="0")
    tries_before: Mapped[int] = mapped_column(server_default="0")
    lease: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    event: Mapped[WebhookEvent] = relationship()
    attempts: Mapped[list["DeliveryAttempt"]] = relationship(order_by="DeliveryAttempt.number")

    __table_args__ = (
        Index(None, "account_id", "id"),
        Index(None, "event_id"),
        Index(
            "ix_webhook_deliveries_endpoint",
            "endpoint_id",
            "id",
            postgresql_where=text("endpoint_id IS NOT NULL"),
        ),
        Index("ix_webhook_deliveries_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "ix_webhook_deliveries_destination",
            "destination",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
        ),
    )


class DeliveryAttempt(Base):
    """One try at one delivery, and what the receiver answered."""

    __tablename__ = "webhook_delivery_attempts"

    id: Mapped[str] = mapped_column(primary_key=True)
    delivery_id: Mapped[str] = mapped_column(
        ForeignKey("webhook_deliveries.id", ondelete="CASCADE")
    )
    number: Mapped[int]
    at: Mapped[datetime]
    milliseconds: Mapped[int]
    http_status: Mapped[int | None]
    answer: Mapped[str | None]
    error: Mapped[str | None]

    __table_args__ = (Index(None, "delivery_id", "number"),)
