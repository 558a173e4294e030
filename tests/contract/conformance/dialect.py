"""What the suite has to know of a dialect to put it to the test."""

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
