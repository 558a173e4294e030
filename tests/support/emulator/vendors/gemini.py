"""Google Gemini: generateContent, with refusals, failures and pictures all as status 200."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from tests.support.emulator import files
from tests.support.emulator.faults import Fault
from tests.support.emulator.jobs import Product
from tests.support.emulator.vendor import Vendor
from tests.support.emulator.wire import Answer, Request, json_answer

_BASE = "/v1beta/models"
MODELS = ("gemini-2.5-flash-image", "gemini-3.1-flash-image", "gemini-3-pro-image")
_RATIOS = {"1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9"}
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class Gemini(Vendor):
    """Answers as Gemini does."""

    def operation(self, request: Request) -> str | None:
        """Say what is asked for."""
        if (request.method, request.path) == ("GET", _BASE):
            return "probe"
        is_call = request.path.startswith(_BASE) and request.path.endswith(":generateContent")
        return "submit" if request.method == "POST" and is_call else None

    def admits(self, request: Request) -> bool:
        """Say whether the key is the right one."""
        return request.headers.get("x-goog-api-key") == self.terms.key

    def error(self, status: int, fault: Fault | None = None) -> Answer:
        """Answer with an error object; a fault may name what the details say."""
        details: list[dict[str, Any]] = []
        match fault:
            case Fault(type="day"):
                violations = [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]
                details = [{"@type": "google.rpc.QuotaFailure", "violations": violations}]
            case Fault(type="soon"):
                details = [{"@type": "google.rpc.RetryInfo", "retryDelay": "23s"}]
            case Fault(type="key"):
                details = [{"@type": "google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
        message = "As ordered." if fault else "Request had invalid authentication credentials."
        error = {"code": status, "message": message, "status": _STATUSES.get(status, "UNKNOWN")}
        return json_answer(status, {"error": error | {"details": details}})

    def answer(self, operation: str, request: Request, fault: Fault | None) -> Answer:
        """Make a picture, or list models."""
        if operation == "probe":
            return json_answer(200, {"models": [{"name": f"models/{one}"} for one in MODELS]})
        model = request.path.removeprefix(f"{_BASE}/").removesuffix(":generateContent")
        if model not in MODELS:
            return self.error(404)
        given = _body(request)
        if given is None or _is_faulty(model, given):
            return self.error(400)
        return self._made(model, given, fault)

    def _made(self, model: str, given: Mapping[str, Any], fault: Fault | None) -> Answer:
        image = given["generationConfig"].get("imageConfig", {})
        across, down = (int(one) for one in image.get("aspectRatio", "1:1").split(":"))
        longer = 2048 if image.get("imageSize") == "2K" else 1024
        width, height = longer * across // max(across, down), longer * down // max(across, down)
        product = Product(width=width, height=height)
        content = files.content(self.jobs.accept(model, _flat(given), product, fault).product)
        usage = {"promptTokenCount": 10, "candidatesTokenCount": 1290, "totalTokenCount": 1300}
        data = {"mimeType": "image/png", "data": base64.b64encode(content).decode()}
        draft = {"inlineData": {"mimeType": "image/png", "data": "ZHJhZnQ="}, "thought": True}
        parts: list[dict[str, Any]] = [draft, {"text": "Here it is."}, {"inlineData": data}]
        reason, feedback = "STOP", None
        match fault:
            case Fault(kind="refuse_content", shape="error"):
                feedback = {"blockReason": "PROHIBITED_CONTENT"}
            case Fault(kind="refuse_content", shape=shape):
                parts, reason = [], shape
            case Fault(kind="error", type=kind):
                parts, reason = parts[:2], kind
            case Fault(kind="empty_images"):
                parts = parts[:2]
        candidate = {"content": {"role": "model", "parts": parts}, "finishReason": reason}
        if feedback:
            return json_answer(200, {"promptFeedback": feedback, "usageMetadata": usage})
        return json_answer(200, {"candidates": [candidate], "usageMetadata": usage})


def _body(request: Request) -> dict[str, Any] | None:
    try:
        given = json.loads(request.body)
    except ValueError:
        return None
    is_json = request.headers.get("content-type") == "application/json"
    return given if is_json and isinstance(given, dict) else None


def _is_faulty(model: str, given: Mapping[str, Any]) -> bool:
    config = given.get("generationConfig", {})
    image = config.get("imageConfig", {})
    [content] = given.get("contents", [{}])
    parts = content.get("parts", [])
    sizes = {"1K", "2K", "4K"} if model.startswith("gemini-3") else {None}
    return (
        not given.keys() <= {"contents", "generationConfig"}
        or not config.keys() <= {"responseModalities", "imageConfig"}
        or not image.keys() <= {"aspectRatio", "imageSize"}
        or config.get("responseModalities") != ["IMAGE"]
        or image.get("aspectRatio", "1:1") not in _RATIOS
        or (bool(image) and image.get("imageSize") not in sizes)
        or not (parts and parts[0].get("text"))
        or any(not base64.b64decode(one["inlineData"]["data"]) for one in parts[1:])
    )


def _flat(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was ordered without the depths of the document."""
    [content] = given["contents"]
    text, *images = content["parts"]
    config = given["generationConfig"].get("imageConfig", {})
    return {"prompt": text["text"], "images": [one["inlineData"] for one in images], **config}


VENDOR = Gemini
