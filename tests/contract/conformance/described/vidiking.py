"""VidiKing: images."""

from typing import Any

from tests.contract.conformance.dialect import Dialect, Told, each, wrong


def _told(response: Any) -> Told:
    assert response.json.keys() == {"error"}
    error = response.json["error"]
    assert error.keys() - {"details"} == {"code", "message"}
    details = error.get("details", ())
    return Told(
        message=error["message"],
        code=error["code"],
        fields=frozenset(one["path"] for one in details),
    )


DIALECT = Dialect(
    name="vidiking",
    path="/v1/ai/image",
    body={"prompt": "A quiet harbour", "width": 64, "height": 64},
    taken=[
        *each("prompt", "x" * 10_000),
        *each("model", "flux", "stable-diffusion", "dall-e-3"),
        *each("width", 64, 2048, 64.0),
        *each("height", 64, 2048),
        *each("style", "natural", "vivid", "artistic"),
        *each("negative_prompt", "", None, "x" * 10_000),
        *each("callback", "https://example.org/" + "x" * 2028),
        *each("something_else", [1, {"a": 2}]),
    ],
    faulty=[
        *wrong("prompt", ..., None, "", " \n", 7, "x" * 10_001, "a\x00b", "\ud800"),
        *wrong("model", "x", 7),
        *wrong("width", 63, 2049, 64.5, "64", True, None, 10**30),
        *wrong("height", 63, 2049, -64),
        *wrong("style", "x", 7),
        *wrong("negative_prompt", 7, "x" * 10_001),
        *wrong("callback", "ftp://example.org/", "x", 7, "https://example.org/" + "x" * 2029),
        ({"prompt": 7, "width": "64"}, frozenset({"prompt", "width"})),
        ({"model": "x", "style": "x"}, frozenset({"model", "style"})),
    ],
    wrong_method="PUT",
    files=lambda body: [body["url"]],
    id_of=lambda body: str(body["id"]),
    found_at="/v1/render/{}",
    is_done=lambda body: body["status"] == "COMPLETE",
    told=_told,
    late_id=lambda body: str(body["id"]),
    hold=["LIMNER_MAX_WAIT_SECONDS"],
    nowhere=["/v1/ai/nothing", "/v1/render/x/nothing"],
    statuses={"failed": 502, "refused": 502, "canceled": 502, "late": 202},
)
