"""Fields of a timeline: numbers that are numbers, colours, moments, and what changes in time."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError
from marshmallow.fields import Field, List, Nested, String
from marshmallow.validate import Length, OneOf

from shared.jobs.media import Chosen
from shared.timelines import names

# Of a timeline, in seconds; how much of it one server makes is a setting.
LONGEST = 36_000

_COLOUR = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})|transparent")
_ALIAS = re.compile(r"alias://[A-Za-z0-9_-]{1,64}")
_MOST_TWEENS = 100


class Number(Field[float]):
    """A JSON number from ``low`` to ``high``; text that looks like one is none."""

    def __init__(self, low: float, high: float, *, above: bool = False, **rules: Any) -> None:
        super().__init__(**rules)
        self._low, self._high, self._above = low, high, above

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValidationError("Must be a number.")
        if not self._low <= value <= self._high or (self._above and value == self._low):
            low = f"above {self._low:g} and at most" if self._above else f"{self._low:g} to"
            raise ValidationError(f"Must be {low} {self._high:g}.")
        return value


class Whole(Number):
    """A JSON number without a fraction."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> int:
        number = super()._deserialize(value, *rest, **more)
        if number != int(number):
            raise ValidationError("Must be a whole number.")
        return int(number)


class Colour(String):
    """``#rgb``, ``#rrggbb``, ``#aarrggbb`` (the opacity first) or ``transparent``."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> str:
        text = str(super()._deserialize(value, *rest, **more))
        if _COLOUR.fullmatch(text) is None:
            raise ValidationError(
                "Must be #rgb, #rrggbb, #aarrggbb (opacity first) or transparent."
            )
        return text.lower()


class Word(String):
    """One of some words; a wrong one is told which is near."""

    def __init__(self, known: tuple[str, ...], **rules: Any) -> None:
        super().__init__(
            validate=OneOf(known, error=f"Must be one of: {', '.join(known)}."), **rules
        )


class Timing(Field[float | str]):
    """Seconds, one of some words, or another clip's (``alias://name``)."""

    def __init__(self, *words: str, above: bool = False, **rules: Any) -> None:
        super().__init__(**rules)
        self._words = words
        self._number = Number(0, LONGEST, above=above)

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> float | str:
        if not isinstance(value, str):
            return self._number._deserialize(value, *rest, **more)
        if value in self._words or _ALIAS.fullmatch(value):
            return value
        words = ", ".join(f"'{word}'" for word in self._words)
        raise ValidationError(f"Must be a number of seconds, {words} or 'alias://' and a name.")


class Position(Field[Any]):
    """A place of nine, or ``{x, y}`` from -1 to 1 between the edges: to the right, and down."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if isinstance(value, Mapping):
            return _GRID.load(value)
        if not isinstance(value, str) or value not in names.POSITIONS:
            raise ValidationError(f"Must be one of: {', '.join(names.POSITIONS)}; or {{x, y}}.")
        return value


class _GridSchema(Schema):
    x = Number(-1, 1, load_default=0)
    y = Number(-1, 1, load_default=0)


class Tweened(Field[Any]):
    """A number, or a list of how it changes in the clip's time."""

    def __init__(self, low: float, high: float, **rules: Any) -> None:
        super().__init__(**rules)
        self._number = Number(low, high)
        self._tweens = List(Nested(_tween(low, high)), validate=Length(min=1, max=_MOST_TWEENS))

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        one = self._tweens if isinstance(value, list) else self._number
        return one.deserialize(value)


def _tween(low: float, high: float) -> Schema:
    fields: dict[str, Field[Any]] = {
        "from": Number(low, high, required=True),
        "to": Number(low, high, required=True),
        "start": Number(0, LONGEST, load_default=0),
        "length": Number(0, LONGEST, above=True, required=True),
        "interpolation": Word(names.INTERPOLATIONS, load_default="linear"),
        "easing": Word(names.EASINGS, load_default="ease"),
    }
    return Schema.from_dict(dict(fields), name=f"Tween{low:g}to{high:g}")()


class OneOfType(Chosen):
    """An object of several kinds, told apart by its ``type``."""

    def __init__(
        self, kinds: Mapping[str, type[Schema]], *, refused: Mapping[str, str], **rules: Any
    ) -> None:
        super().__init__(**rules)
        self._kinds = {name: kind() for name, kind in kinds.items()}
        self._refused = refused

    def schema_of(self, value: Mapping[str, Any]) -> Schema | None:
        """Return the schema of a value that says what it is."""
        name = value.get("type")
        return self._kinds.get(name) if isinstance(name, str) else None

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValidationError("Must be an object.")
        schema = self.schema_of(value)
        if schema is None:
            name = value.get("type")
            why = self._refused.get(name) if isinstance(name, str) else None
            raise ValidationError({"type": [why or f"Must be one of: {', '.join(self._kinds)}."]})
        rest = {key: one for key, one in value.items() if key != "type"}
        return {"type": value["type"], **schema.load(rest)}


_GRID = _GridSchema()
