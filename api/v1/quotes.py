"""Dry runs: what a request would cost, with nothing stored and nothing held."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, json
from marshmallow import Schema
from marshmallow.fields import Boolean, Dict, Integer, List, Nested, String
from marshmallow.validate import OneOf

from api import auth, ground
from api.problems import document
from api.v1.account_schemas import CreditsSchema, present_credits
from api.v1.schemas import ProblemSchema
from shared.accounts import register
from shared.errors import InsufficientCredits, ServiceError
from shared.jobs import quoting, submission
from shared.jobs.quoting import Quote
from shared.jobs.requests import Draft
from shared.jobs.schema import EstimateSchema, present_estimate
from shared.jobs.status import Kind


class QuoteSchema(CreditsSchema):
    """What a job would cost, who would make it and when, and what the account has."""

    object = String(required=True, validate=OneOf(["quote"]))
    kind = String(required=True, validate=OneOf(list(Kind)))
    operation = String(required=True)
    model = String(required=True)
    input = Dict(keys=String(), required=True)
    price = Integer(required=True, metadata={"description": "Credits that it may cost."})
    affordable = Boolean(
        required=True,
        metadata={"description": "So much is left, to the account and within the key's cap."},
    )
    provider = String(required=True, metadata={"description": "Who would make it."})
    provider_model = String(required=True, metadata={"description": "That provider's name of it."})
    is_fallback = Boolean(
        required=True, metadata={"description": "The local engine stands in for the model."}
    )
    queue_position = Integer(allow_none=True)
    estimate = Nested(EstimateSchema, allow_none=True)
    test = Boolean(required=True)


class QuotedItemSchema(Schema):
    """What would become of one request of a batch."""

    index = Integer(required=True)
    status = Integer(required=True, metadata={"description": "As of a submission of its own."})
    price = Integer(metadata={"description": "Credits that its job may cost."})
    error = Nested(ProblemSchema)


class BatchQuoteSchema(CreditsSchema):
    """What the jobs of a batch that would be accepted may cost, and what the account has."""

    object = String(required=True, validate=OneOf(["batch_quote"]))
    price = Integer(required=True, metadata={"description": "Of all that would be accepted."})
    data = List(Nested(QuotedItemSchema), required=True)


def quote_job(draft: Draft) -> Response:
    """Answer what a job would cost."""
    account_id = auth.account().id
    seen = ground.current().measured.look()
    with ground.current().reading() as session:
        quote = quoting.quote(
            session,
            account_id=account_id,
            draft=draft,
            by=auth.access(),
            seen=seen,
            catalog=auth.catalog(),
        )
        credits = present_credits(register.get_account(session, account_id))
    return _answer(QuoteSchema(), _shown(quote) | credits)


def quote_batch(wanted: Sequence[Draft | ServiceError], *, all_or_nothing: bool) -> Response:
    """Answer what the jobs of a batch would cost; raises what would refuse it whole."""
    drafts = [one for one in wanted if isinstance(one, Draft)]
    account_id = auth.account().id
    with ground.current().reading() as session:
        refusals = submission.refusals(
            session, account_id, drafts, auth.access(), all_or_nothing=all_or_nothing
        )
        credits = present_credits(register.get_account(session, account_id))
    items = list(_items(wanted, refusals))
    price = sum(one.get("price", 0) for one in items)
    return _answer(
        BatchQuoteSchema(), {"object": "batch_quote", "price": price, "data": items} | credits
    )


def _items(
    wanted: Sequence[Draft | ServiceError], refusals: Sequence[InsufficientCredits | None]
) -> Iterator[dict[str, Any]]:
    of_drafts = iter(refusals)
    for index, one in enumerate(wanted):
        why = one if isinstance(one, ServiceError) else next(of_drafts)
        if isinstance(one, Draft) and why is None:
            yield {"index": index, "status": 202, "price": one.price}
        elif why is not None:
            yield {"index": index, "status": why.http_status, "error": document(why)}


def _shown(quote: Quote) -> dict[str, Any]:
    draft, route = quote.draft, quote.route
    return {
        "object": "quote",
        "kind": draft.kind,
        "operation": draft.operation,
        "model": draft.model.name,
        "input": draft.input,
        "price": draft.price,
        "affordable": quote.is_affordable,
        "provider": route.provider,
        "provider_model": route.model,
        "is_fallback": route.is_fallback,
        "queue_position": quote.outlook.queue_position,
        "estimate": quote.outlook.estimate and present_estimate(quote.outlook.estimate),
        "test": draft.is_test,
    }


def _answer(schema: Schema, shape: dict[str, Any]) -> Response:
    return Response(json.dumps(schema.dump(shape)), 200, content_type="application/json")
