"""Tables of jobs, their events, attempts and artifacts."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.db.base import Base
from shared.jobs.status import Status


class Job(Base):
    """One unit of work.

    ``due_at`` is the moment at which somebody must look at the job if nobody has: when it may be
    claimed, or when the lease of the worker that has it ends. It is empty once the job is over.
    ``lease`` counts the claims; a worker writes only while its count is the current one.
    ``rank`` is the place in the queue: the time of submission, moved forward by the priority.
    """

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    origin: Mapped[str]
    kind: Mapped[str]
    operation: Mapped[str]
    model: Mapped[str]
    input: Mapped[dict[str, Any]]
    job_metadata: Mapped[dict[str, Any]] = mapped_column("metadata")
    webhook: Mapped[str | None]
    priority: Mapped[int]

    status: Mapped[str]
    stage: Mapped[str | None]
    progress: Mapped[float]
    waiting_for: Mapped[str | None]
    provider: Mapped[str | None]
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]

    rank: Mapped[datetime]
    due_at: Mapped[datetime | None]
    lease: Mapped[int] = mapped_column(server_default="0")
    worker: Mapped[str | None]
    cancel_requested_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    artifacts: Mapped[list["Artifact"]] = relationship(order_by="Artifact.position")

    __table_args__ = (
        CheckConstraint(
            f"status IN ({', '.join(repr(str(one)) for one in Status)})", name="status_is_known"
        ),
        CheckConstraint("(due_at IS NULL) = (finished_at IS NOT NULL)", name="unfinished_is_due"),
        Index(None, "account_id", "id"),
        Index("ix_jobs_reference", "account_id", text("(metadata ->> 'reference')")),
        Index("ix_jobs_claim", "kind", "rank", postgresql_where=text("status = 'queued'")),
        Index("ix_jobs_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )


class JobEvent(Base):
    """One move of one job."""

    __tablename__ = "job_events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    verb: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))

    __table_args__ = (Index(None, "job_id", "id"),)


class Artifact(Base):
    """One file that a job made, as it lies in the storage."""

    __tablename__ = "artifacts"

    id: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    position: Mapped[int]
    key: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    seed: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index(None, "job_id", "position"),)
