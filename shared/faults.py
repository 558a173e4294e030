"""Every fault of a document at once, each with its JSON path."""

import math
import re
from ast import literal_eval
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from marshmallow import Schema, ValidationError

from shared.errors import Fault, InvalidRequest

_UNKNOWN = "Unknown field."
_MOST_LEVELS = 64
_STEP = re.compile(
    r"""\.([^\W\d]\w*)|\[(\d+)\]|\[('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\]""", re.DOTALL
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def load(schema: Schema, document: Any, *, root: str = "$") -> dict[str, Any]:
    """Read a document by a schema, or raise :class:`InvalidRequest` with every fault in it.

    ``root`` is the path of the document in the request. The error carries what is valid of it.
    """
    if not isinstance(document, Mapping):
        raise InvalidRequest([Fault(root, f"Must be an object, not {_kind(document)}.")])
    if _is_deeper(document, _MOST_LEVELS):
        raise InvalidRequest([Fault(root, f"Is nested deeper than {_MOST_LEVELS} levels.")])
    faults = list(_unstorable(document, root))
    try:
        loaded: Any = schema.load(document)
    except ValidationError as error:
        loaded = error.valid_data
        faults += _flatten(error.messages, root, names=_names(schema))
    if faults:
        raise InvalidRequest(faults, valid=loaded)
    return dict(loaded)


def closest(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?``, or nothing if no known name is near."""
    near = get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def is_unknown_field(fault: Fault) -> bool:
    """Say whether a fault is that nobody knows the field at its path."""
    return fault.message.startswith(_UNKNOWN)


def steps(path: str) -> list[str | int]:
    """Return the names and numbers that lead along a path: ``$.a[0]['b c']`` is a, 0, "b c"."""
    return [
        name or (int(number) if number else literal_eval(text))
        for name, number, text in _STEP.findall(path)
    ]


def _names(schema: Schema) -> list[str]:
    return [field.data_key or name for name, field in schema.load_fields.items()]


def _flatten(messages: Any, path: str, *, names: Iterable[str] = ()) -> Iterator[Fault]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            if inner == [_UNKNOWN]:
                yield Fault(_step(path, key), _UNKNOWN + closest(str(key), names))
            else:
                yield from _flatten(inner, path if key == "_schema" else _step(path, key))
    else:
        yield from (Fault(path, str(message)) for message in messages)


def _step(path: str, key: object) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if str(key).isidentifier() else f"{path}[{str(key)!r}]"


def _is_deeper(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels):
        layer = [inner for one in layer for inner in _inside(one)]
    return bool(layer)


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


def _unstorable(value: Any, path: str) -> Iterator[Fault]:
    """Find what JSON can say and Postgres cannot keep."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _unstorable(key, path)
            yield from _unstorable(inner, _step(path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _unstorable(inner, _step(path, position))
    elif isinstance(value, str):
        if _UNSTORABLE.search(value):
            yield Fault(path, "Contains a character that cannot be stored: NUL or half a pair.")
    elif isinstance(value, float) and not math.isfinite(value):
        yield Fault(path, "Is not a finite number.")


def _kind(value: Any) -> str:
    names: dict[type, str] = {list: "an array", str: "a string", bool: "a boolean"}
    return "null" if value is None else names.get(type(value), "a number")
