"""Webhook endpoints: where an account is told of what happens."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from api import auth, ground, idempotency
from api.reading import json_body
from api.v1.describing import (
    IDEMPOTENCY_KEY,
    IDEMPOTENT_REPLAYED,
    may_answer,
    takes_body,
    takes_headers,
    takes_query,
)
from api.v1.webhook_deliveries import page_of, present_recovered
from api.v1.webhook_schemas import DeliveryFilterSchema, RecoveredSchema, RecoverySchema
from shared import faults
from shared.accounts.access import Scope
from shared.jobs.idempotency import Answer
from shared.webhooks import endpoints, log
from shared.webhooks.endpoints import EndpointChangeSchema, EndpointRequestSchema
from shared.webhooks.schema import (
    DeliveryPageSchema,
    DeliverySchema,
    EndpointListSchema,
    EndpointSchema,
    EndpointWithSecretSchema,
    present_delivery,
    present_endpoint,
    present_with_secret,
)

blueprint = Blueprint(
    "webhook_endpoints",
    __name__,
    url_prefix="/v1/webhook-endpoints",
    description="Where an account is told of what happens.",
)
auth.require_key(blueprint)


@blueprint.get("")
@auth.needs(Scope.WEBHOOKS)
@blueprint.response(200, EndpointListSchema)
@may_answer(blueprint, ())
def list_endpoints() -> dict[str, Any]:
    """List your endpoints, newest first."""
    with ground.current().transaction() as session:
        found = endpoints.list_endpoints(session, auth.account().id)
        return {"data": [present_endpoint(one) for one in found]}


@blueprint.post("")
@auth.needs(Scope.WEBHOOKS)
@takes_body(blueprint, EndpointRequestSchema)
@takes_headers(blueprint, IDEMPOTENCY_KEY)
@blueprint.response(201, EndpointWithSecretSchema, headers=IDEMPOTENT_REPLAYED)
@may_answer(blueprint, (400, 409, 413, 422))
def create_endpoint() -> dict[str, Any]:
    """Make an endpoint. Its secret is in this answer, and nowhere else."""
    here, body = ground.current().settings, json_body()

    def create(session: Session) -> dict[str, Any]:
        networks = here.security.webhook_networks
        wish = endpoints.read(EndpointRequestSchema(), body, networks)
        most = here.webhook.max_endpoints
        made = endpoints.create(session, auth.account().id, wish, most=most)
        return present_with_secret(made)

    return _once(create, status=201)


@blueprint.get("/<endpoint_id>")
@auth.needs(Scope.WEBHOOKS)
@blueprint.response(200, EndpointSchema)
@may_answer(blueprint, (404,))
def get_endpoint(endpoint_id: str) -> dict[str, Any]:
    """Return one of your endpoints."""
    with ground.current().transaction() as session:
        return present_endpoint(endpoints.get(session, auth.account().id, endpoint_id))


@blueprint.patch("/<endpoint_id>")
@auth.needs(Scope.WEBHOOKS)
@takes_body(blueprint, EndpointChangeSchema)
@blueprint.response(200, EndpointSchema)
@may_answer(blueprint, (400, 404, 413, 422))
def change_endpoint(endpoint_id: str) -> dict[str, Any]:
    """Change an endpoint. What is owed to one that is disabled is given up."""
    networks = ground.current().settings.security.webhook_networks
    wish = endpoints.read(EndpointChangeSchema(), json_body(), networks)
    with ground.current().transaction() as session:
        endpoint = endpoints.get(session, auth.account().id, endpoint_id)
        endpoints.change(session, endpoint, wish)
        return present_endpoint(endpoint)


@blueprint.delete("/<endpoint_id>")
@auth.needs(Scope.WEBHOOKS)
@blueprint.response(204)
@may_answer(blueprint, (404,))
def delete_endpoint(endpoint_id: str) -> None:
    """Remove an endpoint, with its log; what is owed to it is not sent."""
    with ground.current().transaction() as session:
        endpoint = endpoints.get(session, auth.account().id, endpoint_id)
        endpoints.delete(session, endpoint)


@blueprint.post("/<endpoint_id>/rotate")
@auth.needs(Scope.WEBHOOKS)
@takes_headers(blueprint, IDEMPOTENCY_KEY)
@blueprint.response(200, EndpointWithSecretSchema, headers=IDEMPOTENT_REPLAYED)
@may_answer(blueprint, (404, 409, 422))
def rotate_secret(endpoint_id: str) -> dict[str, Any]:
    """Give an endpoint a new secret. Until `old_secret_until` both of them sign."""
    grace = timedelta(seconds=ground.current().settings.webhook.rotation_seconds)

    def rotate(session: Session) -> dict[str, Any]:
        endpoint = endpoints.get(session, auth.account().id, endpoint_id)
        endpoints.rotate(session, endpoint, grace=grace)
        return present_with_secret(endpoint)

    return _once(rotate, status=200)


@blueprint.post("/<endpoint_id>/test")
@auth.needs(Scope.WEBHOOKS)
@takes_headers(blueprint, IDEMPOTENCY_KEY)
@blueprint.response(202, DeliverySchema, headers=IDEMPOTENT_REPLAYED)
@may_answer(blueprint, (404, 409, 422))
def test_endpoint(endpoint_id: str) -> dict[str, Any]:
    """Send an endpoint the event `webhook.test`. What it answered is in the log soon."""

    def test(session: Session) -> dict[str, Any]:
        account_id = auth.account().id
        delivery_id = endpoints.test(session, endpoints.get(session, account_id, endpoint_id))
        return present_delivery(log.get_delivery(session, account_id, delivery_id))

    return _once(test, status=202)


@blueprint.get("/<endpoint_id>/deliveries")
@auth.needs(Scope.WEBHOOKS)
@takes_query(blueprint, DeliveryFilterSchema)
@blueprint.response(200, DeliveryPageSchema)
@may_answer(blueprint, (404, 422))
def list_deliveries_of_endpoint(endpoint_id: str) -> dict[str, Any]:
    """List what was sent to an endpoint, newest first, with every try."""
    with ground.current().transaction() as session:
        endpoint = endpoints.get(session, auth.account().id, endpoint_id)
        return page_of(session, {"endpoint_id": endpoint.id})


@blueprint.post("/<endpoint_id>/recover")
@auth.needs(Scope.WEBHOOKS)
@takes_body(blueprint, RecoverySchema)
@takes_headers(blueprint, IDEMPOTENCY_KEY)
@blueprint.response(202, RecoveredSchema, headers=IDEMPOTENT_REPLAYED)
@may_answer(blueprint, (400, 404, 409, 413, 422))
def recover_endpoint(endpoint_id: str) -> dict[str, Any]:
    """Send again what an endpoint did not get; with `status`, also what it got."""
    body = json_body()

    def recover(session: Session) -> dict[str, Any]:
        wanted = faults.load(RecoverySchema(), body)
        endpoint = endpoints.get(session, auth.account().id, endpoint_id)
        return present_recovered(log.recover(session, endpoint, **wanted))

    return _once(recover, status=202)


def _once(write: Callable[[Session], dict[str, Any]], *, status: int) -> dict[str, Any]:
    """Carry out what is asked for, unless the same request was sent before."""
    answer = idempotency.once(lambda session: Answer(status=status, body=write(session)))
    return answer.body or {}
