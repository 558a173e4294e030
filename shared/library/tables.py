"""The table of the library."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.base import Base


class LibraryImage(Base):
    """One picture of an account, by the id and the name that the account knows it by.

    It is what its job makes, and is there once that has succeeded, for as long as the file is kept.
    Those that were made with keys for tests are apart from all others (``is_test``). While it is
    published, whoever knows its id sees it. It is let go when it ``expires_at``.
    """

    __tablename__ = "library_images"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    is_test: Mapped[bool]
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), unique=True)
    name: Mapped[str]
    is_published: Mapped[bool] = mapped_column(server_default=false())
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_library_images_shelf", "account_id", "is_test", "id"),
        Index(
            "ix_library_images_expires_at",
            "expires_at",
            postgresql_where=text("expires_at IS NOT NULL"),
        ),
    )
