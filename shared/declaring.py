"""How settings are declared, and read all at once.

A dataclass of groups, each a dataclass of options; a pure function fills it from a mapping.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, field, fields
from typing import Any, TypeVar

from marshmallow import EXCLUDE, Schema, ValidationError
from marshmallow.fields import Field, String

Whole = TypeVar("Whole")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """The settings are not usable; the message lists every fault."""


class Networks(Field[tuple[Network, ...]]):
    """IP networks, separated by commas."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[Network, ...]:
        try:
            return tuple(ipaddress.ip_network(one.strip()) for one in value.split(","))
        except ValueError as error:
            raise ValidationError(f"{error}. Write it as 10.0.0.0/8,fd00::/8.") from error


class Waits(Field[tuple[int, ...]]):
    """Whole seconds, separated by commas; each at most a week."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[int, ...]:
        waits = [one.strip() for one in value.split(",")]
        if not all(one.isascii() and one.isdecimal() and int(one) <= 604_800 for one in waits):
            raise ValidationError("Must be whole seconds, at most 604800 each, as 5,300,1800.")
        return tuple(int(one) for one in waits)


def option(
    variable: str, doc: str, *, default: Any = MISSING, kind: Any = None, secret: bool = False
) -> Any:
    """Declare one setting: its variable, what it is for, its default and its parser."""
    return field(
        metadata={"variable": variable, "doc": doc, "default": default, "kind": kind or String()},
        repr=not secret,
    )


def several(*options: Any) -> Any:
    """Declare settings that are kept together: a field that holds variable -> value."""
    return field(metadata={"several": tuple(one.metadata for one in options)}, repr=False)


def read(whole: type[Whole], environment: Mapping[str, str]) -> Whole:
    """Read every option of every group, or raise :class:`SettingsError` with every fault."""
    declared = [one for _, options in groups(whole) for one in options]
    given = {one["variable"]: environment.get(one["variable"], "") for one in declared}
    try:
        values = _schema(declared).load({name: text for name, text in given.items() if text})
    except ValidationError as error:
        raise SettingsError(_in_words(error, declared)) from None
    return whole(**{group.name: _fill(group.type, values) for group in fields(_any(whole))})


def groups(whole: type) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Yield each group's sentence with the declarations of its options, in order."""
    for group in fields(_any(whole)):
        kind: Any = group.type
        declared = (one.metadata.get("several", (one.metadata,)) for one in fields(kind))
        yield str(kind.__doc__), [one for some in declared for one in some]


def _any(kind: Any) -> Any:
    """Let a dataclass pass for what its fields are asked of."""
    return kind


def _schema(declared: list[Mapping[str, Any]]) -> Schema:
    kinds = {one["variable"]: one["kind"] for one in declared}
    for one in declared:
        one["kind"].required = one["default"] is MISSING
        one["kind"].error_messages["required"] = "is not set."
    return Schema.from_dict(kinds)(unknown=EXCLUDE)


def _fill(kind: Any, values: Mapping[str, Any]) -> Any:
    return kind(**{one.name: _value(one.metadata, values) for one in fields(kind)})


def _value(declared: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    if "several" in declared:
        return {one["variable"]: _value(one, values) for one in declared["several"]}
    return values.get(declared["variable"], declared["default"])


def _in_words(error: ValidationError, declared: list[Mapping[str, Any]]) -> str:
    docs = {one["variable"]: one["doc"] for one in declared}
    messages: dict[str, list[str]] = error.messages_dict
    return "\n".join(
        f"{variable}: {' '.join(faults)} ({docs[variable]})"
        for variable, faults in messages.items()
    )
