"""The table of uploads."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.base import Base


class Upload(Base):
    """One file of an account, as it lies in the storage; or the place that is kept for one.

    Until it is complete it has no ``key``, and is given up at ``expires_at``. ``incoming`` is the
    key under which its caller may put it into the storage. ``used_at`` is when a job last named it,
    or when it came.
    """

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    filename: Mapped[str | None]
    incoming: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    key: Mapped[str | None] = mapped_column(unique=True)
    content_type: Mapped[str | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    completed_at: Mapped[datetime | None]
    used_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint(
            "(key IS NULL) = (completed_at IS NULL) AND (key IS NULL) = (expires_at IS NOT NULL)",
            name="complete_has_key",
        ),
        Index(
            "ix_uploads_kept",
            "account_id",
            "used_at",
            postgresql_where=text("completed_at IS NOT NULL"),
        ),
        Index(None, "account_id", "id"),
        Index("ix_uploads_pending", "expires_at", postgresql_where=text("completed_at IS NULL")),
    )

    @property
    def is_complete(self) -> bool:
        """Say whether the file is there."""
        return self.completed_at is not None
