"""VidiKing's wallet: the credits of an account, told in money."""

from decimal import ROUND_HALF_UP, Decimal

from flask import Blueprint, Response

from api import auth, ground
from api.dialects.vidiking import making, terms
from shared.accounts import ledger, register
from shared.accounts.access import Scope

ADDRESS = "/v1/wallet/balance"

blueprint = Blueprint("vidiking_wallet", __name__)
auth.require_key(blueprint)

_CENT = Decimal("0.01")


@blueprint.get(ADDRESS)
@auth.needs(Scope.READ)
def get_balance() -> Response:
    """Return what the account has, and what went in and out."""
    account_id = auth.account().id
    with ground.current().reading() as session:
        account = register.get_account(session, account_id)
        deposited = ledger.deposited(session, account_id)
    credits = {
        "totalDeposited": deposited,
        "totalSpent": deposited - account.balance,
        "held": account.held,
        "available": account.balance - account.held,
    }
    data = {
        "balance": _in_money(account.balance),
        "currency": terms.current().currency,
        **{name: _in_money(amount) for name, amount in credits.items()},
    }
    return making.respond({"success": True, "data": data})


def _in_money(credits: int) -> str:
    return str((credits * terms.current().credit).quantize(_CENT, ROUND_HALF_UP))
