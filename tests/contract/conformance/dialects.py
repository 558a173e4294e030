"""The dialects that the suite is run for, each described in its own terms.

To add one: describe it here. What it does beyond this has tests of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import Api


@dataclass(frozen=True, kw_only=True)
class Told:
    """An error as a dialect tells it: the sentence, its code, and the fields that it names."""

    message: str
    code: str
    fields: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a dialect is asked for one cheap picture and holds the request, and what it answers.

    ``path`` takes a POST of ``body``. ``faulty`` are fields in place of those of the body, with the
    fields that are told then. ``files`` returns the addresses in the answer, ``id_of`` the id under
    which it is found at ``found_at``, ``is_done`` whether that is finished, and ``told`` reads an
    error and checks its shape. ``hold`` are the settings with which a request is held for so many
    seconds; ``statuses`` are those of its answers where not as in ``USUAL``.
    """

    name: str
    path: str
    body: Mapping[str, Any]
    faulty: Sequence[tuple[Mapping[str, Any], frozenset[str]]]
    wrong_method: str
    files: Callable[[Any], Sequence[str]]
    id_of: Callable[[Any], str]
    found_at: str
    is_done: Callable[[Any], bool]
    told: Callable[[Any], Told]
    late_id: Callable[[Any], str]
    hold: Sequence[str]
    statuses: Mapping[str, int] = field(default_factory=dict)

    def status(self, what: str) -> int:
        """Return the HTTP status of one of the answers in ``USUAL``."""
        return self.statuses.get(what, USUAL[what])

    def ask(self, api: Api, **rest: Any) -> Any:
        """Ask for one picture."""
        fields = rest.pop("fields", {})
        return api.post(self.path, json={**self.body, **fields}, **rest)

    def held_for(self, seconds: int) -> dict[str, str]:
        """Return the settings of a server that holds its requests for so long."""
        return {name: str(seconds) for name in self.hold}


USUAL = {
    "made": 200,
    "malformed": 400,
    "not_an_object": 422,
    "faulty": 422,
    "no_key": 401,
    "no_credits": 402,
    "no_scope": 403,
    "not_found": 404,
    "wrong_method": 405,
    "too_large": 413,
    "too_often": 429,
    "failed": 500,
    "unavailable": 503,
    "late": 504,
}


def _of_mayanio(response: Any) -> Told:
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


MAYANIO = Dialect(
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
    told=_of_mayanio,
    late_id=lambda body: str(body["generation_id"]),
    hold=["LIMNER_HOLD_IMAGE_SECONDS"],
    statuses={"faulty": 400, "not_an_object": 400, "failed": 503},
)


def _of_vidiking(response: Any) -> Told:
    assert response.json.keys() == {"error"}
    error = response.json["error"]
    assert error.keys() - {"details"} == {"code", "message"}
    details = error.get("details", ())
    return Told(
        message=error["message"],
        code=error["code"],
        fields=frozenset(one["path"] for one in details),
    )


VIDIKING = Dialect(
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
    told=_of_vidiking,
    late_id=lambda body: str(body["id"]),
    hold=["LIMNER_MAX_WAIT_SECONDS"],
    statuses={"failed": 502, "late": 202},
)

DIALECTS = (MAYANIO, VIDIKING)
