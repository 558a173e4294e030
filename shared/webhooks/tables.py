"""Tables of webhook events, deliveries and delivery attempts."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.db.base import Base


class DeliveryStatus(StrEnum):
    """What becomes of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"


class WebhookEvent(Base):
    """Something that happened to a job and that somebody asked to be told."""

    __tablename__ = "webhook_events"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    type: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index(None, "job_id"),)


class Delivery(Base):
    """One event, owed to one address. ``due_at`` is empty once it is settled."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("webhook_events.id", ondelete="CASCADE"))
    url: Mapped[str]
    status: Mapped[str]
    tries: Mapped[int] = mapped_column(server_default="0")
    lease: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    event: Mapped[WebhookEvent] = relationship()

    __table_args__ = (
        Index(None, "event_id"),
        Index("ix_webhook_deliveries_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
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
