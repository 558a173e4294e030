"""Ideogram (v3): links in the answer, and for what is not safe none."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.emulator import files
from tests.support.emulator.faults import Fault
from tests.support.emulator.jobs import Product
from tests.support.emulator.vendor import Vendor
from tests.support.emulator.wire import Answer, Request, json_answer

_RATIOS = {"1x1", "16x9", "9x16", "4x3", "3x4", "3x2", "2x3", "16x10", "10x16", "5x4", "4x5",
           "2x1", "1x2", "3x1", "1x3"}  # fmt: skip
_FIELDS = {"prompt", "negative_prompt", "aspect_ratio", "num_images", "seed", "magic_prompt"}


class Ideogram(Vendor):
    """Answers as Ideogram does."""

    gone = 403

    def operation(self, request: Request) -> str | None:
        """Say what is asked for."""
        is_one = (request.method, request.path) == ("POST", "/v1/ideogram-v3/generate")
        return "submit" if is_one else None

    def admits(self, request: Request) -> bool:
        """Say whether the key is the right one."""
        return request.headers.get("api-key") == self.terms.key

    def error(self, status: int, fault: Fault | None = None) -> Answer:
        """Answer with an error."""
        return json_answer(status, {"error": "As ordered." if fault else "Unauthorized"})

    def answer(self, operation: str, request: Request, fault: Fault | None) -> Answer:
        """Make pictures."""
        given = _body(request)
        if given is None or (faulty := _faulty(given)):
            return json_answer(400, {"error": f"invalid: {given and faulty}"})
        if fault is not None and (fault.kind, fault.shape) == ("refuse_content", "error"):
            return json_answer(422, {"error": "Prompt failed the safety check"})
        across, down = (int(one) for one in given.get("aspect_ratio", "1x1").split("x"))
        width, height = 1024 * across // max(across, down), 1024 * down // max(across, down)
        count = given.get("num_images", 1)
        job = self.jobs.accept(
            "ideogram-v3", given, Product(width=width, height=height, count=count), fault
        )
        # Of several, one that is not safe is nothing unusual.
        unsafe = {"flag": set(range(count)), "one": {1}}.get(job.refused, set())
        images = [
            {
                "url": None if position in unsafe else self.url + files.path_of(job, position),
                "is_image_safe": position not in unsafe,
                "seed": given.get("seed", 0) + position,
                "prompt": given["prompt"],
            }
            for position in range(count)
        ]
        is_empty = fault is not None and fault.kind == "empty_images"
        return json_answer(200, {"created": "2026-11-21", "data": [] if is_empty else images})


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
        "aspect_ratio": given.get("aspect_ratio", "1x1") in _RATIOS,
        "num_images": given.get("num_images", 1) in range(1, 9),
        "seed": given.get("seed", 0) in range(2**31),
        "magic_prompt": given.get("magic_prompt", "AUTO") in {"AUTO", "ON", "OFF"},
    }
    unknown = next((name for name in given if name not in _FIELDS), None)
    return unknown or next((name for name, is_right in checks.items() if not is_right), None)


VENDOR = Ideogram
