"""Vidu: tasks that make videos; unknown fields are refused here, which Vidu itself ignores."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.emulator import files
from tests.support.emulator.faults import Fault
from tests.support.emulator.jobs import Job, Product
from tests.support.emulator.vendor import Vendor
from tests.support.emulator.wire import Answer, Request, json_answer

_BASE = "/ent/v2"
_FIELDS = {"model", "prompt", "duration", "resolution", "aspect_ratio", "seed"}
_REFUSALS = {"error": "TaskPromptPolicyViolation", "flag": "CreationPolicyViolation"}


class Vidu(Vendor):
    """Answers as Vidu does."""

    def operation(self, request: Request) -> str | None:
        """Say what is asked for; a task without its creations is nowhere."""
        match request.method, request.path.removeprefix(_BASE).strip("/").split("/"):
            case "POST", ["text2video"]:
                return "submit"
            case "GET", ["tasks", _, "creations"]:
                return "status"
        return None

    def admits(self, request: Request) -> bool:
        """Say whether the key is the right one, and shown as Vidu wants it."""
        return request.headers.get("authorization") == f"Token {self.terms.key}"

    def error(self, status: int, fault: Fault | None = None) -> Answer:
        """Answer with a reason."""
        return _error(status, "AsOrdered" if fault else "Unauthorized")

    def answer(self, operation: str, request: Request, fault: Fault | None) -> Answer:
        """Take a task, or say how one stands."""
        if operation == "submit":
            return self._submit(request, fault)
        job = self.jobs.find(request.path.split("/")[-2])
        return _error(404, "TaskNotFound") if job is None else self._status(job, fault)

    def _submit(self, request: Request, fault: Fault | None) -> Answer:
        given = _body(request)
        if given is None or _is_faulty(given):
            return _error(400, "FieldInvalid")
        if fault is not None and (fault.kind, fault.shape) == ("refuse_content", "audit"):
            return _error(400, "AuditSubmitIllegal")
        product = Product(width=64, height=36, form="mp4")
        job = self.jobs.accept("text2video", given, product, fault)
        return json_answer(200, {"task_id": job.id, "state": "created", "credits": 20, **given})

    def _status(self, job: Job, fault: Fault | None) -> Answer:
        if fault is not None and fault.kind in {"error", "refuse_content", "lose"}:
            job.doom(fault)
            job.end(job.error_type)
        if job.is_lost:
            return _error(404, "TaskNotFound")
        told: dict[str, Any] = {"id": job.id, "state": "success", "err_code": "", "credits": 20}
        if fault is not None and fault.kind == "unknown_status":
            return json_answer(200, told | {"state": "FROZEN"})
        if job.status != "COMPLETED":
            state = "queueing" if job.status == "IN_QUEUE" else "processing"
            return json_answer(200, told | {"state": state, "creations": []})
        if code := _REFUSALS.get(job.refused, job.error_type):
            return json_answer(200, told | {"state": "failed", "err_code": code})
        is_empty = fault is not None and fault.kind == "empty_images"
        made = {"id": job.id, "url": self.url + files.path_of(job, 0), "cover_url": ""}
        return json_answer(200, told | {"creations": [] if is_empty else [made]})


def _body(request: Request) -> dict[str, Any] | None:
    if request.headers.get("content-type") != "application/json":
        return None
    try:
        given = json.loads(request.body)
    except ValueError:
        return None
    return given if isinstance(given, dict) else None


def _is_faulty(given: Mapping[str, Any]) -> bool:
    return (
        not given.keys() <= _FIELDS
        or not given.get("prompt")
        or given.get("model") != "viduq2"
        or given.get("duration") not in range(1, 11)
        or given.get("resolution") not in {"540p", "720p", "1080p"}
        or given.get("aspect_ratio") not in {"16:9", "9:16", "1:1", "3:4", "4:3"}
        or not isinstance(given.get("seed", 0), int)
    )


def _error(status: int, reason: str) -> Answer:
    return json_answer(status, {"code": status, "reason": reason, "message": "", "metadata": {}})


VENDOR = Vidu
