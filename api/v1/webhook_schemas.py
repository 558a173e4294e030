"""Shapes of what is asked about webhooks."""

from marshmallow import RAISE, Schema
from marshmallow.fields import AwareDateTime, Integer, List, String
from marshmallow.validate import Length, OneOf, Range

from api.v1.schemas import OneOrMore
from shared.webhooks.log import SETTLED
from shared.webhooks.types import DeliveryStatus


class DeliveryFilterSchema(Schema):
    """Which deliveries to list."""

    class Meta:
        unknown = RAISE

    limit = Integer(load_default=20, validate=Range(min=1, max=100))
    cursor = String(metadata={"description": "`next_cursor` of the page before."})
    job_id = String(validate=Length(max=100))
    status = OneOrMore(
        list(DeliveryStatus),
        metadata={"type": "string", "description": "One or more, comma-separated."},
    )
    since = AwareDateTime(
        format="iso", data_key="from", metadata={"description": "With its offset or Z."}
    )
    until = AwareDateTime(
        format="iso", data_key="to", metadata={"description": "With its offset or Z."}
    )


class RecoverySchema(Schema):
    """What to send again."""

    since = AwareDateTime(
        format="iso",
        metadata={"description": "With its offset or Z; all that is in the log by default."},
    )
    until = AwareDateTime(format="iso", metadata={"description": "With its offset or Z."})
    status = List(
        String(validate=OneOf(list(SETTLED))),
        load_default=[DeliveryStatus.EXHAUSTED],
        validate=Length(min=1),
        metadata={"description": "How it ended; what is still being tried is left alone."},
    )


class RecoveredSchema(Schema):
    """What is sent again."""

    resent = Integer(required=True)
    next_since = String(
        required=True,
        allow_none=True,
        metadata={
            "format": "date-time",
            "description": "`since` for the rest, if it was too much for one call.",
        },
    )
