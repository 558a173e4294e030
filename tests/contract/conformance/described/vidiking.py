"""VidiKing: images."""

from typing import Any

from tests.contract.conformance.dialect import Dialect, Told


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
    faulty=[
        ({"prompt": None}, frozenset({"prompt"})),
        ({"prompt": 7, "width": "64"}, frozenset({"prompt", "width"})),
        ({"prompt": "a\x00b"}, frozenset({"prompt"})),
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
    statuses={"failed": 502, "late": 202},
)
