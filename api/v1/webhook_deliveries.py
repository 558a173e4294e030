"""The log of webhook deliveries, and sending them again."""

from typing import Any

from flask import request
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from api import auth, ground, idempotency
from api.cursors import Cursors
from api.reading import json_body
from api.v1.describing import (
    IDEMPOTENCY_KEY,
    IDEMPOTENT_REPLAYED,
    may_answer,
    takes_body,
    takes_headers,
    takes_query,
)
from api.v1.webhook_schemas import DeliveryFilterSchema, RecoveredSchema, RecoverySchema
from shared import faults
from shared.accounts.access import Scope
from shared.clock import rfc3339
from shared.jobs.idempotency import Answer
from shared.webhooks import log
from shared.webhooks.log import Recovered
from shared.webhooks.schema import DeliveryPageSchema, DeliverySchema, present_delivery

blueprint = Blueprint(
    "webhook_deliveries",
    __name__,
    url_prefix="/v1/webhook-deliveries",
    description="What was sent, and what was answered.",
)
auth.require_key(blueprint)

_CURSORS = Cursors("webhook-deliveries")


@blueprint.get("")
@auth.needs(Scope.WEBHOOKS)
@takes_query(blueprint, DeliveryFilterSchema)
@blueprint.response(200, DeliveryPageSchema)
@may_answer(blueprint, (422,))
def list_deliveries() -> dict[str, Any]:
    """List what was sent for your account, newest first, with every try."""
    with ground.current().transaction() as session:
        return page_of(session, {})


@blueprint.get("/<delivery_id>")
@auth.needs(Scope.WEBHOOKS)
@blueprint.response(200, DeliverySchema)
@may_answer(blueprint, (404,))
def get_delivery(delivery_id: str) -> dict[str, Any]:
    """Return one delivery."""
    with ground.current().transaction() as session:
        return present_delivery(log.get_delivery(session, auth.account().id, delivery_id))


@blueprint.post("/<delivery_id>/resend")
@auth.needs(Scope.WEBHOOKS)
@takes_headers(blueprint, IDEMPOTENCY_KEY)
@blueprint.response(202, DeliverySchema, headers=IDEMPOTENT_REPLAYED)
@may_answer(blueprint, (404, 409, 422))
def resend(delivery_id: str) -> dict[str, Any]:
    """Send a delivery again, under the same `webhook-id`, however it ended."""

    def again(session: Session) -> Answer:
        account_id = auth.account().id
        log.resend(session, account_id, delivery_id)
        return Answer(body=present_delivery(log.get_delivery(session, account_id, delivery_id)))

    return idempotency.once(again).body or {}


@blueprint.post("/recover")
@auth.needs(Scope.WEBHOOKS)
@takes_body(blueprint, RecoverySchema)
@takes_headers(blueprint, IDEMPOTENCY_KEY)
@blueprint.response(202, RecoveredSchema, headers=IDEMPOTENT_REPLAYED)
@may_answer(blueprint, (400, 409, 413, 422))
def recover() -> dict[str, Any]:
    """Send again what was not delivered for your account, but to endpoints that are disabled."""
    body = json_body()

    def again(session: Session) -> Answer:
        wanted = faults.load(RecoverySchema(), body)
        done = log.recover_all(session, auth.account().id, **wanted)
        return Answer(status=202, body=present_recovered(done))

    return idempotency.once(again).body or {}


def present_recovered(done: Recovered) -> dict[str, Any]:
    """Return the public shape of what is sent again."""
    return {"resent": done.count, "next_since": done.next_since and rfc3339(done.next_since)}


def page_of(session: Session, filters: dict[str, Any]) -> dict[str, Any]:
    """Return the page of the account's log that the query asks for, within these filters."""
    asked = faults.load(DeliveryFilterSchema(), request.args.to_dict(), root="query")
    limit, before = asked.pop("limit"), _CURSORS.read(asked.pop("cursor", None))
    found = log.list_deliveries(
        session,
        account_id=auth.account().id,
        limit=limit + 1,
        before=before,
        filters=asked | filters,
    )
    page, rest = found[:limit], found[limit:]
    return {
        "data": [present_delivery(one) for one in page],
        "next_cursor": _CURSORS.write(page[-1].id) if rest else None,
    }
