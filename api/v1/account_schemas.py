"""Shapes of accounts and keys."""

from typing import Any

from marshmallow import RAISE, Schema
from marshmallow.fields import Boolean, Integer, List, Nested, String
from marshmallow.validate import Length, OneOf, Range

from shared.accounts import register
from shared.accounts.access import Scope
from shared.accounts.ledger import MOST
from shared.accounts.plans import OverridesSchema, PlanLimitsSchema, Plans, as_mapping
from shared.accounts.tables import Account, ApiKey
from shared.clock import rfc3339
from shared.flags import Flag


class CreditsSchema(Schema):
    """What an account has, and what may be spent of it."""

    balance = Integer(
        required=True, metadata={"description": "Credits: topped up, less what jobs have cost."}
    )
    held = Integer(
        required=True, metadata={"description": "Of the balance, what unfinished jobs may cost."}
    )
    available = Integer(required=True, metadata={"description": "The rest: it may be spent."})


class WarningChangeSchema(Schema):
    """What to change about your own account."""

    low_credits = Integer(
        strict=True,
        required=True,
        validate=Range(min=0, max=MOST),
        metadata={"description": "Endpoints get `credits.low` when a job leaves less; 0: never."},
    )


class AccountSchema(CreditsSchema):
    """An account, and how much it may ask for."""

    id = String(required=True)
    object = String(required=True, validate=OneOf(["account"]))
    name = String(required=True)
    operator = Boolean(required=True, metadata={"description": "May manage every account."})
    plan = String(required=True)
    limits = Nested(PlanLimitsSchema, required=True)
    overrides = Nested(
        PlanLimitsSchema, required=True, metadata={"description": "Those that are not the plan's."}
    )
    active_jobs = Integer(required=True, metadata={"description": "Counted in `concurrency`."})
    low_credits = Integer(
        required=True, metadata={"description": "`credits.low` is told when a job leaves less."}
    )
    low_since = String(
        required=True,
        allow_none=True,
        metadata={"format": "date-time", "description": "When that was told; null once topped up."},
    )
    created_at = String(required=True, metadata={"format": "date-time"})
    suspended_at = String(required=True, allow_none=True, metadata={"format": "date-time"})


class AccountPageSchema(Schema):
    """One page of accounts, newest first."""

    data = List(Nested(AccountSchema), required=True)
    next_cursor = String(allow_none=True, metadata={"description": "Null on the last page."})


class AccountFilterSchema(Schema):
    """Which accounts to list."""

    class Meta:
        unknown = RAISE

    limit = Integer(load_default=20, validate=Range(min=1, max=100))
    cursor = String(metadata={"description": "`next_cursor` of the page before."})


class NewAccountSchema(Schema):
    """An account to be opened."""

    name = String(required=True, validate=Length(min=1, max=200))
    plan = String(required=True)
    operator = Flag(load_default=False)


class AccountChangeSchema(Schema):
    """What to change about an account."""

    plan = String()
    overrides = Nested(OverridesSchema)


class KeySchema(Schema):
    """A key, without its text."""

    id = String(required=True)
    object = String(required=True, validate=OneOf(["key"]))
    name = String(required=True)
    hint = String(required=True, metadata={"description": "How it begins and ends."})
    scopes = List(String(validate=OneOf(list(Scope))), required=True)
    test = Boolean(required=True)
    networks = List(String(), required=True)
    spending_cap = Integer(required=True, allow_none=True)
    spent = Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Of its cap, what unfinished jobs may still cost included."},
    )
    created_at = String(required=True, metadata={"format": "date-time"})
    expires_at = String(required=True, allow_none=True, metadata={"format": "date-time"})
    revoked_at = String(required=True, allow_none=True, metadata={"format": "date-time"})
    last_used_at = String(
        required=True,
        allow_none=True,
        metadata={"format": "date-time", "description": "To the minute."},
    )


class NewKeySchema(KeySchema):
    """A new key. `key` is its text: shown this once, and not kept."""

    key = String(required=True)


class KeyListSchema(Schema):
    """Every key of an account, newest first."""

    data = List(Nested(KeySchema), required=True)


def present_account(account: Account, plans: Plans) -> dict[str, Any]:
    """Return the public shape of an account."""
    return {
        "id": account.id,
        "object": "account",
        "name": account.name,
        "operator": account.is_operator,
        "plan": account.plan,
        "limits": as_mapping(register.limits_of(account, plans)),
        "overrides": account.overrides,
        "active_jobs": account.active,
        **present_credits(account),
        "low_credits": account.low_credits,
        "low_since": account.low_since and rfc3339(account.low_since),
        "created_at": rfc3339(account.created_at),
        "suspended_at": account.suspended_at and rfc3339(account.suspended_at),
    }


def present_credits(account: Account) -> dict[str, int]:
    """Return what an account has, and what may be spent of it."""
    return {
        "balance": account.balance,
        "held": account.held,
        "available": account.balance - account.held,
    }


def present_key(key: ApiKey) -> dict[str, Any]:
    """Return the public shape of a key."""
    return {
        "id": key.id,
        "object": "key",
        "name": key.name,
        "hint": key.hint,
        "scopes": key.scopes,
        "test": key.is_test,
        "networks": key.networks,
        "spending_cap": key.spending_cap,
        "spent": None if key.spending_cap is None else key.spent,
        "created_at": rfc3339(key.created_at),
        "expires_at": key.expires_at and rfc3339(key.expires_at),
        "revoked_at": key.revoked_at and rfc3339(key.revoked_at),
        "last_used_at": key.last_used_at and rfc3339(key.last_used_at),
    }
