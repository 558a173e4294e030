"""IMG Processing: images with names, each made from a prompt or from another image."""

from typing import Any

from tests.contract.conformance.dialect import Dialect, Told, each, wrong


def _told(response: Any) -> Told:
    body = response.json
    assert list(body)[:5] == ["type", "title", "error", "status", "message"]
    assert body["status"] == response.status_code
    assert body["title"] == body["error"]
    assert body["type"].rpartition("/errors/")[2].replace("-", "").isalpha()
    return Told(
        message=" ".join([body["message"], *body.get("errors", ())]),
        code=body["code"],
        fields=frozenset(body.get("invalid", ())),
    )


DIALECT = Dialect(
    name="imgprocessing",
    path="/v1/images/imagine",
    body={"name": "harbour", "prompt": "A quiet harbour"},
    taken=[
        *each("name", "x", "x" * 30),
        *each("prompt", "x", "x" * 1_000),
        *each("negative_prompt", "x", "x" * 1_000),
        *each("seed", 0, 2**53 - 1),
        *each("model", "sdxl", "flux"),
        *each("something_else", [1, {"a": 2}]),
    ],
    faulty=[
        *wrong("name", ..., None, "", 7, "x" * 31),
        *wrong("prompt", ..., None, "", 7, "x" * 1_001, "a\x00b"),
        *wrong("negative_prompt", 7, "x" * 1_001),
        *wrong("seed", -1, 42.1, "7", True),
        *wrong("model", "x", 7),
        ({"prompt": 7, "seed": 42.1}, frozenset({"prompt", "seed"})),
    ],
    wrong_method="PUT",
    # None is published yet.
    files=lambda _: (),
    id_of=lambda body: str(body["id"]),
    found_at="/v1/images/{}",
    is_done=lambda body: "size" in body,
    told=_told,
    late_id=lambda body: str(body["image_id"]),
    hold=["LIMNER_HOLD_IMAGE_SECONDS"],
    nowhere=["/v1/images/x/nothing", "/v1/images/imagine/x"],
    open_rules=frozenset({"/images/<image_id>"}),
    statuses={"made": 201, "failed": 503, "late": 503, "refused": 422},
    errors="application/problem+json",
    key_header="x-api-key",
    hides_unfinished=True,
)
