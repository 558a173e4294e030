"""Tripo (v3): tasks out of pictures, listed by what they cost; errors also with status 200."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from tests.support.emulator import files, forms
from tests.support.emulator.faults import Fault
from tests.support.emulator.jobs import Job, Product
from tests.support.emulator.vendor import Vendor
from tests.support.emulator.wire import Answer, Request, json_answer

_BASE = "/v3"
_FIELDS = {
    "input",
    "model",
    "texture",
    "pbr",
    "texture_quality",
    "texture_alignment",
    "orientation",
}
_MODELS = {"v3.1-20260211", "v3.0-20250812", "v2.5-20250123", "P1-20260311"}
_TOKEN = "token-1"
_CODES = {401: 1001, 429: 2000, 404: 2001}


class Tripo(Vendor):
    """Answers as Tripo does."""

    gone = 403

    def operation(self, request: Request) -> str | None:
        """Say what is asked for."""
        path = request.path.removeprefix(_BASE)
        match request.method, path.strip("/").split("/"):
            case "POST", ["generation", "image-to-model"]:
                return "submit"
            case "POST", ["files"]:
                return "upload"
            case "GET", ["tasks", _]:
                return "status"
            case "GET", ["account", "usage"]:
                return "list"
        return None

    def admits(self, request: Request) -> bool:
        """Say whether the key is the right one."""
        return request.headers.get("authorization") == f"Bearer {self.terms.key}"

    def error(self, status: int, fault: Fault | None = None) -> Answer:
        """Answer with a code of Tripo's own."""
        return _error(_CODES.get(status, 1000), "As ordered." if fault else "No.", status)

    def answer(self, operation: str, request: Request, fault: Fault | None) -> Answer:
        """Take a picture or an order, say how a task stands, or list tasks."""
        match operation:
            case "upload":
                form = forms.read(request)
                is_file = form is not None and isinstance(form.get("file"), dict)
                return _ok({"file_token": _TOKEN}) if is_file else _error(1004, "no file", 400)
            case "list":
                return self._list(request)
            case "submit":
                return self._submit(request, fault)
        job = self.jobs.find(request.path.rpartition("/")[2])
        return _error(2001, "task not found", 404) if job is None else self._status(job, fault)

    def _submit(self, request: Request, fault: Fault | None) -> Answer:
        given = _body(request)
        if given is None or (faulty := _faulty(given)):
            return _error(1004, f"parameter is invalid: {given and faulty}", 400)
        if fault is not None and fault.kind == "error" and fault.type.isdecimal():
            return _error(int(fault.type), "As ordered.", 200)
        job = self.jobs.accept("image_to_model", given, Product(form="glb"), fault)
        return _ok({"task_id": job.id})

    def _status(self, job: Job, fault: Fault | None) -> Answer:
        if fault is not None and fault.kind in {"error", "refuse_content", "lose"}:
            job.doom(fault)
            job.end(job.error_type)
        if job.is_lost:
            return _error(2001, "task not found", 404)
        told: dict[str, Any] = {"task_id": job.id, "type": job.endpoint, "input": job.input}
        if fault is not None and fault.kind == "unknown_status":
            return _ok(told | {"status": "FROZEN"})
        if job.status != "COMPLETED":
            status = "queued" if job.status == "IN_QUEUE" else "running"
            return _ok(told | {"status": status, "progress": 40})
        if job.refused or job.error_type:
            return _ok(told | _failed(job))
        output = {
            "model_url": self.url + files.path_of(job, 0),
            "rendered_image_url": self.url + files.path_of(job, 1),
        }
        is_empty = fault is not None and fault.kind == "empty_images"
        done = {"status": "success", "progress": 100, "credits_consumed": 30}
        return _ok(told | done | {"output": {} if is_empty else output})

    def _list(self, request: Request) -> Answer:
        asked = {name: int(values[0]) for name, values in parse_qs(request.query).items()}
        found = self.jobs.since(0)[asked["offset"] : asked["offset"] + asked["limit"]]
        items = [
            {"task_id": job.id, "type": job.endpoint, "created_at": job.sent_at} for job in found
        ]
        return _ok({"items": items, "total": len(items)})


def _failed(job: Job) -> dict[str, Any]:
    if job.refused == "flag":
        return {"status": "banned"}
    if job.refused:
        return {"status": "failed", "error_code": 2008, "error_message": "content policy"}
    if job.error_type in {"cancelled", "expired"}:
        return {"status": job.error_type}
    return {"status": "failed", "error_code": 2018, "error_message": "too complex"}


def _body(request: Request) -> dict[str, Any] | None:
    if request.headers.get("content-type") != "application/json":
        return None
    try:
        given = json.loads(request.body)
    except ValueError:
        return None
    return given if isinstance(given, dict) else None


def _faulty(given: Mapping[str, Any]) -> str | None:
    place = given.get("input")
    checks = {
        "input": isinstance(place, str) and (place == _TOKEN or place.startswith("http")),
        "model": given.get("model") in _MODELS,
        "texture": isinstance(given.get("texture", True), bool),
        "pbr": not (given.get("pbr", True) and given.get("texture") is False),
        "texture_quality": given.get("texture_quality", "standard")
        in {"standard", "detailed", "extreme"},
    }
    unknown = next((name for name in given if name not in _FIELDS), None)
    return unknown or next((name for name, is_right in checks.items() if not is_right), None)


def _ok(data: Mapping[str, Any]) -> Answer:
    return json_answer(200, {"code": 0, "data": data})


def _error(code: int, message: str, status: int) -> Answer:
    return json_answer(status, {"code": code, "status": "error", "message": message})


VENDOR = Tripo
