"""VidiKing's errors."""

import re
from collections.abc import Mapping

from flask import Response, json

from shared.errors import Fault, InvalidRequest, Permanent, ServiceError
from shared.jobs.tables import Job

_STEP = re.compile(r"[.\[]")


class NotMade(ServiceError):
    """The image could not be made."""

    http_status = 502

    def __init__(self, job: Job) -> None:
        super().__init__(job.error_message)
        self.code = job.error_code or "canceled"


class NotOffered(Permanent):
    """Nobody makes that on this server."""

    code = "not_offered"
    http_status = 501


def in_their_words(error: InvalidRequest, fields: Mapping[str, str]) -> InvalidRequest:
    """Name the places as their body has them: ``width``, not ``$.input.width``.

    ``fields`` are places of theirs by those of ours, where they are called otherwise.
    """
    return InvalidRequest(
        [Fault(_their_place(one.path, fields), one.message) for one in error.faults]
    )


def _their_place(path: str, fields: Mapping[str, str]) -> str:
    ours = path.removeprefix("$.").removeprefix("input.").removeprefix("query.")
    ends = [len(ours), *(found.start() for found in _STEP.finditer(ours))]
    for end in ends:
        if ours[:end] in fields:
            return fields[ours[:end]] + ours[end:]
    return ours


def render(error: ServiceError) -> Response:
    """Render an error as their body has it."""
    body: dict[str, object] = {"code": error.code, "message": error.message}
    if isinstance(error, InvalidRequest):
        body["details"] = details(error)
        body["message"] = "; ".join(
            f"{one.path.lstrip('.')}: {one.message}" for one in error.faults
        )
    return Response(json.dumps({"error": body}), error.http_status, content_type="application/json")


def details(error: InvalidRequest) -> list[dict[str, str]]:
    """List what is wrong with a request, and where."""
    return [{"path": one.path.lstrip("."), "message": one.message} for one in error.faults]
