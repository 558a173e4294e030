"""Fields that nobody knows are left out of a request, with a word; all else that is wrong stays."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from api.dialects.vidiking import faults
from api.dialects.vidiking.translate import Wanted, ignored
from shared.errors import Fault, InvalidRequest
from shared.faults import is_unknown_field, steps

# Steps that lead to fields: each to those that follow, and the last one to nothing.
_Branches = dict[str | int, "_Branches"]

# What is left out may have hidden what stands beside it.
_MOST_ROUNDS = 4


def known_of(wanted: Wanted, check: Callable[[Wanted], object]) -> Wanted:
    """Return what is known of a request, with a warning for what is not.

    ``check`` raises :class:`InvalidRequest` in our words. Raises it in theirs, for what is wrong.
    """
    for _ in range(_MOST_ROUNDS):
        try:
            check(wanted)
        except InvalidRequest as error:
            unknown = [one for one in error.faults if is_unknown_field(one)]
            if not unknown:
                raise faults.in_their_words(error, wanted.fields) from error
            wanted = _without(wanted, unknown)
        else:
            return wanted
    return wanted


def _without(wanted: Wanted, unknown: list[Fault]) -> Wanted:
    places = faults.in_their_words(InvalidRequest(unknown), wanted.fields).faults
    branches: _Branches = {}
    for one in unknown:
        branch = branches
        for step in steps(one.path):
            branch = branch.setdefault(step, {})
    return replace(
        wanted,
        request=_left_out(wanted.request, branches),
        warnings=(*wanted.warnings, *(ignored(one.path) for one in places)),
    )


def _left_out(value: Any, branches: _Branches) -> Any:
    """Return a value without the ends of these branches: one walk for any number of them."""
    if isinstance(value, Mapping):
        return {
            name: _left_out(one, branches[name]) if name in branches else one
            for name, one in value.items()
            if branches.get(name) != {}
        }
    return [_left_out(one, branches[at]) if at in branches else one for at, one in enumerate(value)]
