"""Cloudflare's Workers AI: a picture as it is, or an envelope with errors."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.emulator import files
from tests.support.emulator.faults import Fault
from tests.support.emulator.jobs import Product
from tests.support.emulator.vendor import Vendor
from tests.support.emulator.wire import Answer, Request, json_answer

_PATH = "/client/v4/accounts/test/ai/run/@cf/bytedance/stable-diffusion-xl-lightning"
_FIELDS = {"prompt", "negative_prompt", "width", "height", "num_steps", "guidance", "seed"}
_CODES = {401: 10000, 429: 3040}


class Cloudflare(Vendor):
    """Answers as Cloudflare does."""

    def operation(self, request: Request) -> str | None:
        """Say what is asked for."""
        return "submit" if (request.method, request.path) == ("POST", _PATH) else None

    def admits(self, request: Request) -> bool:
        """Say whether the key is the right one."""
        return request.headers.get("authorization") == f"Bearer {self.terms.key}"

    def error(self, status: int, fault: Fault | None = None) -> Answer:
        """Answer with an envelope."""
        return _error(status, _CODES.get(status, 7000), "As ordered." if fault else "No.")

    def answer(self, operation: str, request: Request, fault: Fault | None) -> Answer:
        """Make a picture."""
        given = _body(request)
        if given is None or (faulty := _faulty(given)):
            return _error(400, 5006, f"invalid: {given and faulty}")
        match fault:
            case Fault(kind="refuse_content"):
                return _error(400, 3030, "NSFW prompt")
            case Fault(kind="error", type="day"):
                return _error(429, 3036, "You have used up your daily allocation")
            case Fault(kind="error", type="model"):
                return _error(400, 5007, "No such model")
        product = Product(width=given["width"], height=given["height"], form="jpeg")
        job = self.jobs.accept(_PATH, given, product, fault)
        is_empty = fault is not None and fault.kind == "empty_images"
        content = b"" if is_empty else files.content(job.product)
        # The type that it names need not be the type that it is.
        return Answer(200, content, "image/png")


def _body(request: Request) -> dict[str, Any] | None:
    if request.headers.get("content-type") != "application/json":
        return None
    try:
        given = json.loads(request.body)
    except ValueError:
        return None
    return given if isinstance(given, dict) else None


def _faulty(given: Mapping[str, Any]) -> str | None:
    checks = {
        "prompt": isinstance(given.get("prompt"), str) and bool(given["prompt"]),
        "width": given.get("width", 1024) in range(256, 2049),
        "height": given.get("height", 1024) in range(256, 2049),
        "num_steps": given.get("num_steps", 20) in range(1, 21),
        "seed": isinstance(given.get("seed", 0), int),
    }
    unknown = next((name for name in given if name not in _FIELDS), None)
    return unknown or next((name for name, is_right in checks.items() if not is_right), None)


def _error(status: int, code: int, message: str) -> Answer:
    errors = [{"code": code, "message": message}]
    return json_answer(status, {"success": False, "errors": errors, "messages": [], "result": None})


VENDOR = Cloudflare
