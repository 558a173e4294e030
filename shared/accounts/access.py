"""What a key opens at this moment.

Asked of the database with every request, in one indexed statement: so what is revoked, expired or
suspended opens nothing from the next request on, in every process.
"""

import hashlib
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from sqlalchemy import Connection, bindparam, or_, select, update

from shared import clock
from shared.accounts.tables import Account, ApiKey
from shared.declaring import Network
from shared.errors import AccountSuspended, AddressNotAllowed, KeyExpired, KeyRevoked

# How true the moment is at which a key was last used: a write for each request would cost more.
_TRUE_TO = timedelta(minutes=1)


class Scope(StrEnum):
    """What a key may be used for."""

    SUBMIT = "submit"
    READ = "read"
    WEBHOOKS = "webhooks"
    ADMIN = "admin"


USUAL = (Scope.SUBMIT, Scope.READ, Scope.WEBHOOKS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """The account of a key, as far as requests need it."""

    id: str
    name: str
    webhook_secret: str
    plan: str
    overrides: Mapping[str, int]
    is_operator: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """A key that there is or was, and whose it is."""

    key_id: str
    account: Owner
    scopes: Sequence[str]
    is_test: bool
    networks: Sequence[str]
    spending_cap: int | None
    expires_at: datetime | None
    revoked_at: datetime | None
    suspended_at: datetime | None
    last_used_at: datetime | None

    def check(self, address: str | None) -> None:
        """Raise what keeps this key from opening anything to a caller at this address."""
        if self.revoked_at is not None:
            raise KeyRevoked
        if self.expires_at is not None and self.expires_at <= clock.now():
            raise KeyExpired
        if self.suspended_at is not None:
            raise AccountSuspended
        if self.networks and not any(_is_in(address, one) for one in self.networks):
            raise AddressNotAllowed(f"This API key opens nothing from {address or 'there'}.")


_FIND = (
    select(
        ApiKey.id,
        ApiKey.scopes,
        ApiKey.is_test,
        ApiKey.networks,
        ApiKey.spending_cap,
        ApiKey.expires_at,
        ApiKey.revoked_at,
        ApiKey.last_used_at,
        Account.id,
        Account.name,
        Account.webhook_secret,
        Account.plan,
        Account.overrides,
        Account.is_operator,
        Account.suspended_at,
    )
    .join_from(ApiKey, Account)
    .where(ApiKey.digest == bindparam("digest"))
)


def digest(text: str) -> str:
    """Return how a key is kept."""
    # Keys are 240 random bits, so a fast hash is enough: there is nothing to guess.
    return hashlib.sha256(text.encode()).hexdigest()


def recognise(connection: Connection, text: str) -> Access | None:
    """Return what is known of a key by its text, or nothing if there never was such a key."""
    row = connection.execute(_FIND, {"digest": digest(text)}).one_or_none()
    if row is None:
        return None
    (key_id, scopes, is_test, networks, cap, expires_at, revoked_at, last_used_at, *rest) = row
    account_id, name, secret, plan, overrides, is_operator, suspended_at = rest
    return Access(
        key_id=key_id,
        account=Owner(
            id=account_id,
            name=name,
            webhook_secret=secret,
            plan=plan,
            overrides=overrides,
            is_operator=is_operator,
        ),
        scopes=scopes,
        is_test=is_test,
        networks=networks,
        spending_cap=cap,
        expires_at=expires_at,
        revoked_at=revoked_at,
        suspended_at=suspended_at,
        last_used_at=last_used_at,
    )


def note_use(connection: Connection, access: Access) -> None:
    """Write down that a key was used, at most once a minute and waiting for nobody."""
    now = clock.now()
    if access.last_used_at is not None and access.last_used_at > now - _TRUE_TO:
        return
    is_old = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - _TRUE_TO)
    mine = select(ApiKey.id).where(ApiKey.id == access.key_id, is_old)
    free = mine.with_for_update(skip_locked=True, key_share=True).scalar_subquery()
    connection.execute(update(ApiKey).where(ApiKey.id == free).values(last_used_at=now))


def _is_in(address: str | None, network: str) -> bool:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    # As a server that listens on IPv6 sees those who come by IPv4.
    mapped = found.ipv4_mapped if found.version == 6 else None
    return (mapped or found) in _network(network)


@lru_cache(maxsize=1024)
def _network(text: str) -> Network:
    return ipaddress.ip_network(text)
