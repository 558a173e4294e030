"""Accounts and API keys: made, recognised, revoked."""

import hashlib
import secrets
from collections.abc import Sequence

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from shared import clock, ids
from shared.accounts.tables import Account, ApiKey
from shared.webhooks import signature

_PREFIX = "lim_"

_ACCOUNT_OF_KEY = (
    select(Account)
    .join(ApiKey)
    .where(ApiKey.digest == bindparam("digest"), ApiKey.revoked_at.is_(None))
)


def open_account(session: Session, name: str) -> Account:
    """Return the account of this name, made now if there is none."""
    fresh = {"id": ids.new("acc"), "name": name, "webhook_secret": signature.new_secret()}
    session.execute(insert(Account).values(fresh).on_conflict_do_nothing())
    return session.scalars(select(Account).where(Account.name == name)).one()


def create(session: Session, account: Account, *, name: str) -> tuple[ApiKey, str]:
    """Make a key; its text is returned here and can never be read again."""
    text = _PREFIX + secrets.token_urlsafe(30)
    key = ApiKey(
        id=ids.new("key"),
        account=account,
        name=name,
        hint=f"{text[:8]}…{text[-4:]}",
        digest=_digest(text),
    )
    session.add(key)
    session.flush()
    return key, text


def recognise(session: Session, text: str) -> Account | None:
    """Return the account that a key's text belongs to, or nothing if it opens nothing."""
    return session.scalars(_ACCOUNT_OF_KEY, {"digest": _digest(text)}).one_or_none()


def list_keys(session: Session) -> Sequence[ApiKey]:
    """Return every key with its account, newest first."""
    newest_first = select(ApiKey).order_by(ApiKey.id.desc())
    return session.scalars(newest_first.options(joinedload(ApiKey.account))).all()


def revoke(session: Session, key_id: str) -> bool:
    """Make a key open nothing from now on. Says whether there was such a key in use."""
    revoked = session.execute(
        update(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .returning(ApiKey.id)
    )
    return revoked.one_or_none() is not None


def _digest(text: str) -> str:
    # Keys are 240 random bits, so a fast hash is enough: there is nothing to guess.
    return hashlib.sha256(text.encode()).hexdigest()
