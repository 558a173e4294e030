"""VidiKing's errors."""

from flask import Response, json

from shared.errors import Fault, InvalidRequest, ServiceError
from shared.jobs.tables import Job


class NotMade(ServiceError):
    """The image could not be made."""

    http_status = 502

    def __init__(self, job: Job) -> None:
        super().__init__(job.error_message)
        self.code = job.error_code or "canceled"


def in_their_words(error: InvalidRequest) -> InvalidRequest:
    """Name the places as their body has them: ``width``, not ``$.input.width``."""
    return InvalidRequest([Fault(_their_place(one.path), one.message) for one in error.faults])


def _their_place(path: str) -> str:
    ours = path.removeprefix("$.").removeprefix("input.")
    return "callback" if ours == "webhook" else ours


def render(error: ServiceError) -> Response:
    """Render an error as their body has it."""
    body: dict[str, object] = {"code": error.code, "message": error.message}
    if isinstance(error, InvalidRequest):
        body["details"] = [
            {"path": one.path.lstrip("."), "message": one.message} for one in error.faults
        ]
        body["message"] = "; ".join(
            f"{one.path.lstrip('.')}: {one.message}" for one in error.faults
        )
    return Response(json.dumps({"error": body}), error.http_status, content_type="application/json")
