"""What an account's webhooks are signed with."""

from flask_smorest import Blueprint

from api import auth
from api.v1.describing import may_answer
from api.v1.schemas import SecretSchema
from shared.accounts.access import Scope

blueprint = Blueprint(
    "webhooks", __name__, url_prefix="/v1/webhooks", description="Being told when a job is over."
)
auth.require_key(blueprint)


@blueprint.get("/default/secret")
@auth.needs(Scope.WEBHOOKS)
@blueprint.response(200, SecretSchema)
@may_answer(blueprint, (401, 503))
def get_secret() -> dict[str, str]:
    """Return the secret with which webhooks named in jobs are signed (Standard Webhooks)."""
    return {"secret": auth.account().webhook_secret}
