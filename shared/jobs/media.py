"""Fields of an input that take a file: what may stand in them, and where they are."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError
from marshmallow.fields import Field, List, Nested, String

from shared import ids

IMAGES = ("image/png", "image/jpeg", "image/webp")
VIDEOS = ("video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "video/x-msvideo")
AUDIO = ("audio/mpeg", "audio/wav", "audio/ogg", "audio/flac", "audio/aac", "audio/mp4")
FONTS = ("font/ttf", "font/otf")
CAPTIONS = ("application/x-subrip", "text/vtt")

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


class Chosen(Field[Any]):
    """An object that is read by one of several schemas."""

    def schema_of(self, value: Mapping[str, Any]) -> Schema | None:
        """Return the schema that reads this value, if there is one."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Named:
    """A file that an input names: at which path of it, as what, and of which types it may be."""

    path: str
    value: str
    types: tuple[str, ...]


def named(schema: type[Schema], given: Mapping[str, Any]) -> Sequence[Named]:
    """Return the files that an input of this schema names, however deep in it."""
    one = _made(schema)
    return [*_in_object(one, given, "")] if _takes_files(schema) else ()


def replaced(given: Mapping[str, Any], values: Mapping[str, str]) -> Mapping[str, Any]:
    """Return an input with other values at these paths."""

    def put(path: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: put(f"{path}.{name}", one) for name, one in value.items()}
        if isinstance(value, list):
            return [put(f"{path}[{at}]", one) for at, one in enumerate(value)]
        return values.get(path, value)

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
def _made(schema: type[Schema]) -> Schema:
    return schema()


@cache
def _takes_files(schema: type[Schema]) -> bool:
    """Say at once that an input of this schema can name none: most are such."""
    fields = [_inner(one) for one in _made(schema).fields.values()]
    return any(not _is_plain(one) for one in fields)


def _is_plain(field: Field[Any]) -> bool:
    if isinstance(field, Nested):
        return not _takes_files(type(field.schema))
    return not isinstance(field, Media | Chosen)


def _inner(field: Field[Any]) -> Field[Any]:
    return _inner(field.inner) if isinstance(field, List) else field


def _in_object(schema: Schema, given: Mapping[str, Any], path: str) -> Iterator[Named]:
    for name, field in schema.fields.items():
        if given.get(name) is not None:
            yield from _in_value(field, given[name], f"{path}.{name}" if path else name)


def _in_value(field: Field[Any], value: Any, path: str) -> Iterator[Named]:
    match field:
        case Media():
            yield Named(path=path, value=value, types=field.types)
        case List():
            for at, one in enumerate(value):
                yield from _in_value(field.inner, one, f"{path}[{at}]")
        case Nested():
            yield from _in_object(field.schema, value, path)
        case Chosen():
            schema = field.schema_of(value)
            yield from _in_object(schema, value, path) if schema else ()
