"""VidiKing's account-wide webhook: one address, with the events and the secret of its owner."""

from typing import Any

from flask import Blueprint, Response, json

from api import auth, ground
from api.dialects.vidiking.shapes import WebhookRequestSchema
from api.reading import json_body
from shared import faults
from shared.accounts.access import Scope
from shared.errors import EndpointNotFound
from shared.webhooks import endpoints, vidiking
from shared.webhooks.endpoints import EndpointRequestSchema

ADDRESS = "/v1/webhooks"

blueprint = Blueprint("vidiking_hook", __name__)
auth.require_key(blueprint)


@blueprint.put(ADDRESS)
@auth.needs(Scope.WEBHOOKS)
def set_hook() -> Response:
    """Set the hook. A secret that is not given is kept, or made, and then shown this once."""
    wanted = faults.load(WebhookRequestSchema(), json_body(), root="")
    secret = wanted.get("secret")
    ours = {"url": wanted["url"], "events": vidiking.ours(wanted["events"]), "enabled": True}
    settings = ground.current().settings
    networks = settings.security.webhook_networks
    wish = endpoints.read(EndpointRequestSchema(), ours, networks, root="")
    with ground.current().transaction() as session:
        known = endpoints.find(session, auth.account().id, vidiking.NAME)
        hook = endpoints.put(
            session,
            auth.account().id,
            wish,
            contract=vidiking.NAME,
            secret=secret,
            most=settings.webhook.max_endpoints,
        )
        made = {} if secret or known else {"secret": hook.secret}
        return _answer(vidiking.present_hook(hook) | made)


@blueprint.get(ADDRESS)
@auth.needs(Scope.WEBHOOKS)
def get_hook() -> Response:
    """Return the hook without its secret."""
    with ground.current().transaction() as session:
        hook = endpoints.find(session, auth.account().id, vidiking.NAME)
        if hook is None:
            raise EndpointNotFound
        return _answer(vidiking.present_hook(hook))


@blueprint.delete(ADDRESS)
@auth.needs(Scope.WEBHOOKS)
def remove_hook() -> Response:
    """Remove the hook; what is owed to it is not sent."""
    with ground.current().transaction() as session:
        hook = endpoints.find(session, auth.account().id, vidiking.NAME)
        if hook is None:
            raise EndpointNotFound
        endpoints.delete(session, hook)
    return Response(status=204)


def _answer(shape: dict[str, Any]) -> Response:
    return Response(json.dumps(shape), content_type="application/json")
