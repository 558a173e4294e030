"""Stability AI: forms only, one picture in each answer."""

import base64
from collections.abc import Mapping
from typing import Any

from tests.support.emulator import files, forms
from tests.support.emulator.faults import Fault
from tests.support.emulator.jobs import Product
from tests.support.emulator.vendor import Vendor
from tests.support.emulator.wire import Answer, Request, json_answer

_BASE = "/v2beta/stable-image/"
_RATIOS = {"16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"}
_TEXT = {"prompt", "negative_prompt", "aspect_ratio", "seed", "style_preset", "output_format"}
_TAKES: Mapping[str, set[str]] = {
    "generate/core": _TEXT,
    "generate/ultra": _TEXT | {"image", "strength"},
    "generate/sd3": _TEXT | {"image", "strength", "model", "mode", "cfg_scale"},
    "upscale/fast": {"image", "output_format"},
}
_MODELS = {"sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium"}
_NAMES = {400: "bad_request", 401: "unauthorized", 429: "rate_limit_exceeded"}
# The emulator looks at no picture: this is how large its callers' pictures are, enlarged.
_ENLARGED = (4 * 48, 4 * 32)


class Stability(Vendor):
    """Answers as Stability does."""

    def operation(self, request: Request) -> str | None:
        """Say what is asked for."""
        if (request.method, request.path) == ("GET", "/v1/user/balance"):
            return "probe"
        is_known = request.path.removeprefix(_BASE) in _TAKES
        return "submit" if request.method == "POST" and is_known else None

    def admits(self, request: Request) -> bool:
        """Say whether the key is the right one."""
        return request.headers.get("authorization") == f"Bearer {self.terms.key}"

    def error(self, status: int, fault: Fault | None = None) -> Answer:
        """Answer with a name and a list of errors."""
        return _error(status, _NAMES.get(status, "error"), "As ordered." if fault else "No.")

    def answer(self, operation: str, request: Request, fault: Fault | None) -> Answer:
        """Make a picture, or tell the balance."""
        if operation == "probe":
            return json_answer(200, {"credits": 100.5})
        path = request.path.removeprefix(_BASE)
        given = forms.read(request)
        if given is None:
            return _error(400, "bad_request", "content-type: must be multipart/form-data")
        if faulty := _faulty(path, given):
            return _error(400, "bad_request", f"{faulty}: is not valid")
        if fault is not None and (fault.kind, fault.shape) == ("refuse_content", "error"):
            return _error(403, "content_moderation", "Your request was flagged.")
        return self._made(path, given, request, fault)

    def _made(
        self, path: str, given: Mapping[str, Any], request: Request, fault: Fault | None
    ) -> Answer:
        width, height = _ENLARGED if path.startswith("upscale") else _size(given)
        product = Product(width=width, height=height, form=given.get("output_format", "png"))
        job = self.jobs.accept(path, given, product, fault)
        content = files.content(product, is_black=job.is_black)
        reason = "CONTENT_FILTERED" if job.refused else "SUCCESS"
        if fault is not None and fault.kind == "error":
            reason = fault.type
        if request.headers.get("accept") == "image/*":
            told = {"finish-reason": reason, "seed": given.get("seed", "0")}
            return Answer(200, content, product.content_type, told)
        is_empty = fault is not None and fault.kind == "empty_images"
        picture = "" if is_empty else base64.b64encode(content).decode()
        seed = int(given.get("seed", 0))
        return json_answer(200, {"image": picture, "finish_reason": reason, "seed": seed})


def _faulty(path: str, given: Mapping[str, Any]) -> str | None:
    is_upscale, image = path.startswith("upscale"), given.get("image")
    seed = given.get("seed", "0")
    checks = {
        "prompt": is_upscale or 0 < len(given.get("prompt", "")) <= 10_000,
        "aspect_ratio": given.get("aspect_ratio", "1:1") in _RATIOS
        and not (image and "aspect_ratio" in given),
        "seed": seed.isdecimal() and int(seed) <= 4_294_967_294,
        "output_format": given.get("output_format", "png") in {"png", "jpeg", "webp"},
        "model": given.get("model", "sd3.5-large") in _MODELS,
        "mode": path != "generate/sd3"
        or given.get("mode", "text-to-image") == ("image-to-image" if image else "text-to-image"),
        "strength": ("strength" in given) == (image is not None and not is_upscale),
        "image": (image is not None or not is_upscale)
        and (image is None or 0 < image["bytes"] < 10 * 1024 * 1024),
    }
    unknown = next((name for name in given if name not in _TAKES[path]), None)
    return unknown or next((name for name, is_right in checks.items() if not is_right), None)


def _size(given: Mapping[str, Any]) -> tuple[int, int]:
    across, down = (int(one) for one in given.get("aspect_ratio", "1:1").split(":"))
    return 1216 * across // max(across, down), 1216 * down // max(across, down)


def _error(status: int, name: str, message: str) -> Answer:
    return json_answer(status, {"id": "a1", "name": name, "errors": [message]})


VENDOR = Stability
