"""API keys: made, listed, revoked."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from shared import clock, ids
from shared.accounts import access, ledger
from shared.accounts.access import USUAL
from shared.accounts.tables import Account, ApiKey
from shared.errors import KeyNotFound, TooManyKeys
from shared.webhooks import signature

# What a key is for can be seen at its beginning; whose it is too, unless its prefix is plain.
_BRAND = "lim_"
_LIVE = "live_"
_TEST = "test_"
_SHOWN_CHARACTERS = 4

_PLENTY = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Powers:
    """What a key may do; one for tests is served by local engines only, and costs nothing.

    With ``plain_prefix`` it begins with ``live_`` or ``test_``, as some clients demand.
    """

    scopes: Sequence[str] = USUAL
    is_test: bool = False
    expires_at: datetime | None = None
    networks: Sequence[str] = ()
    spending_cap: int | None = None
    plain_prefix: bool = False


def open_account(session: Session, name: str, *, credits: int = _PLENTY) -> Account:
    """Return the account of this name, made now with so many credits if there is none."""
    fresh = {"id": ids.new("acc"), "name": name, "webhook_secret": signature.new_secret()}
    made = session.scalar(
        insert(Account)
        .values(fresh | {"balance": credits})
        .on_conflict_do_nothing()
        .returning(Account.id)
    )
    if made is not None:
        ledger.enter_opening(session, made, credits)
    return session.scalars(select(Account).where(Account.name == name)).one()


def create(
    session: Session, account: Account, *, name: str, powers: Powers | None = None
) -> tuple[ApiKey, str]:
    """Make a key; its text is returned here and can never be read again."""
    powers = powers or Powers()
    prefix = ("" if powers.plain_prefix else _BRAND) + (_TEST if powers.is_test else _LIVE)
    text = prefix + secrets.token_urlsafe(30)
    key = ApiKey(
        id=ids.new("key"),
        account=account,
        name=name,
        hint=f"{text[: len(prefix) + _SHOWN_CHARACTERS]}…{text[-_SHOWN_CHARACTERS:]}",
        digest=access.digest(text),
        scopes=sorted(set(powers.scopes)),
        is_test=powers.is_test,
        expires_at=powers.expires_at,
        networks=list(powers.networks),
        spending_cap=powers.spending_cap,
    )
    session.add(key)
    session.flush()
    return key, text


def require_room(session: Session, account_id: str, *, most: int) -> None:
    """Raise :class:`TooManyKeys` if an account has, or made in a day, as many keys as it may.

    Those made of late count even if they are revoked: each key brings requests of its own, and
    whoever could make keys as often as he likes would have any number of requests.
    """
    # Two at the same moment must see each other's.
    own = select(Account.id).where(Account.id == account_id)
    session.execute(own.with_for_update(key_share=True))
    now = clock.now()
    counted = or_(_is_in_use(now), ApiKey.created_at > now - timedelta(days=1))
    query = select(func.count()).where(ApiKey.account_id == account_id, counted)
    if (session.scalar(query) or 0) >= most:
        raise TooManyKeys(f"This account may have {most} keys in use, or make so many in a day.")


def opens(session: Session, text: str) -> bool:
    """Say whether a key of this text is in use."""
    query = select(ApiKey.id).where(ApiKey.digest == access.digest(text), _is_in_use(clock.now()))
    return session.scalar(query) is not None


def list_keys(session: Session, account_id: str | None = None) -> Sequence[ApiKey]:
    """Return the keys of one account, or of all, each with its account, newest first."""
    newest_first = select(ApiKey).order_by(ApiKey.id.desc())
    if account_id is not None:
        newest_first = newest_first.where(ApiKey.account_id == account_id)
    return session.scalars(newest_first.options(joinedload(ApiKey.account))).all()


def revoke(session: Session, key_id: str, *, account_id: str | None = None) -> None:
    """Make a key (of this account) open nothing from now on; raises :class:`KeyNotFound`.

    A key that was revoked already stays so.
    """
    found = [ApiKey.id == key_id]
    if account_id is not None:
        found.append(ApiKey.account_id == account_id)
    revoked = session.execute(
        update(ApiKey)
        .where(*found)
        .values(revoked_at=func.coalesce(ApiKey.revoked_at, clock.now()))
        .returning(ApiKey.id)
    )
    if revoked.one_or_none() is None:
        raise KeyNotFound(f"There is no key {key_id!r}.")


def _is_in_use(now: datetime) -> ColumnElement[bool]:
    is_valid = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now)
    return ApiKey.revoked_at.is_(None) & is_valid
