"""Moments and durations, as callers write them."""

import re
from datetime import datetime, timedelta
from typing import Any

from marshmallow import ValidationError
from marshmallow.fields import Field

from shared import clock

# Ten years: nobody means more, and a clock can still show it.
MAX_SECONDS = 315_360_000

_DURATION = re.compile(
    r"(?P<plain>[0-9]{1,9})"
    r"|(?=[0-9])(?:(?P<d>[0-9]{1,9})d)?(?:(?P<h>[0-9]{1,9})h)?(?:(?P<m>[0-9]{1,9})m)?"
    r"(?:(?P<s>[0-9]{1,9})s)?"
)
_SECONDS = {"plain": 1, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_MOST_CHARACTERS = 40


class Moment(Field[datetime]):
    """A moment with its offset, or how long from now: ``90s``, ``15m``, ``1h30m``, ``2d``."""

    def __init__(self, **rules: Any) -> None:
        described = rules.pop("metadata", {}) | {"type": "string"}
        super().__init__(allow_none=True, metadata=described, **rules)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        moment = moment_of(value)
        if moment is None:
            raise ValidationError("Must be a moment (2030-01-31T12:00:00Z) or a duration (15m).")
        if moment <= clock.now():
            raise ValidationError("Is in the past.")
        return moment


def moment_of(text: Any) -> datetime | None:
    """Read a moment, or a duration from now; nothing if it is neither."""
    if not isinstance(text, str) or len(text) > _MOST_CHARACTERS:
        return None
    if (duration := duration_of(text)) is not None:
        return clock.now() + duration
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def duration_of(text: str) -> timedelta | None:
    """Read ``90``, ``90s``, ``5m`` or ``1h30m``; nothing if it is none, or beyond ten years."""
    found = _DURATION.fullmatch(text) if len(text) <= _MOST_CHARACTERS else None
    if found is None:
        return None
    parts = found.groupdict(default="0")
    seconds = sum(int(parts[unit]) * of_unit for unit, of_unit in _SECONDS.items())
    return timedelta(seconds=seconds) if seconds <= MAX_SECONDS else None
