"""Tables of jobs, their events, attempts and artifacts."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    false,
    func,
    literal,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.db.base import Base
from shared.jobs.status import Role, Status
from shared.uploads import tables as _uploads  # noqa: F401 - job_inputs refers to it


class Job(Base):
    """One unit of work.

    ``due_at`` is the moment at which somebody must look at the job if nobody has: when it may be
    claimed, when the lease of the worker that has it ends, or when its provider is asked next. It
    is empty once the job is over. ``deadline`` is the next moment at which it ends unfinished.
    ``lease`` counts the claims; a worker writes only while its count is the current one.
    ``is_ready``, ``rank`` and ``urgency`` are its place in the queue (:mod:`shared.jobs.turns`).
    ``attempt_id`` is the attempt at a remote provider that may be under way. ``retry_of`` is the
    job whose request this one makes anew. ``is_test`` says that it came with a key for tests: only
    local engines make it. ``price`` is what is held for it, in credits, and ``cost`` what it has
    cost in the end. ``key_id`` is the key that it came by; it is no foreign key.
    """

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    origin: Mapped[str]
    kind: Mapped[str]
    operation: Mapped[str]
    model: Mapped[str]
    input: Mapped[dict[str, Any]]
    job_metadata: Mapped[dict[str, Any]] = mapped_column("metadata", key="job_metadata")
    webhook: Mapped[str | None]
    priority: Mapped[int]
    start_by: Mapped[datetime | None]
    finish_by: Mapped[datetime | None]
    retry_of: Mapped[str | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"))
    is_test: Mapped[bool] = mapped_column(server_default=false())
    key_id: Mapped[str | None]
    price: Mapped[int] = mapped_column(BigInteger, server_default="0")
    cost: Mapped[int | None] = mapped_column(BigInteger)

    status: Mapped[str]
    stage: Mapped[str | None]
    progress: Mapped[float]
    waiting_for: Mapped[str | None]
    provider: Mapped[str | None]
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]

    is_ready: Mapped[bool]
    rank: Mapped[datetime]
    urgency: Mapped[datetime]
    due_at: Mapped[datetime | None]
    deadline: Mapped[datetime | None]
    lease: Mapped[int] = mapped_column(server_default="0")
    worker: Mapped[str | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    losses: Mapped[int] = mapped_column(server_default="0")
    attempt_id: Mapped[str | None]
    cancel_requested_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    artifacts: Mapped[list["Artifact"]] = relationship(order_by="Artifact.position")
    attempts: Mapped[list["Attempt"]] = relationship(order_by="Attempt.number")

    __table_args__ = (
        CheckConstraint(
            f"status IN ({', '.join(repr(str(one)) for one in Status)})", name="status_is_known"
        ),
        CheckConstraint("(due_at IS NULL) = (finished_at IS NOT NULL)", name="unfinished_is_due"),
        Index(None, "account_id", "id"),
        Index("ix_jobs_reference", "account_id", text("(metadata ->> 'reference')")),
        Index("ix_jobs_retry_of", "retry_of", postgresql_where=text("retry_of IS NOT NULL")),
        Index(
            "ix_jobs_claim", "kind", "rank", postgresql_where=text("status = 'queued' AND is_ready")
        ),
        Index(
            "ix_jobs_ready",
            "account_id",
            "rank",
            postgresql_where=text("status = 'queued' AND is_ready"),
        ),
        Index(
            "ix_jobs_waiting",
            "account_id",
            "urgency",
            postgresql_where=text("status = 'queued' AND NOT is_ready"),
        ),
        Index(
            "ix_jobs_in_line",
            "provider",
            "rank",
            postgresql_where=text("status = 'queued' AND waiting_for = 'provider_capacity'"),
        ),
        Index(
            "ix_jobs_parked",
            "kind",
            "due_at",
            postgresql_where=text("status = 'running' AND worker IS NULL"),
        ),
        Index("ix_jobs_deadline", "deadline", postgresql_where=text("deadline IS NOT NULL")),
        Index(
            "ix_jobs_leased",
            "due_at",
            postgresql_where=text("status = 'running' AND worker IS NOT NULL"),
        ),
    )


def stands(status: Status) -> ColumnElement[bool]:
    """Return the condition of a job in this status, for what is found through a partial index.

    The status is written into the statement: a prepared plan, which must do for any parameters,
    cannot use an index that holds for one status only.
    """
    return Job.status == literal(status, literal_execute=True)


class JobEvent(Base):
    """One move of one job, or progress that it made.

    The ids of one job's events are in the order in which they happened: each is drawn while the
    job's row is locked. Those of an account's are so only up to the ids that transactions under
    way have drawn (:mod:`shared.jobs.feed`). Events from before there were feeds have no account.
    """

    __tablename__ = "job_events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    account_id: Mapped[str | None]
    at: Mapped[datetime]
    verb: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))

    __table_args__ = (
        Index(None, "job_id", "id"),
        Index(
            "ix_job_events_feed",
            "account_id",
            "id",
            postgresql_where=text("account_id IS NOT NULL"),
        ),
    )


class Attempt(Base):
    """One try at one provider.

    A remote attempt is written down before its POST (the intent), gets its ``ticket`` from the
    answer, and is open until its ``outcome`` is known. Open and without a ticket it may or may
    not have reached the provider. ``ticket_id`` is the provider's own id: one job of the provider
    belongs to one attempt. ``cost`` is what the provider says that it charged, by its own units.
    """

    __tablename__ = "attempts"

    id: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    number: Mapped[int]
    provider: Mapped[str]
    route_model: Mapped[str]
    started_at: Mapped[datetime]
    ticket: Mapped[dict[str, Any] | None]
    ticket_id: Mapped[str | None]
    outcome: Mapped[str | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    cost: Mapped[dict[str, Any] | None]

    __table_args__ = (
        Index(None, "job_id", "number"),
        UniqueConstraint("provider", "ticket_id"),
        CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended_has_outcome"),
    )


class Artifact(Base):
    """One file that a job made, as it lies in the storage.

    ``position`` is its place among all files of its job. What is no result (``role``) shows the
    result ``of_id``, and goes with it. ``duration`` is in seconds, ``frame_rate`` in frames a
    second, both as they are in the file.

    Once it has ``expired_at`` (its plan's time was over) or ``deleted_at`` (its owner wished so),
    its file is gone, or about to go (:mod:`shared.retention`).
    """

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
    role: Mapped[str] = mapped_column(server_default=Role.RESULT)
    of_id: Mapped[str | None] = mapped_column(ForeignKey("artifacts.id", ondelete="CASCADE"))
    duration: Mapped[float | None]
    frame_rate: Mapped[float | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expired_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "job_id", "position"),
        Index(None, "of_id", postgresql_where=text("of_id IS NOT NULL")),
        Index(
            "ix_artifacts_kept",
            "account_id",
            "created_at",
            postgresql_where=text("expired_at IS NULL AND deleted_at IS NULL"),
        ),
    )

    @property
    def is_kept(self) -> bool:
        """Say whether its file is still there."""
        return self.expired_at is None and self.deleted_at is None


class JobInput(Base):
    """One file that a job starts from, at this path of its input.

    While the job is not over, nobody removes it. What comes from a ``url`` becomes an upload when
    the job is first carried out.
    """

    __tablename__ = "job_inputs"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str | None]
    upload_id: Mapped[str | None] = mapped_column(ForeignKey("uploads.id", ondelete="SET NULL"))
    artifact_id: Mapped[str | None] = mapped_column(ForeignKey("artifacts.id", ondelete="SET NULL"))

    __table_args__ = (
        Index(
            "ix_job_inputs_upload_id", "upload_id", postgresql_where=text("upload_id IS NOT NULL")
        ),
        Index(
            "ix_job_inputs_artifact_id",
            "artifact_id",
            postgresql_where=text("artifact_id IS NOT NULL"),
        ),
    )


class Answered(Base):
    """What was answered to a request that made jobs, so that its repetition gets the same.

    ``name`` is the caller's ``Idempotency-Key`` or, in a ``realm`` of its own, the digest of the
    request itself; ``digest`` says what was asked under it. ``job_id`` is the one job that was
    made, if it was one; it is no foreign key, since this is thrown away long before any job.
    """

    __tablename__ = "answered_requests"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    realm: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    status: Mapped[int]
    # As text, not JSONB: it comes back as it was, to the order of its fields.
    body: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    location: Mapped[str | None]
    job_id: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (Index(None, "created_at"),)


class UsualTime(Base):
    """How long an operation of a model takes at a provider, measured from what succeeded.

    ``log_seconds`` is a mean of logarithms in which the newer ones weigh more, so that one job
    that hung does not count as many. ``count`` is of how many.
    """

    __tablename__ = "usual_times"

    model: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    log_seconds: Mapped[float]
    count: Mapped[int]


class Departure(Base):
    """How many jobs left a queue for good, in the ten seconds that began at ``begun_at``.

    ``slot`` is those ten seconds' number, counted round and round: so the table never grows.
    """

    __tablename__ = "departures"

    queue: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    begun_at: Mapped[datetime]
    count: Mapped[int]


class UsageOfDeleted(Base):
    """What the jobs of one hour that are deleted by now have used, by model and key.

    ``hour`` is when it begins, ``key_id`` empty for jobs that came by no key. Tests are left out.
    """

    __tablename__ = "usage_of_deleted"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(primary_key=True)
    jobs: Mapped[int] = mapped_column(BigInteger)
    credits: Mapped[int] = mapped_column(BigInteger)
