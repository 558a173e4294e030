"""MayanIO: images."""

from typing import Any

from tests.contract.conformance.dialect import Dialect, Told


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


DIALECT = Dialect(
    name="mayanio",
    path="/api/v1/images",
    body={"prompt": "A quiet harbour"},
    faulty=[
        ({"prompt": None}, frozenset({"prompt"})),
        ({"prompt": 7, "num_images": 5}, frozenset({"prompt", "num_images"})),
        ({"prompt": "a\x00b"}, frozenset({"prompt"})),
        ({"model": "flux", "aspect_ratio": "x"}, frozenset({"model", "aspect_ratio"})),
    ],
    wrong_method="PUT",
    files=lambda body: [one["url"] for one in body["data"]["images"]],
    id_of=lambda body: str(body["data"]["generation_id"]),
    found_at="/api/v1/projects/{}",
    is_done=lambda body: body["data"]["status"] == "completed",
    told=_told,
    late_id=lambda body: str(body["generation_id"]),
    hold=["LIMNER_HOLD_IMAGE_SECONDS"],
    statuses={"faulty": 400, "not_an_object": 400, "failed": 503},
)
