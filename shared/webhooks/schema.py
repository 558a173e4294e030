"""The public shapes of endpoints and deliveries."""

from datetime import datetime
from typing import Any

from marshmallow import Schema
from marshmallow.fields import Boolean, Integer, List, Nested, String
from marshmallow.validate import OneOf

from shared.clock import rfc3339
from shared.webhooks import giving_up
from shared.webhooks.tables import Delivery, DeliveryAttempt, Endpoint
from shared.webhooks.types import DeliveryStatus

_MOMENT: dict[str, Any] = {"format": "date-time"}


class EndpointSchema(Schema):
    """An address that is told of events."""

    id = String(required=True)
    object = String(required=True, validate=OneOf(["webhook_endpoint"]))
    url = String(required=True, metadata={"format": "uri"})
    events = List(String(), required=True)
    description = String(required=True)
    enabled = Boolean(required=True)
    disabled_reason = String(
        required=True,
        allow_none=True,
        validate=OneOf([giving_up.BY_OWNER, giving_up.GONE, giving_up.FAILING]),
        metadata={"description": "`gone`: it answered 410. `failing`: for days it only failed."},
    )
    disabled_at = String(required=True, allow_none=True, metadata=_MOMENT)
    failing_since = String(
        required=True,
        allow_none=True,
        metadata=_MOMENT | {"description": "The first failure after the last success."},
    )
    old_secret_until = String(
        required=True,
        allow_none=True,
        metadata=_MOMENT | {"description": "Until then the secret before signs too."},
    )
    contract = String(required=True, metadata={"description": "In whose words it is told."})
    created_at = String(required=True, metadata=_MOMENT)


class EndpointWithSecretSchema(EndpointSchema):
    """An endpoint with its secret, which is shown this once."""

    secret = String(required=True)


class EndpointListSchema(Schema):
    """Every endpoint of an account, newest first."""

    data = List(Nested(EndpointSchema), required=True)


class DeliveryAttemptSchema(Schema):
    """One try. `status` is the receiver's; without one, `error` says what went wrong."""

    number = Integer(required=True)
    at = String(required=True, metadata=_MOMENT)
    milliseconds = Integer(required=True)
    status = Integer(required=True, allow_none=True)
    answer = String(
        required=True, allow_none=True, metadata={"description": "The first 500 characters."}
    )
    error = String(required=True, allow_none=True)


class DeliverySchema(Schema):
    """One event, owed to one address."""

    id = String(required=True)
    object = String(required=True, validate=OneOf(["webhook_delivery"]))
    event_id = String(required=True, metadata={"description": "`webhook-id` of every try."})
    event_type = String(required=True)
    job_id = String(required=True, allow_none=True)
    endpoint_id = String(
        required=True,
        allow_none=True,
        metadata={"description": "Null for the webhook that a job named."},
    )
    url = String(required=True, metadata={"format": "uri"})
    status = String(required=True, validate=OneOf(list(DeliveryStatus)))
    tries = Integer(required=True)
    next_try_at = String(required=True, allow_none=True, metadata=_MOMENT)
    created_at = String(required=True, metadata=_MOMENT)
    finished_at = String(required=True, allow_none=True, metadata=_MOMENT)
    attempts = List(Nested(DeliveryAttemptSchema), required=True)


class DeliveryPageSchema(Schema):
    """One page of deliveries, newest first."""

    data = List(Nested(DeliverySchema), required=True)
    next_cursor = String(allow_none=True, metadata={"description": "Null on the last page."})


def present_endpoint(one: Endpoint) -> dict[str, Any]:
    """Return the public shape of an endpoint."""
    return {
        "id": one.id,
        "object": "webhook_endpoint",
        "url": one.url,
        "events": one.events,
        "description": one.description,
        "enabled": one.is_enabled,
        "disabled_reason": one.disabled_reason,
        "disabled_at": _shown(one.disabled_at),
        "failing_since": _shown(one.failing_since),
        "old_secret_until": _shown(one.old_secret_until),
        "contract": one.contract,
        "created_at": rfc3339(one.created_at),
    }


def present_with_secret(one: Endpoint) -> dict[str, Any]:
    """Return an endpoint as it is shown when its secret is new."""
    return present_endpoint(one) | {"secret": one.secret}


def present_delivery(one: Delivery) -> dict[str, Any]:
    """Turn a delivery, loaded with its event and its tries, into its public shape."""
    return {
        "id": one.id,
        "object": "webhook_delivery",
        "event_id": one.event_id,
        "event_type": one.event.type,
        "job_id": one.event.job_id,
        "endpoint_id": one.endpoint_id,
        "url": one.url,
        "status": one.status,
        "tries": one.tries,
        "next_try_at": _shown(one.due_at),
        "created_at": rfc3339(one.event.created_at),
        "finished_at": _shown(one.finished_at),
        "attempts": [_present_attempt(attempt) for attempt in one.attempts],
    }


def _present_attempt(one: DeliveryAttempt) -> dict[str, Any]:
    return {
        "number": one.number,
        "at": rfc3339(one.at),
        "milliseconds": one.milliseconds,
        "status": one.http_status,
        "answer": one.answer,
        "error": one.error,
    }


def _shown(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
