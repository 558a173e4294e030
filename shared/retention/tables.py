"""The table of objects that are to be removed from the storage."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.base import Base


class UnwantedObject(Base):
    """An object that nothing names any more. ``due_at`` is when somebody must remove it."""

    __tablename__ = "unwanted_objects"

    key: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]

    __table_args__ = (Index(None, "due_at"),)
