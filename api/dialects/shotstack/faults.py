"""Shotstack's errors: its envelope, with every fault in it."""

from typing import Any

from flask import Response, json
from werkzeug.http import HTTP_STATUS_CODES

from shared.errors import Fault, InvalidRequest, NotFound, ServiceError
from shared.faults import steps

_ROOTS = ("$.input", "$")


class RenderNotFound(NotFound):
    """There is no such render."""

    code = "render_not_found"


def render(error: ServiceError) -> Response:
    """Render an error as their body has it; what is wrong with a request is 400 there."""
    status = 400 if error.http_status == 422 else error.http_status
    told: dict[str, Any] = {"error": error.code, "message": error.message}
    if isinstance(error, InvalidRequest):
        details = [_detail(one) for one in error.faults]
        message = "; ".join(one["message"] for one in details)
        told = {"error": "ValidationError", "message": message, "details": details}
    body = {"success": False, "message": HTTP_STATUS_CODES[status], "response": told}
    return Response(json.dumps(body), status, content_type="application/json")


def _detail(one: Fault) -> dict[str, Any]:
    place = one.path
    for root in _ROOTS:
        place = place.removeprefix(root)
    place = "callback" if place == ".webhook" else place.lstrip(".")
    return {"message": f'"{place}": {one.message}', "path": steps(f".{place}")}
