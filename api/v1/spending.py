"""Where an account's credits went: its usage, and its ledger."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, validates_schema
from marshmallow.fields import Field, Integer, List, Nested, String
from marshmallow.validate import OneOf, Range

from api import auth, ground
from api.cursors import Cursors
from api.v1.describing import may_answer, takes_query
from shared import clock, faults
from shared.accounts import ledger
from shared.accounts.access import Scope
from shared.accounts.ledger import Verb
from shared.accounts.tables import LedgerEntry
from shared.clock import rfc3339
from shared.jobs import usage
from shared.jobs.usage import By

blueprint = Blueprint(
    "spending", __name__, url_prefix="/v1/account", description="Where credits went."
)
auth.require_key(blueprint)

_CURSORS = Cursors("ledger")
_USUAL = timedelta(days=30)
_LONGEST = timedelta(days=366)


class Since(Field[datetime]):
    """A moment with its offset, or a day, which begins at midnight UTC."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            if len(value) == len("2030-01-31"):
                return datetime.combine(date.fromisoformat(value), time(), UTC)
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise ValidationError("Must be a day (2030-01-31) or a moment (2030-01-31T12:00:00Z).")


class UsageFilterSchema(Schema):
    """Which jobs to count, and which of them together."""

    class Meta:
        unknown = RAISE

    since = Since(
        data_key="from",
        metadata={"type": "string", "description": "A day or a moment; 30 days ago by default."},
    )
    until = Since(
        data_key="to",
        metadata={"type": "string", "description": "The end, itself not counted; by default now."},
    )
    by = String(load_default=By.DAY, validate=OneOf(list(By)))

    @validates_schema(skip_on_field_errors=True)
    def _is_in_order(self, filters: dict[str, Any], **_: Any) -> None:
        since, until = _span(filters)
        if not timedelta(0) <= until - since <= _LONGEST:
            raise ValidationError(
                f"Must be after `from`, and at most {_LONGEST.days} days after it.", "to"
            )


class UsedSchema(Schema):
    """The jobs of one day (UTC), model or key."""

    value = String(
        required=True,
        allow_none=True,
        metadata={"description": "The day, the model or the id of the key."},
    )
    jobs = Integer(required=True)
    credits = Integer(required=True, metadata={"description": "What those that are over cost."})
    held = Integer(required=True, metadata={"description": "What the others may cost."})


class UsageSchema(Schema):
    """What an account has used. Jobs of keys for tests are not counted."""

    since = String(required=True, data_key="from", metadata={"format": "date-time"})
    until = String(required=True, data_key="to", metadata={"format": "date-time"})
    by = String(required=True, validate=OneOf(list(By)))
    data = List(Nested(UsedSchema), required=True)


class LedgerEntrySchema(Schema):
    """One change of an account's credits."""

    id = String(required=True)
    object = String(required=True, validate=OneOf(["ledger_entry"]))
    verb = String(required=True, validate=OneOf(list(Verb)))
    balance = Integer(required=True, metadata={"description": "How the balance changed."})
    held = Integer(required=True, metadata={"description": "How much more, or less, is held."})
    job_id = String(required=True, allow_none=True)
    key_id = String(required=True, allow_none=True)
    at = String(required=True, metadata={"format": "date-time"})
    note = String(required=True, allow_none=True)


class LedgerFilterSchema(Schema):
    """Which entries to list."""

    class Meta:
        unknown = RAISE

    limit = Integer(load_default=20, validate=Range(min=1, max=100))
    cursor = String(metadata={"description": "`next_cursor` of the page before."})


class LedgerPageSchema(Schema):
    """One page of the ledger, newest first."""

    data = List(Nested(LedgerEntrySchema), required=True)
    next_cursor = String(allow_none=True, metadata={"description": "Null on the last page."})


@blueprint.get("/usage")
@auth.needs(Scope.READ)
@takes_query(blueprint, UsageFilterSchema)
@blueprint.response(200, UsageSchema)
@may_answer(blueprint, (422,))
def get_usage() -> dict[str, Any]:
    """Count your jobs and what they have cost, by day, model or key."""
    filters = faults.load(UsageFilterSchema(), request.args.to_dict(), root="query")
    since, until = _span(filters)
    with ground.current().reading() as session:
        used = usage.read(
            session, account_id=auth.account().id, since=since, until=until, by=By(filters["by"])
        )
    return {"since": rfc3339(since), "until": rfc3339(until), "by": filters["by"], "data": used}


@blueprint.get("/ledger")
@auth.needs(Scope.READ)
@takes_query(blueprint, LedgerFilterSchema)
@blueprint.response(200, LedgerPageSchema)
@may_answer(blueprint, (422,))
def get_ledger() -> dict[str, Any]:
    """List every change of your credits, newest first."""
    filters = faults.load(LedgerFilterSchema(), request.args.to_dict(), root="query")
    limit, before = filters["limit"], _CURSORS.read(filters.get("cursor"))
    with ground.current().reading() as session:
        found = ledger.list_entries(
            session, account_id=auth.account().id, limit=limit + 1, before=before
        )
    page, rest = found[:limit], found[limit:]
    return {
        "data": [present_entry(one) for one in page],
        "next_cursor": _CURSORS.write(page[-1].id) if rest else None,
    }


def present_entry(entry: LedgerEntry) -> dict[str, Any]:
    """Return the public shape of an entry."""
    return {
        "id": entry.id,
        "object": "ledger_entry",
        "verb": entry.verb,
        "balance": entry.balance,
        "held": entry.held,
        "job_id": entry.job_id,
        "key_id": entry.key_id,
        "at": rfc3339(entry.at),
        "note": entry.note,
    }


def _span(filters: dict[str, Any]) -> tuple[datetime, datetime]:
    until = filters.get("until") or clock.now()
    return filters.get("since") or until - _USUAL, until
