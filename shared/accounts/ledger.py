"""What accounts may spend, and where it went: each change of their credits is an entry.

``balance`` is what was topped up less what jobs have cost, ``held`` what unfinished jobs may still
cost; the difference may be spent. Both are kept in the account's row, beside its places: a new job
holds its price in the statement that gives it a place (:mod:`shared.jobs.turns`), and its end
settles or releases that (:mod:`shared.jobs.lifecycle.ending`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marshmallow import Schema
from marshmallow.fields import Integer, String
from marshmallow.validate import Length, NoneOf, Range
from sqlalchemy import bindparam, case, func, insert, select, update
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.accounts.access import Access
from shared.accounts.tables import Account, ApiKey, LedgerEntry
from shared.errors import AccountNotFound, CreditsInUse, InsufficientCredits, SpendingCapReached
from shared.webhooks import credits as webhooks

_ENTRIES = insert(LedgerEntry.__table__)
_OF_KEY = ApiKey.__table__.c
_PRICE: Any = bindparam("price")
_SPEND = (
    update(ApiKey.__table__)
    .where(
        _OF_KEY.id == bindparam("key_id"),
        _OF_KEY.spending_cap - _OF_KEY.spent >= _PRICE,
    )
    .values(spent=_OF_KEY.spent + _PRICE)
    .returning(_OF_KEY.id)
)


# Beyond any price, and still exact wherever JSON is read.
MOST = 10**12


class CreditSchema(Schema):
    """Credits to be given to an account, or taken from it."""

    amount = Integer(
        strict=True,
        required=True,
        validate=[Range(min=-MOST, max=MOST), NoneOf([0])],
        metadata={"description": "Below 0 they are taken, if no job holds them."},
    )
    note = String(
        required=True,
        validate=Length(min=1, max=500),
        metadata={"description": "Why; the account reads it in its ledger."},
    )


class Verb(StrEnum):
    """Why an account's credits changed."""

    HOLD = "hold"
    SETTLE = "settle"
    RELEASE = "release"
    TOP_UP = "top_up"
    ADJUST = "adjust"


@dataclass
class Purse:
    """What may be spent, by an account and by one of its keys if that has a cap."""

    available: int
    of_key: int | None = None

    def refusal(self, price: int) -> InsufficientCredits | SpendingCapReached | None:
        """Return why so much cannot be spent, if it cannot."""
        if not price:
            return None
        if price > self.available:
            return InsufficientCredits(price, self.available)
        if self.of_key is not None and price > self.of_key:
            return SpendingCapReached(price, self.of_key)
        return None

    def take(self, price: int) -> None:
        """Spend so much of it."""
        self.available -= price
        if self.of_key is not None:
            self.of_key -= price


def look(session: Session, account_id: str, by: Access | None = None) -> Purse:
    """Return what may be spent at this moment."""
    available = select(Account.balance - Account.held).where(Account.id == account_id)
    purse = Purse(session.execute(available).scalar_one())
    if by is not None and by.spending_cap is not None:
        left = select(ApiKey.spending_cap - ApiKey.spent).where(ApiKey.id == by.key_id)
        purse.of_key = session.execute(left).scalar_one()
    return purse


def spend(session: Session, by: Access | None, price: int) -> None:
    """Count a price within the cap of a key, if it has one; raises :class:`SpendingCapReached`.

    The account's row is locked by then: so it is always locked before its keys.
    """
    if by is None or by.spending_cap is None or not price:
        return
    given = {"key_id": by.key_id, "price": price}
    if session.execute(_SPEND, given).one_or_none() is None:
        raise SpendingCapReached(price, look(session, by.account.id, by).of_key or 0)


def enter(session: Session, verb: Verb, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Append entries, whose changes the caller has made; returns their ids."""
    now = clock.now()
    rows = [
        {"id": ids.new("led"), "verb": verb, "at": now, "balance": 0, "held": 0, "note": None}
        | {"job_id": None, "key_id": None}
        | dict(one)
        for one in entries
    ]
    session.execute(_ENTRIES, rows)
    return [str(row["id"]) for row in rows]


def enter_opening(session: Session, account_id: str, credits: int) -> None:
    """Append what an account was opened with, if it was anything."""
    if credits:
        entry = {"account_id": account_id, "balance": credits, "note": "opening credits"}
        enter(session, Verb.TOP_UP, [entry])


def credit(session: Session, account_id: str, amount: int, *, note: str) -> LedgerEntry:
    """Top an account up, or take credits from it that no job holds; its endpoints are told.

    Raises :class:`AccountNotFound` and :class:`CreditsInUse`.
    """
    now = clock.now()
    wanted = update(Account).where(Account.id == account_id)
    if amount < 0:
        wanted = wanted.where(Account.balance + amount >= Account.held)
    is_plenty = Account.balance + amount - Account.held >= Account.low_credits
    still_low = func.coalesce(Account.low_since, now) if amount < 0 else Account.low_since
    changed = session.execute(
        wanted.values(
            balance=Account.balance + amount, low_since=case((is_plenty, None), else_=still_low)
        ).returning(Account.low_since),
        execution_options={"synchronize_session": False},
    ).one_or_none()
    if changed is None:
        _refuse(session, account_id)
    elif changed.low_since == now:
        webhooks.tell_low(session, account_id)
    if amount > 0:
        webhooks.tell_added(session, account_id, amount)
    verb = Verb.TOP_UP if amount > 0 else Verb.ADJUST
    entry = {"account_id": account_id, "balance": amount, "note": note}
    return session.get_one(LedgerEntry, enter(session, verb, [entry])[0])


def warn_below(session: Session, account_id: str, low_credits: int) -> None:
    """Let an account be told when a job leaves it less than so much, from its next job on."""
    session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(low_credits=low_credits, low_since=None),
        execution_options={"synchronize_session": False},
    )


def list_entries(
    session: Session, *, account_id: str, limit: int, before: str | None = None
) -> Sequence[LedgerEntry]:
    """Return an account's entries, newest first; ``before`` is the id of the last one seen."""
    query = select(LedgerEntry).where(LedgerEntry.account_id == account_id)
    if before is not None:
        query = query.where(LedgerEntry.id < before)
    return session.scalars(query.order_by(LedgerEntry.id.desc()).limit(limit)).all()


def deposited(session: Session, account_id: str) -> int:
    """Return what an account was given in all, less what was taken from it but for its jobs."""
    given = select(func.coalesce(func.sum(LedgerEntry.balance), 0)).where(
        LedgerEntry.account_id == account_id, LedgerEntry.verb.in_([Verb.TOP_UP, Verb.ADJUST])
    )
    return int(session.execute(given).scalar_one())


def _refuse(session: Session, account_id: str) -> None:
    account = session.get(Account, account_id, populate_existing=True)
    if account is None:
        raise AccountNotFound(f"There is no account {account_id!r}.")
    raise CreditsInUse(
        f"This account has {account.balance} credits, of which its jobs hold {account.held}."
    )
