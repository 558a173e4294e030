"""IMG Processing's errors: the fields of its older bodies, and those of its newer ones."""

from collections.abc import Mapping
from typing import Any

from flask import Response, json

from api import ground
from shared.errors import (
    ImageNotFound,
    InvalidRequest,
    NotAuthenticated,
    Permanent,
    ServiceError,
    Temporary,
)
from shared.jobs.tables import Job

# By status, the name in the address of its type, and the title.
_KINDS: Mapping[int, tuple[str, str]] = {
    400: ("bad-request", "Bad Request"),
    401: ("unauthorized", "Unauthorized"),
    402: ("quota-exceeded", "Quota Exceeded"),
    403: ("forbidden", "Forbidden"),
    404: ("not-found", "Not Found"),
    405: ("method-not-allowed", "Method Not Allowed"),
    409: ("conflict", "Conflict"),
    413: ("payload-too-large", "Payload Too Large"),
    415: ("unsupported-media-type", "Unsupported Media Type"),
    416: ("range-not-satisfiable", "Range Not Satisfiable"),
    422: ("validation-error", "Validation Error"),
    429: ("rate-limit-error", "Rate Limit Exceeded"),
    500: ("internal-error", "Internal Error"),
    501: ("not-implemented", "Not Implemented"),
    503: ("service-unavailable", "Service Unavailable"),
    504: ("timeout", "Timeout"),
}
# What ended a job, where not what it was made of is to blame; all else is ours.
_STATUSES: Mapping[str, int] = {
    "input_unusable": 422,
    "address_refused": 422,
    "receiver_unreachable": 422,
    "content_refused": 422,
    "provider_refused": 422,
    "file_too_large": 413,
    "unsupported_media": 415,
    "model_unavailable": 503,
    "provider_busy": 503,
    "provider_unavailable": 503,
    "provider_unreachable": 503,
    "storage_unavailable": 503,
    "attempt_timed_out": 504,
    "deadline_exceeded": 504,
    "provider_timed_out": 504,
}
# Their clients wait no longer than that before they try again.
_SOON = 60


class NotMade(ServiceError):
    """The image could not be made."""

    code = "image_not_made"

    def __init__(self, job: Job) -> None:
        super().__init__(job.error_message or "The image was canceled.")
        self.code = job.error_code or "canceled"
        self.http_status = _STATUSES.get(self.code, 500)


class StillMaking(Temporary):
    """The image is still being made: send the same request again."""

    code = "still_making"

    def __init__(self, image_id: str) -> None:
        super().__init__(retry_after=5)
        self.image_id = image_id


class NotServed(Permanent):
    """This takes a model that this server does not have."""

    code = "not_served"
    http_status = 501


def render(error: ServiceError) -> Response:
    """Render an error as their body has it."""
    slug, title = _kind(error.http_status)
    body: dict[str, Any] = {
        "type": ground.current().links.absolute(f"/errors/{slug}"),
        "title": title,
        "error": title,
        "status": error.http_status,
        "message": _message(error),
    }
    if isinstance(error, InvalidRequest):
        body |= _told(error)
    elif error.http_status == 422:
        body["errors"] = [error.message]
    body["code"] = error.code
    if isinstance(error, StillMaking):
        body["image_id"] = error.image_id
    response = Response(
        json.dumps(body), error.http_status, content_type="application/problem+json"
    )
    if (hint := _is_worth_a_try(error)) is not None:
        response.headers["x-should-retry"] = "true" if hint else "false"
    return response


def _kind(status: int) -> tuple[str, str]:
    return _KINDS.get(status) or _KINDS[400 if status < 500 else 500]


def _message(error: ServiceError) -> str:
    match error:
        case InvalidRequest(faults=faults):
            count = len({one.path for one in faults})
            return "1 field is not valid." if count == 1 else f"{count} fields are not valid."
        case ImageNotFound(image_id=image_id):
            return f"Image with id {image_id} not found."
        case NotAuthenticated() if type(error) is NotAuthenticated:
            return "You are not authorized to access this resource."
    return error.message


def _told(error: InvalidRequest) -> dict[str, Any]:
    by_field: dict[str, list[str]] = {}
    for one in error.faults:
        # Ours are sentences, theirs the rest of one.
        text = one.message[:1].lower() + one.message[1:].removesuffix(".")
        by_field.setdefault(one.path.lstrip(".") or "body", []).append(text)
    told = [f"{field}: {text}" for field, texts in by_field.items() for text in texts]
    return {"errors": told, "invalid": by_field}


def _is_worth_a_try(error: ServiceError) -> bool | None:
    """Say whether the same request may be answered otherwise soon; nothing if nobody knows."""
    if isinstance(error, Temporary):
        return (error.retry_after or 0) < _SOON
    # A file that is in use is free again before long, and a clash is over.
    is_final = isinstance(error, Permanent | NotMade) and error.http_status != 409
    return False if is_final else None
