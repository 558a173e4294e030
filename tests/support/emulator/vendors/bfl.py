"""Black Forest Labs: orders by model, asked for in another region than they were sent to."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from tests.support.emulator import files
from tests.support.emulator.faults import Fault
from tests.support.emulator.jobs import Job, Product
from tests.support.emulator.vendor import Vendor
from tests.support.emulator.wire import Answer, Request, json_answer

_PIXELS = {"prompt", "seed", "output_format", "width", "height", "safety_tolerance"}
_SHAPES = {"prompt", "seed", "output_format", "aspect_ratio", "safety_tolerance"}
_KONTEXT = _SHAPES | {"input_image", "input_image_2", "input_image_3", "input_image_4"}
_FLUX_2 = _PIXELS | {f"input_image{suffix}" for suffix in ("", "_2", "_3", "_4")}

# The fields of each model, and its sides: a multiple of what, from, to.
MODELS: Mapping[str, tuple[set[str], tuple[int, int, int]]] = {
    "flux-dev": (_PIXELS, (32, 256, 1440)),
    "flux-pro-1.1": (_PIXELS, (32, 256, 1440)),
    "flux-pro-1.1-ultra": (_SHAPES, (1, 1, 1)),
    "flux-kontext-pro": (_KONTEXT, (1, 1, 1)),
    "flux-kontext-max": (_KONTEXT, (1, 1, 1)),
    "flux-2-klein-4b": (_FLUX_2, (16, 64, 4096)),
    "flux-2-klein-9b": (_FLUX_2, (16, 64, 4096)),
    "flux-2-pro": (_FLUX_2, (16, 64, 4096)),
    "flux-2-max": (_FLUX_2, (16, 64, 4096)),
}
_MOST_PIXELS = 4 * 1024 * 1024
_REGION = "/us"


class Bfl(Vendor):
    """Answers as BFL does."""

    gone = 403

    def operation(self, request: Request) -> str | None:
        """Say what is asked for."""
        path = request.path.removeprefix(_REGION)
        if request.method == "GET":
            return {"/v1/get_result": "status", "/v1/credits": "probe"}.get(path)
        return "submit" if request.method == "POST" and path.startswith("/v1/") else None

    def admits(self, request: Request) -> bool:
        """Say whether the key is the right one."""
        return request.headers.get("x-key") == self.terms.key

    def error(self, status: int, fault: Fault | None = None) -> Answer:
        """Answer with a detail."""
        return json_answer(status, {"detail": "As ordered." if fault else "Not authenticated"})

    def answer(self, operation: str, request: Request, fault: Fault | None) -> Answer:
        """Take an order, say how it stands, or tell the balance."""
        if operation == "probe":
            return json_answer(200, {"credits": 1000.0})
        if operation == "submit":
            return self._submit(request, request.path.removeprefix("/v1/"), fault)
        job = self.jobs.find(parse_qs(request.query).get("id", [""])[0])
        if job is None or not request.path.startswith(_REGION):
            return _not_found()
        return self._status(job, fault)

    def _submit(self, request: Request, model: str, fault: Fault | None) -> Answer:
        if model not in MODELS:
            return json_answer(404, {"detail": "Not Found"})
        given = _body(request)
        if given is None:
            return _invalid("body", "Input should be a valid dictionary")
        if faulty := _faulty(model, given):
            return _invalid(faulty, "Input should be valid")
        job = self.jobs.accept(model, given, _product(given), fault)
        address = f"{self.url}{_REGION}/v1/get_result?id={job.id}"
        told = {"id": job.id, "cost": 4.0, "input_mp": 0, "output_mp": 1.05}
        if fault is not None and fault.type == "webhook":
            return json_answer(200, told | {"status": "Pending", "webhook_url": "https://x.test"})
        return json_answer(200, told | {"polling_url": address})

    def _status(self, job: Job, fault: Fault | None) -> Answer:
        if fault is not None and fault.kind in {"error", "refuse_content", "lose"}:
            job.doom(fault)
            job.end(job.error_type)
        if job.is_lost:
            return _not_found()
        told: dict[str, Any] = {"id": job.id, "result": None, "progress": None, "details": None}
        if fault is not None and fault.kind == "unknown_status":
            return json_answer(200, told | {"status": "FROZEN"})
        if job.status != "COMPLETED":
            return json_answer(200, told | {"status": "Pending", "progress": 0.5})
        if job.refused:
            status = "Request Moderated" if job.refused == "error" else "Content Moderated"
            details = {"Moderation Reasons": ["Derivative Works Filter"]}
            return json_answer(200, told | {"status": status, "details": details})
        if job.error_type:
            return json_answer(200, told | {"status": "Error"})
        result = {"sample": self.url + files.path_of(job, 0), "seed": job.input.get("seed", 1)}
        is_empty = fault is not None and fault.kind == "empty_images"
        made = {"status": "Ready", "progress": 1.0, "cost": 4.0}
        return json_answer(200, told | made | {"result": None if is_empty else result})


def _body(request: Request) -> dict[str, Any] | None:
    try:
        given = json.loads(request.body)
    except ValueError:
        return None
    is_json = request.headers.get("content-type") == "application/json"
    return given if is_json and isinstance(given, dict) else None


def _faulty(model: str, given: Mapping[str, Any]) -> str | None:
    takes, (step, least, most) = MODELS[model]
    sides = [given[side] for side in ("width", "height") if side in given]
    checks = {
        "prompt": isinstance(given.get("prompt"), str) and bool(given["prompt"]),
        "seed": isinstance(given.get("seed", 0), int),
        "output_format": given.get("output_format", "jpeg") in {"jpeg", "png", "webp"},
        "width": all(isinstance(one, int) and least <= one <= most for one in sides),
        "height": all(one % step == 0 for one in sides) and len(sides) in {0, 2},
        "aspect_ratio": ":" in given.get("aspect_ratio", "1:1"),
        "input_image": _is_picture(given.get("input_image", "https://")),
    }
    unknown = next((name for name in given if name not in takes), None)
    if len(sides) == 2 and sides[0] * sides[1] > _MOST_PIXELS:
        return "width"
    return unknown or next((name for name, is_right in checks.items() if not is_right), None)


def _is_picture(value: Any) -> bool:
    return isinstance(value, str) and not value.startswith("data:") and len(value) > 3


def _product(given: Mapping[str, Any]) -> Product:
    across, down = (int(one) for one in given.get("aspect_ratio", "1:1").split(":"))
    width = given.get("width", 1024 * across // max(across, down))
    height = given.get("height", 1024 * down // max(across, down))
    return Product(width=width, height=height, form=given.get("output_format", "jpeg"))


def _not_found() -> Answer:
    return json_answer(404, {"id": "", "status": "Task not found", "result": None})


def _invalid(field: str, message: str) -> Answer:
    detail = [{"loc": ["body", field], "msg": message, "type": "value_error"}]
    return json_answer(422, {"detail": detail})


VENDOR = Bfl
