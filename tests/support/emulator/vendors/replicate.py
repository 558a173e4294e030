"""Replicate: predictions of official models, listed newest first by pages of two."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.support.emulator import files
from tests.support.emulator.faults import Fault
from tests.support.emulator.jobs import Job, Product
from tests.support.emulator.vendor import Vendor
from tests.support.emulator.wire import Answer, Request, json_answer

_FLUX = {"prompt", "seed", "output_format", "aspect_ratio"}
# The fields of each model, and the formats that it writes.
MODELS: Mapping[str, tuple[set[str], set[str]]] = {
    "black-forest-labs/flux-schnell": (_FLUX, {"png", "jpg", "webp"}),
    "black-forest-labs/flux-dev": (_FLUX, {"png", "jpg", "webp"}),
    "black-forest-labs/flux-1.1-pro": (_FLUX | {"width", "height"}, {"png", "jpg", "webp"}),
    "black-forest-labs/flux-kontext-pro": (_FLUX | {"input_image"}, {"png", "jpg"}),
    "google/nano-banana": ((_FLUX - {"seed"}) | {"image_input"}, {"png", "jpg"}),
}
_RATIOS = {"1:1", "16:9", "21:9", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "9:16", "9:21"}
_PAGE = 2
_REFUSALS = {"error": "NSFW content detected. Try another prompt.", "flag": "flagged (E005)"}


class Replicate(Vendor):
    """Answers as Replicate does."""

    def operation(self, request: Request) -> str | None:
        """Say what is asked for."""
        path = request.path.removeprefix("/v1")
        match request.method, path.strip("/").split("/"):
            case "POST", ["models", _, _, "predictions"]:
                return "submit"
            case "POST", ["predictions", _, "cancel"]:
                return "cancel"
            case "GET", ["predictions"]:
                return "list"
            case "GET", ["predictions", _]:
                return "status"
            case "GET", ["account"]:
                return "probe"
        return None

    def admits(self, request: Request) -> bool:
        """Say whether the key is the right one."""
        return request.headers.get("authorization") == f"Bearer {self.terms.key}"

    def error(self, status: int, fault: Fault | None = None) -> Answer:
        """Answer with a title and a detail."""
        detail = "As ordered." if fault else "You did not pass a valid authentication token"
        if fault is not None and fault.type == "throttled":
            detail = "Request was throttled. Your rate limit resets in ~30s."
        return json_answer(status, {"title": "Error", "detail": detail, "status": status})

    def answer(self, operation: str, request: Request, fault: Fault | None) -> Answer:
        """Take a prediction, show one or all, or stop one."""
        if operation == "probe":
            return json_answer(200, {"type": "user", "username": "test"})
        if operation == "list":
            return self._list(request)
        parts = request.path.removeprefix("/v1/").split("/")
        if operation == "submit":
            return self._submit(request, f"{parts[1]}/{parts[2]}", fault)
        job = self.jobs.find(parts[1])
        if job is None:
            return json_answer(404, {"detail": "The requested resource could not be found."})
        if operation == "cancel":
            if job.status != "COMPLETED":
                job.end("canceled")
            return json_answer(200, self._shown(job))
        return self._status(job, fault)

    def _submit(self, request: Request, model: str, fault: Fault | None) -> Answer:
        if model not in MODELS:
            return json_answer(404, {"detail": "The requested resource could not be found."})
        given = _input(request)
        if given is None:
            return _invalid("input is required")
        if faulty := _faulty(model, given):
            return _invalid(f"- input.{faulty}: is not valid")
        job = self.jobs.accept(model, given, _product(given), fault)
        return json_answer(201, self._shown(job))

    def _status(self, job: Job, fault: Fault | None) -> Answer:
        if fault is not None and fault.kind in {"error", "refuse_content", "lose"}:
            job.doom(fault)
            job.end(job.error_type)
        if job.is_lost:
            return json_answer(404, {"detail": "The requested resource could not be found."})
        shown = self._shown(job)
        match fault:
            case Fault(kind="unknown_status"):
                shown["status"] = "FROZEN"
            case Fault(kind="empty_images"):
                shown["output"] = None
        return json_answer(200, shown)

    def _shown(self, job: Job) -> dict[str, Any]:
        status = {"IN_QUEUE": "starting", "IN_PROGRESS": "processing"}.get(job.status, "succeeded")
        error = None
        if status == "succeeded" and job.refused:
            status, error = "failed", _REFUSALS[job.refused]
        elif status == "succeeded" and job.error_type in {"canceled", "aborted"}:
            status = job.error_type
        elif status == "succeeded" and job.error_type not in {"", "data_removed"}:
            status, error = "failed", "CUDA out of memory"
        is_removed = job.error_type == "data_removed"
        is_made = status == "succeeded" and not is_removed
        address = f"{self.url}/v1/predictions/{job.id}"
        return {
            "id": job.id,
            "model": job.endpoint,
            "version": "hidden",
            "status": status,
            "input": {} if is_removed else job.input,
            "output": [self.url + files.path_of(job, 0)] if is_made else None,
            "error": error,
            "metrics": {"predict_time": 1.5} if status == "succeeded" else {},
            "created_at": datetime.fromtimestamp(job.sent_at, UTC).isoformat(),
            "data_removed": is_removed,
            "urls": {"get": address, "cancel": f"{address}/cancel"},
        }

    def _list(self, request: Request) -> Answer:
        asked = {name: values[0] for name, values in parse_qs(request.query).items()}
        since = datetime.fromisoformat(asked["created_after"]).timestamp()
        begin = int(asked.get("cursor", "0"))
        found = self.jobs.since(since)
        more = begin + _PAGE < len(found)
        query = urlencode({**asked, "cursor": begin + _PAGE})
        document = {
            "results": [self._shown(job) for job in found[begin : begin + _PAGE]],
            "next": f"{self.url}/v1/predictions?{query}" if more else None,
        }
        return json_answer(200, document)


def _input(request: Request) -> dict[str, Any] | None:
    if request.headers.get("content-type") != "application/json":
        return None
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    given = body.get("input") if isinstance(body, dict) else None
    return given if isinstance(given, dict) and body.keys() == {"input"} else None


def _faulty(model: str, given: Mapping[str, Any]) -> str | None:
    takes, formats = MODELS[model]
    is_custom = given.get("aspect_ratio") == "custom"
    sides = [given[one] for one in ("width", "height") if one in given]
    links = [given.get("input_image", "https://"), *given.get("image_input", [])]
    checks = {
        "prompt": isinstance(given.get("prompt"), str) and bool(given["prompt"]),
        "seed": isinstance(given.get("seed", 0), int),
        "output_format": given.get("output_format", "webp") in formats,
        "aspect_ratio": is_custom or given.get("aspect_ratio", "1:1") in _RATIOS,
        "width": len(sides) == (2 if is_custom else 0)
        and all(256 <= one <= 1440 and one % 32 == 0 for one in sides),
        "image": all(one.startswith(("http", "data:image/")) for one in links),
    }
    unknown = next((name for name in given if name not in takes), None)
    return unknown or next((name for name, is_right in checks.items() if not is_right), None)


def _product(given: Mapping[str, Any]) -> Product:
    form = {"jpg": "jpeg"}.get(given.get("output_format", "webp"), given.get("output_format"))
    if "width" in given:
        return Product(width=given["width"], height=given["height"], form=str(form))
    across, down = (int(one) for one in given.get("aspect_ratio", "1:1").split(":"))
    longer = max(across, down)
    return Product(width=1024 * across // longer, height=1024 * down // longer, form=str(form))


def _invalid(detail: str) -> Answer:
    return json_answer(422, {"title": "Input validation failed", "detail": detail, "status": 422})


VENDOR = Replicate
