"""MayanIO's errors: one sentence that its clients print, and what programs want beside it."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Response, json

from shared.dialects import mayanio
from shared.errors import (
    Fault,
    InsufficientCredits,
    InvalidRequest,
    NotFound,
    RateLimited,
    ServiceError,
    SpendingCapReached,
    Temporary,
)
from shared.jobs.tables import Job

# What ended a job, told by what its caller can do about it; all else is a generation that failed.
_STATUSES: Mapping[str, int] = {
    "input_unusable": 400,
    "unsupported_media": 400,
    "address_refused": 400,
    "content_refused": 400,
    "provider_refused": 400,
    "file_too_large": 413,
    "model_unavailable": 503,
    "provider_busy": 503,
    "provider_unavailable": 503,
    "provider_unreachable": 503,
    "storage_unavailable": 503,
    "attempt_timed_out": 504,
    "deadline_exceeded": 504,
    "provider_timed_out": 504,
}
# Seconds, where nobody knows better; the header says the same.
_PATIENCE = 5
_HOURLY = "Hourly request limit reached, try again later"


class ProjectNotFound(NotFound):
    """There is no such project."""

    code = "project_not_found"


class NotMade(ServiceError):
    """The generation has failed."""

    code = "generation_failed"

    def __init__(self, job: Job) -> None:
        super().__init__(mayanio.why(job))
        self.code = job.error_code or "canceled"
        self.http_status = _STATUSES.get(self.code, 500)
        self.generation_id = mayanio.generation_id(job)


class StillMaking(ServiceError):
    """This takes longer than requests are held; once finished it is among the projects."""

    code = "timed_out"
    http_status = 504

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.generation_id = mayanio.generation_id(job)


class NotEnoughPoints(InsufficientCredits):
    """There are too few points left for that."""

    code = "insufficient_points"

    def __init__(self, what: str, refused: InsufficientCredits) -> None:
        super().__init__(refused.price, refused.available)
        whose = "this API key may spend" if isinstance(refused, SpendingCapReached) else "you have"
        self.message = (
            f"Not enough points: this {what} needs {refused.price}, {whose} {refused.available}"
        )


def in_their_words(error: InvalidRequest, fields: Mapping[str, str]) -> InvalidRequest:
    """Name the places as their body has them: ``webhook_url``, not ``$.webhook``."""
    return InvalidRequest(
        [Fault(_their_place(one.path, fields), one.message) for one in error.faults]
    )


def _their_place(path: str, fields: Mapping[str, str]) -> str:
    ours = path.removeprefix("$.").removeprefix("input.")
    return fields.get(ours, ours)


def render(error: ServiceError) -> Response:
    """Render an error as their body has it."""
    body: dict[str, Any] = {
        "success": False,
        "error": _sentence(error),
        "code": error.code,
        "request_id": f"req_{secrets.randbelow(10**9):09d}",
    }
    if isinstance(error, InvalidRequest):
        body["details"] = [
            {"field": one.path.lstrip("."), "message": one.message} for one in error.faults
        ]
    if isinstance(error, InsufficientCredits):
        body |= {"required_points": error.price, "remaining_points": error.available}
    if isinstance(error, NotMade | StillMaking):
        body["generation_id"] = error.generation_id
    if isinstance(error, Temporary):
        body["retry_after"] = round(error.retry_after or _PATIENCE)
    return Response(json.dumps(body), _status(error), content_type="application/json")


def _sentence(error: ServiceError) -> str:
    match error:
        case InvalidRequest():
            return "; ".join(_told(one) for one in error.faults)
        case RateLimited():
            return _HOURLY
    return error.message


def _told(one: Fault) -> str:
    place = one.path.lstrip(".")
    return f"{place}: {one.message}" if place else one.message


def _status(error: ServiceError) -> int:
    """Return their status: what is wrong with a request is 400 there, not 422."""
    return 400 if error.http_status == 422 else error.http_status
