"""OpenAI's image API: generations as JSON, edits as a form, pictures in the answer."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from tests.support.emulator import files, forms
from tests.support.emulator.faults import Fault
from tests.support.emulator.jobs import Product
from tests.support.emulator.vendor import Vendor
from tests.support.emulator.wire import Answer, Request, json_answer

_ROUTES = {
    ("POST", "/v1/images/generations"): "submit",
    ("POST", "/v1/images/edits"): "submit",
    ("GET", "/v1/models"): "probe",
}
MODELS = ("gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.5-sunburst")
# Another server that speaks like it may have any others; this is one.
OTHER_MODELS = ("local-flux", "local-links")
_COMMON = {"prompt", "model", "n", "size", "quality", "output_format", "background", "moderation"}
_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
_QUALITIES = {"auto", "low", "medium", "high", "xhigh", "max"}


class OpenAi(Vendor):
    """Answers as OpenAI does."""

    def operation(self, request: Request) -> str | None:
        """Say what is asked for."""
        return _ROUTES.get((request.method, request.path))

    def admits(self, request: Request) -> bool:
        """Say whether the key is the right one."""
        return request.headers.get("authorization") == f"Bearer {self.terms.key}"

    def error(self, status: int, fault: Fault | None = None) -> Answer:
        """Answer with an error object."""
        return _error(status, "As ordered." if fault else "No.", code=_CODES.get(status))

    def answer(self, operation: str, request: Request, fault: Fault | None) -> Answer:
        """Make pictures, or list models."""
        if operation == "probe":
            return json_answer(200, {"object": "list", "data": [{"id": one} for one in MODELS]})
        is_edit = request.path.endswith("/edits")
        given = _edit(request) if is_edit else _generation(request)
        if given is None:
            return _error(400, "The body is not of the right kind.")
        if given.get("model") not in {*MODELS, *OTHER_MODELS}:
            return _error(404, "The model does not exist.", code="model_not_found")
        if faulty := _faulty(given, is_edit=is_edit):
            return _error(400, f"Invalid value: '{faulty}'.", param=faulty)
        if fault is not None and (answer := _ordered(fault)):
            return answer
        return self._made(given, request.path, fault)

    def _made(self, given: Mapping[str, Any], path: str, fault: Fault | None) -> Answer:
        width, height = map(int, given.get("size", "1024x1024").split("x"))
        form, count = given.get("output_format", "png"), int(given.get("n", 1))
        product = Product(width=width, height=height, form=form, count=count)
        job = self.jobs.accept(path, given, product, fault)
        has_links = given["model"] == "local-links"
        images = [
            {"url": self.url + files.path_of(job, position)}
            if has_links
            else {"b64_json": base64.b64encode(files.content(product)).decode()}
            for position in range(count)
        ]
        match fault:
            case Fault(kind="empty_images"):
                images = []
            case Fault(kind="error", type="no_base64"):
                images = [{"b64_json": "?"}]
        usage = {"input_tokens": 50, "output_tokens": 4160, "total_tokens": 4210}
        document = {"created": 1763686800, "data": images, "output_format": form}
        return json_answer(200, document | ({} if has_links else {"usage": usage}))


def _generation(request: Request) -> dict[str, Any] | None:
    if not request.headers.get("content-type", "").startswith("application/json"):
        return None
    try:
        given = json.loads(request.body)
    except ValueError:
        return None
    return given if isinstance(given, dict) else None


def _edit(request: Request) -> dict[str, Any] | None:
    given = forms.read(request)
    if given is not None and isinstance(given.get("n"), str):
        given["n"] = int(given["n"])
    return given


def _faulty(given: Mapping[str, Any], *, is_edit: bool) -> str | None:
    """Return the first field that is wrong."""
    is_own = given["model"] in MODELS
    takes = _COMMON if is_own else {"prompt", "model", "n", "size", "response_format"}
    takes = takes | ({"image"} if is_edit else set())
    unknown = next((name for name in given if name not in takes), None)
    image = given.get("image")
    checks = {
        "prompt": isinstance(given.get("prompt"), str) and 0 < len(given["prompt"]) <= 32_000,
        "n": isinstance(given.get("n", 1), int) and 1 <= given.get("n", 1) <= 10,
        "size": _is_size(given.get("size", "1024x1024"), is_own=is_own),
        "quality": given.get("quality", "auto") in _QUALITIES,
        "output_format": given.get("output_format", "png") in {"png", "webp", "jpeg"},
        "image": not is_edit
        or (isinstance(image, dict) and image["bytes"] > 0 and "image/" in image["content_type"]),
    }
    return unknown or next((name for name, is_right in checks.items() if not is_right), None)


def _is_size(size: str, *, is_own: bool) -> bool:
    width, height = map(int, size.split("x"))
    if not is_own:
        return True
    longer, shorter = max(width, height), min(width, height)
    is_within = longer <= 3840 and shorter <= 2160 and longer <= 3 * shorter
    return width % 16 == 0 and height % 16 == 0 and is_within


def _ordered(fault: Fault) -> Answer | None:
    match fault:
        case Fault(kind="refuse_content", shape=shape):
            code = "moderation_blocked" if shape == "error" else "content_policy_violation"
            kind = "image_generation_user_error"
            return _error(400, "Your request was rejected.", code=code, kind=kind)
        case Fault(kind="error", type="insufficient_quota" as code):
            return _error(429, "You exceeded your current quota.", code=code)
    return None


def _error(
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    kind: str = "invalid_request_error",
) -> Answer:
    error = {"message": message, "type": kind, "param": param, "code": code}
    return json_answer(status, {"error": error})


VENDOR = OpenAi
