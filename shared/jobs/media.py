"""Fields of an input that take a file: what may stand in them, and where they are."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError
from marshmallow.fields import List, String

from shared import ids

IMAGES = ("image/png", "image/jpeg", "image/webp")

_LONGEST_ADDRESS = 2048
_BLANK = re.compile(r"[\x00-\x20\x7f]")
_DATA = re.compile(r"data:[a-z0-9.+/-]*;base64,", re.IGNORECASE)
_WHAT = (
    "Must be the id of an upload or of an artifact, an http:// or https:// address, "
    "or a data: URI in base64."
)


class Media(String):
    """A file of one of these types, by its id, its address, or itself as a data URI."""

    def __init__(self, types: Sequence[str], **rules: Any) -> None:
        description = f"{_WHAT} Types: {', '.join(types)}."
        super().__init__(**{"metadata": {"description": description}, **rules})
        self.types = tuple(types)

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> str:
        text = str(super()._deserialize(value, *rest, **more))
        if not (is_upload(text) or is_artifact(text) or is_data(text) or _is_address(text)):
            raise ValidationError(_WHAT)
        return text


@dataclass(frozen=True, kw_only=True)
class Named:
    """A file that an input names: at which path of it, as what, and of which types it may be."""

    path: str
    value: str
    types: tuple[str, ...]


def named(schema: type[Schema], given: Mapping[str, Any]) -> Sequence[Named]:
    """Return the files that an input of this schema names."""
    return [*_named(schema, given)] if _fields(schema) else ()


def replaced(given: Mapping[str, Any], values: Mapping[str, str]) -> Mapping[str, Any]:
    """Return an input with other values at these paths."""

    def put(name: str, value: Any) -> Any:
        if isinstance(value, list):
            return [values.get(f"{name}[{at}]", one) for at, one in enumerate(value)]
        return values.get(name, value)

    return {name: put(name, value) for name, value in given.items()} if values else given


def is_upload(value: str) -> bool:
    """Say whether this could be the id of an upload."""
    return ids.is_id(value, "upl")


def is_artifact(value: str) -> bool:
    """Say whether this could be the id of an artifact."""
    return ids.is_id(value, "art")


def is_data(value: str) -> bool:
    """Say whether this is a file itself."""
    return _DATA.match(value) is not None


def content_of(data: str) -> str:
    """Return the base64 text of a data URI."""
    return data.partition(",")[2]


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        is_usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return False
    return bool(is_usable) and len(value) <= _LONGEST_ADDRESS and not _BLANK.search(value)


@cache
def _fields(schema: type[Schema]) -> Mapping[str, Media]:
    found = {}
    for name, field in schema().fields.items():
        one = field.inner if isinstance(field, List) else field
        if isinstance(one, Media):
            found[name] = one
    return found


def _named(schema: type[Schema], given: Mapping[str, Any]) -> Iterator[Named]:
    for name, field in _fields(schema).items():
        value = given.get(name)
        if isinstance(value, list):
            for at, one in enumerate(value):
                yield Named(path=f"{name}[{at}]", value=one, types=field.types)
        elif value is not None:
            yield Named(path=name, value=value, types=field.types)
