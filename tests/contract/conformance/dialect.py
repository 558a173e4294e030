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


Fields = Mapping[str, Any]
Faulty = Sequence[tuple[Fields, frozenset[str]]]


def wrong(name: str, *values: Any) -> Faulty:
    """Return each value in the place of a field, as one for which this field is told."""
    return [({name: value}, frozenset({name})) for value in values]


def each(name: str, *values: Any) -> Sequence[Fields]:
    """Return each value in the place of a field."""
    return [{name: value} for value in values]


@dataclass(frozen=True, kw_only=True)
class Form:
    """What an address takes: a POST of ``body``, and other fields in place of those.

    With those of ``taken`` it makes something, with those of ``faulty`` these fields are told. One
    whose value is ``...`` is left out.
    """

    path: str
    body: Fields
    taken: Sequence[Fields] = ()
    faulty: Faulty = ()

    def ask(self, api: Api, fields: Fields, **rest: Any) -> Any:
        """Ask with these fields otherwise."""
        body = {name: one for name, one in {**self.body, **fields}.items() if one is not ...}
        return api.post(self.path, json=body, **rest)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a dialect is asked for one cheap picture and holds the request, and what it answers.

    ``path`` takes a POST of ``body``; ``taken`` and ``faulty`` are as in a :class:`Form`, and
    ``more`` are other forms. ``files`` returns the addresses in the answer, ``id_of`` the id under
    which it is found at ``found_at``, and ``is_done`` whether that is finished. Where a list is
    found there, ``pick`` returns its entry with that id. ``told`` reads an error and checks its
    shape, ``spelt`` returns a code of ours as it is told. ``nowhere`` are addresses that lead to
    nothing, ``open_rules`` those that need no key. ``hold`` are the settings with which requests
    are held for so many seconds; ``statuses`` are those of its answers where not as in ``USUAL``.
    ``errors`` is the type of its errors, ``key_header`` its own header for keys, if it has one; the
    usual one opens too. One that ``hides_unfinished`` knows nothing of what is not made yet.
    """

    name: str
    path: str
    body: Fields
    faulty: Faulty
    wrong_method: str
    files: Callable[[Any], Sequence[str]]
    id_of: Callable[[Any], str]
    found_at: str
    is_done: Callable[[Any], bool]
    told: Callable[[Any], Told]
    late_id: Callable[[Any], str]
    hold: Sequence[str]
    nowhere: Sequence[str]
    taken: Sequence[Fields] = ()
    more: Sequence[Form] = ()
    pick: Callable[[Any, str], Any] = lambda body, _: body
    spelt: Callable[[str], str] = str
    open_rules: frozenset[str] = frozenset()
    statuses: Mapping[str, int] = field(default_factory=dict)
    errors: str = "application/json"
    key_header: str = "Authorization"
    hides_unfinished: bool = False

    @property
    def forms(self) -> Sequence[Form]:
        """All that it can be asked for."""
        own = Form(path=self.path, body=self.body, taken=self.taken, faulty=self.faulty)
        return [own, *self.more]

    @property
    def has_list(self) -> bool:
        """Whether what is made is found in a list, and not at an address of its own."""
        return "{}" not in self.found_at

    def status(self, what: str) -> int:
        """Return the HTTP status of one of the answers in ``USUAL``."""
        return self.statuses.get(what, USUAL[what])

    def ask(self, api: Api, **rest: Any) -> Any:
        """Ask for one picture."""
        return self.forms[0].ask(api, rest.pop("fields", {}), **rest)

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
    "refused": 500,
    "canceled": 500,
    "unavailable": 503,
    "late": 504,
}
