"""Vell's errors: the two keys of its own image API, and beside them its general envelope."""

from typing import Any

from flask import Response, json

from api.dialects.vell import terms
from shared.errors import (
    InsufficientCredits,
    InvalidRequest,
    ModelUnavailable,
    NotAuthenticated,
    Permanent,
    ServiceError,
    SpendingCapReached,
)
from shared.jobs.tables import Job

# Laravel's own status for a page that has expired: Vell says so that credits are gone.
_NO_CREDITS = 419

_CODES = {"invalid_request": "VALIDATION_ERROR", "daily_limit_reached": "DAILY_LIMIT_EXCEEDED"}


class GenerationLocked(Permanent):
    """Image generation in progress. Please try again later."""

    code = "generation_locked"
    http_status = 409


class FileNotFound(Permanent):
    """There is no such file."""

    code = "file_not_found"
    http_status = 404


class NotMade(ServiceError):
    """The image could not be made."""

    http_status = 500

    def __init__(self, job: Job) -> None:
        super().__init__(job.error_message or "The image was canceled.")
        self.code = job.error_code or "canceled"


def render(error: ServiceError) -> Response:
    """Render an error as their body has it."""
    code, message = _code(error), _message(error)
    body: dict[str, Any] = {
        "status": "error",
        "message": message,
        "success": False,
        "error": {"code": code, "message": message},
    }
    if isinstance(error, InvalidRequest):
        body["errors"] = _by_field(error)
    return Response(json.dumps(body), _status(error), content_type="application/json")


def _status(error: ServiceError) -> int:
    if isinstance(error, InsufficientCredits):
        return _NO_CREDITS
    is_failure = isinstance(error, (NotMade, ModelUnavailable))
    return 200 if is_failure and terms.current().failures_as_200 else error.http_status


def _code(error: ServiceError) -> str:
    if isinstance(error, NotAuthenticated):
        return "UNAUTHENTICATED"
    return _CODES.get(error.code, error.code.upper())


def _message(error: ServiceError) -> str:
    match error:
        case NotAuthenticated():
            return "Unauthenticated."
        case SpendingCapReached():
            return error.message
        case InsufficientCredits():
            return f"Not enough image credits: {error.price} needed, {error.available} left."
        case InvalidRequest():
            return " ".join(f"{one.path}: {one.message}" for one in error.faults)
    return error.message


def _by_field(error: InvalidRequest) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in error.faults:
        found.setdefault(one.path, []).append(one.message)
    return found
