"""LTX (v2): jobs that make videos."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.emulator import files
from tests.support.emulator.faults import Fault
from tests.support.emulator.jobs import Job, Product
from tests.support.emulator.vendor import Vendor
from tests.support.emulator.wire import Answer, Request, json_answer

_PATH = "/v2/text-to-video"
_FIELDS = {"prompt", "model", "duration", "resolution", "fps", "generate_audio"}
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "insufficient_funds_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
_LONG = {"1920x1080": {6, 8, 10, 12, 14, 16, 18, 20}}
_SECONDS = {"1920x1080": {6, 8, 10}, "2560x1440": {6, 8, 10}, "3840x2160": {6, 8, 10}}


class Ltx(Vendor):
    """Answers as LTX does."""

    def operation(self, request: Request) -> str | None:
        """Say what is asked for."""
        if (request.method, request.path) == ("POST", _PATH):
            return "submit"
        is_job = request.method == "GET" and request.path.startswith(f"{_PATH}/")
        return "status" if is_job else None

    def admits(self, request: Request) -> bool:
        """Say whether the key is the right one."""
        return request.headers.get("authorization") == f"Bearer {self.terms.key}"

    def error(self, status: int, fault: Fault | None = None) -> Answer:
        """Answer with an error object."""
        return _error(status, _TYPES.get(status, "api_error"))

    def answer(self, operation: str, request: Request, fault: Fault | None) -> Answer:
        """Take a job, or say how one stands."""
        if operation == "submit":
            return self._submit(request, fault)
        job = self.jobs.find(request.path.rpartition("/")[2])
        return _error(404, "not_found_error") if job is None else self._status(job, fault)

    def _submit(self, request: Request, fault: Fault | None) -> Answer:
        given = _body(request)
        if given is None or _is_faulty(given):
            return _error(400, "invalid_request_error")
        if fault is not None and (fault.kind, fault.shape) == ("refuse_content", "error"):
            return _error(422, "content_filtered_error")
        product = Product(width=64, height=36, form="mp4")
        job = self.jobs.accept(str(given["model"]), given, product, fault)
        return json_answer(202, {"id": job.id, "status": "pending", "created_at": "2026-11-21"})

    def _status(self, job: Job, fault: Fault | None) -> Answer:
        if fault is not None and fault.kind in {"error", "refuse_content", "lose"}:
            job.doom(fault)
            job.end(job.error_type)
        if job.is_lost:
            return _error(404, "not_found_error")
        told: dict[str, Any] = {"id": job.id, "status": "completed"}
        if fault is not None and fault.kind == "unknown_status":
            return json_answer(200, told | {"status": "FROZEN"})
        if job.status != "COMPLETED":
            status = "pending" if job.status == "IN_QUEUE" else "processing"
            return json_answer(200, told | {"status": status})
        kind = "content_filtered_error" if job.refused else job.error_type
        if kind:
            error = {"type": kind, "message": "As ordered."}
            return json_answer(200, told | {"status": "failed", "error": error})
        is_empty = fault is not None and fault.kind == "empty_images"
        result = {} if is_empty else {"video_url": self.url + files.path_of(job, 0)}
        return json_answer(200, told | {"result": result})


def _body(request: Request) -> dict[str, Any] | None:
    if request.headers.get("content-type") != "application/json":
        return None
    try:
        given = json.loads(request.body)
    except ValueError:
        return None
    return given if isinstance(given, dict) else None


def _is_faulty(given: Mapping[str, Any]) -> bool:
    is_fast = given.get("model") == "ltx-2-fast"
    offered = (_SECONDS | _LONG) if is_fast else _SECONDS
    return (
        not given.keys() <= _FIELDS
        or not given.get("prompt")
        or given.get("model") not in {"ltx-2-fast", "ltx-2-pro"}
        or given.get("duration") not in offered.get(str(given.get("resolution")), set())
        or given.get("fps") != 25
    )


def _error(status: int, kind: str) -> Answer:
    error = {"type": kind, "message": "As ordered."}
    return json_answer(status, {"type": "error", "error": error})


VENDOR = Ltx
