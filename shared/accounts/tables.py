"""Tables of accounts, keys and the ledger."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, false, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.db.base import Base


class Account(Base):
    """Somebody who submits jobs and owns what they make.

    Of its unfinished jobs ``active`` have one of its ``concurrency`` places; ``turn`` is the rank
    that the last of them was given, and ``was_full`` whether the last one that asked got none.

    Its ``plan`` and the limits that it has instead (``overrides``) decide how much it may ask for;
    ``concurrency`` is what both come to. ``jobs_today`` were submitted on the day ``counted_on``.
    An account of operators may manage all accounts.

    ``balance`` and ``held`` are in credits (:mod:`shared.accounts.ledger`). ``low_since`` is when a
    job first left less than ``low_credits`` of them; its owner was told then.
    """

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    webhook_secret: Mapped[str]
    is_operator: Mapped[bool] = mapped_column(server_default=false())
    plan: Mapped[str] = mapped_column(server_default="internal")
    overrides: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    suspended_at: Mapped[datetime | None]
    counted_on: Mapped[date | None]
    jobs_today: Mapped[int] = mapped_column(server_default="0")
    concurrency: Mapped[int] = mapped_column(server_default="1000")
    active: Mapped[int] = mapped_column(server_default="0")
    turn: Mapped[datetime] = mapped_column(server_default=func.now())
    was_full: Mapped[bool] = mapped_column(server_default=false())
    balance: Mapped[int] = mapped_column(BigInteger, server_default="0")
    held: Mapped[int] = mapped_column(BigInteger, server_default="0")
    low_credits: Mapped[int] = mapped_column(BigInteger, server_default="1000")
    low_since: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ApiKey(Base):
    """A key of an account. Only its SHA-256 digest is kept.

    It opens what its ``scopes`` say, until it expires, from its ``networks`` (from everywhere if
    there are none). ``last_used_at`` is true to the minute. ``spending_cap`` is how many credits
    its jobs may cost in its whole life, and ``spent`` what they have cost or may still cost,
    counted only where there is a cap.
    """

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str]
    hint: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(server_default="{submit,read,webhooks}")
    is_test: Mapped[bool] = mapped_column(server_default=false())
    expires_at: Mapped[datetime | None]
    networks: Mapped[list[str]] = mapped_column(server_default="{}")
    spending_cap: Mapped[int | None] = mapped_column(BigInteger)
    spent: Mapped[int] = mapped_column(BigInteger, server_default="0")
    last_used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()

    __table_args__ = (Index(None, "account_id"),)


class LedgerEntry(Base):
    """One change of an account's credits: how its ``balance`` and ``held`` changed. Append-only.

    The job and the key are no foreign keys: the ledger outlives them.
    """

    __tablename__ = "ledger_entries"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    job_id: Mapped[str | None]
    key_id: Mapped[str | None]
    verb: Mapped[str]
    balance: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    note: Mapped[str | None]

    __table_args__ = (
        Index(None, "account_id", "id"),
        # Whatever went wrong elsewhere, no job is paid for twice.
        Index(
            "ix_ledger_entries_end",
            "job_id",
            unique=True,
            postgresql_where=text("verb IN ('settle', 'release')"),
        ),
    )
