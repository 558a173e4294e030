"""MayanIO: images, videos, 3D models."""

import base64
from typing import Any

from tests.contract.conformance.dialect import Dialect, Form, Told, each, wrong
from tests.support.media import picture


def _told(response: Any) -> Told:
    body = response.json
    assert list(body)[:2] == ["success", "error"]
    assert body["success"] is False
    assert body["request_id"].startswith("req_")
    details = body.get("details", ())
    return Told(
        message=body["error"],
        code=body["code"],
        fields=frozenset(one["field"] for one in details),
    )


_CHAIR = base64.b64encode(picture(64, 64)).decode()

_VIDEOS = Form(
    path="/api/v1/videos",
    body={"prompt": "Slow pan over a snowy harbour", "duration": 2, "resolution": "360p"},
    taken=[
        *each("prompt", "x" * 3_000),
        *each("model", "vidu-q2"),
        *each("duration", 2, 8, 4.0, None, ...),
        *each("resolution", "360p", "520p", "720p", "1080p", None, ...),
        *each("aspect_ratio", "16:9", "9:16", "1:1"),
        {"model": "ltx-2", "duration": 6, "resolution": "1080p"},
        {"model": "ltx-2", "duration": 10, "resolution": "2160p"},
        *each("webhook_url", "https://example.org/" + "x" * 2028),
        *each("async", True, False),
    ],
    faulty=[
        *wrong("prompt", ..., None, "", " ", 7, "x" * 3_001, "a\x00b"),
        *wrong("model", "sora", 7),
        *wrong("duration", 1, 9, 2.5, "2", True, 10**30),
        *wrong("resolution", "361p", "1440p", 720),
        *wrong("aspect_ratio", "4:3", "x", 1),
        *wrong("webhook_url", "ftp://example.org/", "x", 7, "https://example.org/" + "x" * 2029),
        *wrong("async", "yes", 1),
        (
            {"model": "ltx-2", "duration": 5, "resolution": "4320p"},
            frozenset({"duration", "resolution"}),
        ),
    ],
)
_MODELS = Form(
    path="/api/v1/3d",
    body={"image_base64": _CHAIR},
    taken=[
        *each("image_base64", f"data:image/png;base64,{_CHAIR}"),
        *each("texture_quality", "no", "standard"),
        *each("texture_alignment", "original_image", "geometry"),
        *each("orientation", "default", "align_image"),
        *each("async", True),
    ],
    faulty=[
        *wrong("image_base64", 7, "", "%", "data:text/plain,x"),
        *wrong("image_url", "ftp://example.org/", "x", 7),
        ({"image_base64": ...}, frozenset({"image_url"})),
        *wrong("texture_quality", "high", 1),
        *wrong("texture_alignment", "x", 1),
        *wrong("orientation", "x", 1),
    ],
)

DIALECT = Dialect(
    name="mayanio",
    path="/api/v1/images",
    body={"prompt": "A quiet harbour"},
    taken=[
        *each("prompt", "x" * 10_000),
        *each("aspect_ratio", "1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4", None),
        *each("output_format", "png", "jpeg", "webp"),
        *each("num_images", 1, 4, 2.0),
        *each("model", "nano-banana"),
        *each("webhook_url", "https://example.org/" + "x" * 2028),
        *each("async", True, False),
        *each("something_else", [1, {"a": 2}]),
    ],
    faulty=[
        *wrong("prompt", ..., None, "", " \n", 7, "x" * 10_001, "a\x00b", "\ud800"),
        *wrong("aspect_ratio", "x", "5:1", 1),
        *wrong("output_format", "gif", 7),
        *wrong("num_images", 0, 5, -1, 1.5, "2", True, 10**30),
        *wrong("model", "flux", 7),
        *wrong("webhook_url", "ftp://example.org/", "x", 7, "https://example.org/" + "x" * 2029),
        *wrong("async", "yes", 1),
        ({"prompt": 7, "num_images": 5}, frozenset({"prompt", "num_images"})),
        ({"model": "flux", "aspect_ratio": "x"}, frozenset({"model", "aspect_ratio"})),
    ],
    more=[_VIDEOS, _MODELS],
    wrong_method="PUT",
    files=lambda body: [one["url"] for one in body["data"]["images"]],
    id_of=lambda body: str(body["data"]["generation_id"]),
    found_at="/api/v1/projects/{}",
    is_done=lambda body: body["data"]["status"] == "completed",
    told=_told,
    late_id=lambda body: str(body["generation_id"]),
    hold=["LIMNER_HOLD_IMAGE_SECONDS", "LIMNER_HOLD_SECONDS"],
    nowhere=["/api/v1/images/x", "/api/v1/video/x", "/api/v1/3d/x", "/api/v1/projects/x/y"],
    statuses={"faulty": 400, "not_an_object": 400, "failed": 503, "refused": 400},
)
