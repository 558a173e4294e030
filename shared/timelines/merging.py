"""Merge fields: ``{{ KEY }}`` anywhere in a timeline, replaced before it is read.

A value that is nothing but a placeholder takes whatever replaces it, a number too.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

MOST_FIELDS = 200
# Of all that replaces placeholders, in characters.
_MOST_TEXT = 2_000_000

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def merged(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document without ``merge``, its placeholders replaced; others stay as they are.

    Raises :class:`ValidationError` for fields that cannot be used.
    """
    values = _values(document.get("merge"))
    rest = {name: value for name, value in document.items() if name != "merge"}
    return dict(_Merging(values).put(rest)) if values else rest


def _values(fields: Any) -> Mapping[str, Any]:
    if fields is None:
        return {}
    if not isinstance(fields, list) or len(fields) > MOST_FIELDS:
        raise ValidationError(f"Must be a list of at most {MOST_FIELDS} fields.", "merge")
    wrong: dict[int, Any] = {}
    values: dict[str, Any] = {}
    for at, one in enumerate(fields):
        if not isinstance(one, Mapping) or set(one) != {"find", "replace"}:
            wrong[at] = ["Must be an object with 'find' and 'replace'."]
        elif not isinstance(one["find"], str) or not one["find"].strip():
            wrong[at] = {"find": ["Must be a name."]}
        else:
            values[one["find"].strip()] = one["replace"]
    if wrong:
        raise ValidationError({"merge": wrong})
    return values


class _Merging:
    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._sizes = {name: len(_text(one)) for name, one in values.items()}
        self._left = _MOST_TEXT

    def put(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self.put(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.put(one) for one in value]
        return self._replaced(value) if isinstance(value, str) else value

    def _replaced(self, text: str) -> Any:
        whole = _PLACEHOLDER.fullmatch(text)
        if whole and whole[1] in self._values:
            self._take(whole[1])
            return self._values[whole[1]]
        return _PLACEHOLDER.sub(self._piece, text)

    def _piece(self, found: re.Match[str]) -> str:
        if found[1] not in self._values:
            return found[0]
        self._take(found[1])
        return _text(self._values[found[1]])

    def _take(self, name: str) -> None:
        self._left -= self._sizes[name]
        if self._left < 0:
            message = f"Makes more than {_MOST_TEXT:,} characters of the timeline."
            raise ValidationError(message, "merge")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
