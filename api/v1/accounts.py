"""Accounts: one's own, and for operators all of them.

A key with the scope ``admin`` manages its own account's keys, and sees its own account. If that
is an account of operators, the key manages every account. To all others the other accounts are
not there.
"""

from typing import Any

from flask import request
from flask_smorest import Blueprint
from marshmallow.fields import Nested
from sqlalchemy.orm import Session

from api import auth, ground, idempotency
from api.reading import json_body
from api.v1.account_schemas import (
    AccountChangeSchema,
    AccountFilterSchema,
    AccountPageSchema,
    AccountSchema,
    CreditsSchema,
    KeyListSchema,
    NewAccountSchema,
    NewKeySchema,
    WarningChangeSchema,
    present_account,
    present_credits,
)
from api.v1.describing import (
    IDEMPOTENCY_KEY,
    IDEMPOTENT_REPLAYED,
    may_answer,
    takes_body,
    takes_headers,
    takes_query,
)
from api.v1.keys import keys_of, make_key
from api.v1.spending import LedgerEntrySchema, present_entry
from shared import faults, ids
from shared.accounts import keys, ledger, register
from shared.accounts.access import Scope
from shared.accounts.ledger import CreditSchema
from shared.accounts.tables import Account
from shared.accounts.wishes import KeyRequestSchema
from shared.errors import AccountNotFound, OperatorOnly
from shared.jobs import turns
from shared.jobs.idempotency import Answer


class CreditedSchema(LedgerEntrySchema):
    """The entry of what was given or taken, and what the account has by then."""

    account = Nested(CreditsSchema, required=True)


blueprint = Blueprint("accounts", __name__, url_prefix="/v1", description="Who uses this server.")
auth.require_key(blueprint)


@blueprint.get("/account")
@auth.needs(Scope.READ)
@blueprint.response(200, AccountSchema)
@may_answer(blueprint, ())
def get_own_account() -> dict[str, Any]:
    """Return your account, and how much it may ask for."""
    return _read(auth.account().id)


@blueprint.patch("/account")
@auth.needs(Scope.WEBHOOKS)
@takes_body(blueprint, WarningChangeSchema)
@blueprint.response(200, AccountSchema)
@may_answer(blueprint, (400, 413, 422))
def change_own_account() -> dict[str, Any]:
    """Say below how many credits your endpoints are told `credits.low`, from your next job on."""
    change = faults.load(WarningChangeSchema(), json_body())
    with ground.current().transaction() as session:
        ledger.warn_below(session, auth.account().id, change["low_credits"])
    return _read(auth.account().id)


@blueprint.get("/admin/accounts")
@auth.needs(Scope.ADMIN)
@takes_query(blueprint, AccountFilterSchema)
@blueprint.response(200, AccountPageSchema)
@may_answer(blueprint, (422,))
def list_accounts() -> dict[str, Any]:
    """List the accounts that you may see, newest first: all of them, or your own."""
    filters = faults.load(AccountFilterSchema(), request.args.to_dict(), root="query")
    if not auth.account().is_operator:
        return {"data": [_read(auth.account().id)], "next_cursor": None}
    limit = filters["limit"]
    with ground.current().transaction() as session:
        found = register.list_accounts(session, limit=limit + 1, before=filters.get("cursor"))
    page, rest = found[:limit], found[limit:]
    return {
        "data": [_shown(one) for one in page],
        "next_cursor": page[-1].id if rest else None,
    }


@blueprint.post("/admin/accounts")
@auth.needs(Scope.ADMIN)
@takes_body(blueprint, NewAccountSchema)
@blueprint.response(201, AccountSchema)
@may_answer(blueprint, (400, 409, 413, 422))
def open_account() -> dict[str, Any]:
    """Open an account. It has no key yet. For operators."""
    _require_operator()
    wanted = faults.load(NewAccountSchema(), json_body())
    here = ground.current()
    plan = here.plans.get(wanted["plan"])
    with here.transaction() as session:
        account = register.open_account(
            session,
            wanted["name"],
            plan,
            credits=here.settings.accounts.opening_credits,
            is_operator=wanted["operator"],
        )
        return _shown(account)


@blueprint.get("/admin/accounts/<account_id>")
@auth.needs(Scope.ADMIN)
@blueprint.response(200, AccountSchema)
@may_answer(blueprint, (404,))
def get_account(account_id: str) -> dict[str, Any]:
    """Return an account: your own, or for operators any."""
    return _read(_visible(account_id))


@blueprint.patch("/admin/accounts/<account_id>")
@auth.needs(Scope.ADMIN)
@takes_body(blueprint, AccountChangeSchema)
@blueprint.response(200, AccountSchema)
@may_answer(blueprint, (400, 404, 413, 422))
def change_account(account_id: str) -> dict[str, Any]:
    """Put an account on a plan, or give it limits of its own, from now on. For operators."""
    _visible(account_id)
    _require_operator()
    change = faults.load(AccountChangeSchema(), json_body())
    with ground.current().transaction() as session:
        account = register.change(session, account_id, ground.current().plans, **change)
        turns.refill(session, account_id)
        return _shown(account)


@blueprint.post("/admin/accounts/<account_id>/suspend")
@auth.needs(Scope.ADMIN)
@blueprint.response(200, AccountSchema)
@may_answer(blueprint, (404,))
def suspend_account(account_id: str) -> dict[str, Any]:
    """Let no key of an account open anything from now on; its jobs still end. For operators."""
    _visible(account_id)
    _require_operator()
    with ground.current().transaction() as session:
        return _shown(register.suspend(session, account_id))


@blueprint.post("/admin/accounts/<account_id>/resume")
@auth.needs(Scope.ADMIN)
@blueprint.response(200, AccountSchema)
@may_answer(blueprint, (404,))
def resume_account(account_id: str) -> dict[str, Any]:
    """Let the keys of a suspended account open what they did. For operators."""
    _visible(account_id)
    _require_operator()
    with ground.current().transaction() as session:
        return _shown(register.resume(session, account_id))


@blueprint.post("/admin/accounts/<account_id>/credits")
@auth.needs(Scope.ADMIN)
@takes_body(blueprint, CreditSchema)
@takes_headers(blueprint, IDEMPOTENCY_KEY)
@blueprint.response(201, CreditedSchema, headers=IDEMPOTENT_REPLAYED)
@may_answer(blueprint, (400, 404, 409, 413, 422))
def credit_account(account_id: str) -> tuple[dict[str, Any], int]:
    """Give an account credits, or take some that no job holds. For operators."""
    _visible(account_id)
    _require_operator()
    body = json_body()

    def give(session: Session) -> Answer:
        wanted = faults.load(CreditSchema(), body)
        entry = ledger.credit(session, account_id, wanted["amount"], note=wanted["note"])
        account = register.get_account(session, account_id)
        return Answer(status=201, body=present_entry(entry) | {"account": present_credits(account)})

    answer = idempotency.once(give)
    return answer.body or {}, answer.status


@blueprint.get("/admin/accounts/<account_id>/keys")
@auth.needs(Scope.ADMIN)
@blueprint.response(200, KeyListSchema)
@may_answer(blueprint, (404,))
def list_keys(account_id: str) -> dict[str, Any]:
    """List the keys of an account, newest first."""
    return keys_of(_read(_visible(account_id))["id"])


@blueprint.post("/admin/accounts/<account_id>/keys")
@auth.needs(Scope.ADMIN)
@takes_body(blueprint, KeyRequestSchema)
@blueprint.response(201, NewKeySchema)
@may_answer(blueprint, (400, 404, 409, 413, 422))
def create_key(account_id: str) -> dict[str, Any]:
    """Make a key of an account. Its text is in this answer, and nowhere else."""
    return make_key(_visible(account_id), json_body())


@blueprint.delete("/admin/accounts/<account_id>/keys/<key_id>")
@auth.needs(Scope.ADMIN)
@blueprint.response(204)
@may_answer(blueprint, (404,))
def revoke_key(account_id: str, key_id: str) -> None:
    """Let a key of an account open nothing from now on. Said again, it stays so."""
    with ground.current().transaction() as session:
        keys.revoke(session, key_id, account_id=_visible(account_id))


def _visible(account_id: str) -> str:
    """Return the id of an account that the caller may see, or raise :class:`AccountNotFound`."""
    asking = auth.account()
    is_visible = account_id == asking.id or (asking.is_operator and ids.is_id(account_id, "acc"))
    if not is_visible:
        raise AccountNotFound(f"There is no account {account_id!r}.")
    return account_id


def _require_operator() -> None:
    if not auth.account().is_operator:
        raise OperatorOnly


def _read(account_id: str) -> dict[str, Any]:
    with ground.current().transaction() as session:
        return _shown(register.get_account(session, account_id))


def _shown(account: Account) -> dict[str, Any]:
    return present_account(account, ground.current().plans)
