"""Who is asking: the account behind the key of a request."""

from flask import Blueprint, g, request

from api import ground
from shared.accounts import keys
from shared.accounts.tables import Account
from shared.errors import AccountSuspended, NotAuthenticated

_SCHEME = "bearer "


def require_key(blueprint: Blueprint) -> None:
    """Let nobody into this blueprint without a key."""
    blueprint.before_request(_authenticate)


def account() -> Account:
    """Return the account that asks."""
    asking: Account = g.account
    return asking


def account_of_key() -> Account | None:
    """Return the account behind the request's key, or nothing if it has no valid one."""
    header = request.headers.get("Authorization", "")
    if not header.lower().startswith(_SCHEME):
        return None
    with ground.current().reading() as session:
        asking = keys.recognise(session, header[len(_SCHEME) :].strip())
    if asking is not None and asking.suspended_at is not None:
        raise AccountSuspended
    return asking


def _authenticate() -> None:
    asking = account_of_key()
    if asking is None:
        raise NotAuthenticated
    g.account = asking
