"""How our own contract describes itself in OpenAPI."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from flask_smorest import Blueprint
from marshmallow import Schema

from api.reading import CANCEL_AFTER
from api.v1.schemas import ProblemSchema

Route = TypeVar("Route", bound=Callable[..., Any])

_PROBLEMS = {
    400: "The body or a parameter cannot be read.",
    401: "The key is missing, unknown, expired or revoked.",
    402: "It costs more than is left: `price` and `available` say how much.",
    403: "The key may not do this, or the link has expired; `code` says which.",
    404: "There is nothing here, or nothing of yours.",
    409: "It is too late for this, or too early; `code` says which.",
    410: "The file is no longer kept.",
    413: "The body is too large.",
    415: "This is no file of a type that is taken here.",
    416: "The range lies outside the file.",
    422: "Something in the request is wrong; `errors` says what, and where.",
    429: "Too many requests; try again after `Retry-After` seconds.",
    500: "Our fault: it is in the server's log.",
    503: "Not now; try again after `Retry-After` seconds.",
}

# What every route that takes a key may answer.
_ALWAYS = (401, 403, 429, 500, 503)

PREFER = {
    "name": "Prefer",
    "schema": {"type": "string"},
    "description": "`wait=N`: hold the answer until the job ends or N seconds pass.",
}

CANCEL_AFTER_HEADER = {
    "name": CANCEL_AFTER,
    "schema": {"type": "string", "examples": ["90", "90s", "5m", "1h30m"]},
    "description": "`finish_by`, as how long from now: seconds, or days, hours, minutes and "
    "seconds as in `1h30m`. Not finished by then, a job is canceled.",
}

DRY_RUN = {
    "in": "query",
    "name": "dry_run",
    "schema": {"type": "boolean"},
    "description": "Only say what it would cost: nothing is stored or held.",
}

# What makes jobs takes the one, and answers with the other.
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "A name of your own for this request. Sent again within 24 hours, it makes "
    "nothing anew and is answered as before.",
}
IDEMPOTENT_REPLAYED = {
    "Idempotent-Replayed": {
        "schema": {"type": "string"},
        "description": "`true` if this request was sent before.",
    }
}

# A job that is asked for again and again.
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "schema": {"type": "string"},
    "description": "`ETag` of an earlier answer: 304 without a body while nothing has changed.",
}
TAG = {"ETag": {"schema": {"type": "string"}, "description": "Of the job as it is shown."}}
RETRY_AFTER = {
    "Retry-After": {
        "schema": {"type": "integer", "minimum": 1},
        "description": "Of an unfinished job: in how many seconds to ask again.",
    }
}


def takes_body(blueprint: Blueprint, schema: type[Schema]) -> Callable[[Route], Route]:
    """Describe a route's JSON body. The route reads it by itself, for better error messages."""
    content = {"application/json": {"schema": schema}}
    documented: Callable[[Route], Route] = blueprint.doc(
        requestBody={"required": True, "content": content}
    )
    return documented


def takes_query(blueprint: Blueprint, schema: type[Schema]) -> Callable[[Route], Route]:
    """Describe a route's query parameters. The route reads them by itself."""
    documented: Callable[[Route], Route] = blueprint.doc(
        parameters=[{"in": "query", "schema": schema}]
    )
    return documented


def takes_headers(blueprint: Blueprint, *headers: dict[str, Any]) -> Callable[[Route], Route]:
    """Describe the headers that a route understands, or what else is ``in`` a request."""
    parameters = [{"in": "header"} | header for header in headers]
    documented: Callable[[Route], Route] = blueprint.doc(parameters=parameters)
    return documented


def may_answer(blueprint: Blueprint, statuses: Iterable[int]) -> Callable[[Route], Route]:
    """Describe the problems that a route may answer."""

    def describe(route: Route) -> Route:
        for status in sorted({*statuses, *_ALWAYS}):
            route = blueprint.alt_response(
                status,
                schema=ProblemSchema,
                description=_PROBLEMS[status],
                content_type="application/problem+json",
            )(route)
        return route

    return describe
