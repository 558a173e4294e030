"""The keys of one's own account: made, listed, revoked."""

from typing import Any

from flask_smorest import Blueprint

from api import auth, ground
from api.reading import json_body
from api.v1.account_schemas import KeyListSchema, NewKeySchema, present_key
from api.v1.describing import may_answer, takes_body
from shared.accounts import keys, register, wishes
from shared.accounts.access import Scope
from shared.accounts.wishes import KeyRequestSchema

blueprint = Blueprint("keys", __name__, url_prefix="/v1/keys", description="Who may ask.")
auth.require_key(blueprint)


@blueprint.get("")
@auth.needs(Scope.ADMIN)
@blueprint.response(200, KeyListSchema)
@may_answer(blueprint, ())
def list_keys() -> dict[str, Any]:
    """List the keys of your account, newest first; those that are revoked too."""
    return keys_of(auth.account().id)


@blueprint.post("")
@auth.needs(Scope.ADMIN)
@takes_body(blueprint, KeyRequestSchema)
@blueprint.response(201, NewKeySchema)
@may_answer(blueprint, (400, 409, 413, 422))
def create_key() -> dict[str, Any]:
    """Make a key of your account. Its text is in this answer, and nowhere else."""
    return make_key(auth.account().id, json_body())


@blueprint.delete("/<key_id>")
@auth.needs(Scope.ADMIN)
@blueprint.response(204)
@may_answer(blueprint, (404,))
def revoke_key(key_id: str) -> None:
    """Let a key of your account open nothing from now on. Said again, it stays so."""
    with ground.current().transaction() as session:
        keys.revoke(session, key_id, account_id=auth.account().id)


def keys_of(account_id: str) -> dict[str, Any]:
    """Return the keys of an account as they are shown."""
    with ground.current().transaction() as session:
        return {"data": [present_key(one) for one in keys.list_keys(session, account_id)]}


def make_key(account_id: str, body: Any) -> dict[str, Any]:
    """Make a key of an account, and return it as it is shown once."""
    wish = wishes.read(body)
    with ground.current().transaction() as session:
        account = register.get_account(session, account_id)
        most = register.limits_of(account, ground.current().plans).max_keys
        if most and not auth.account().is_operator:
            keys.require_room(session, account_id, most=most)
        key, text = keys.create(session, account, name=wish.name, powers=wish.powers)
        session.refresh(key)
        return present_key(key) | {"key": text}
