"""What one word means in VidiKing's timelines, and how ours says it: pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SLIDE = re.compile(r"slide(Left|Right|Up|Down)(Slow|Fast|)")
_OPPOSITE = {"Left": "Right", "Right": "Left", "Up": "Down", "Down": "Up"}
# What we write instead of a format that we do not.
FORMATS = {"mov": "mp4", "bmp": "png"}


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """Whose words a timeline is in: VidiKing's own, or those of the timelines that it took over.

    ``cover`` is the fit that ``cover`` means.
    """

    is_own: bool
    cover: str


def transition(name: Any, side: str) -> Any:
    """Return what a transition is called here.

    Theirs slides in from the side that it names, and out to it, all the way; ours is named by
    where it goes.
    """
    found = _SLIDE.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        return name
    towards, speed = found.groups()
    return f"carousel{_OPPOSITE[towards] if side == 'in' else towards}{speed}"


def clamped(value: Any, low: float, high: float) -> Any:
    """Return a number within bounds; what is none stays as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return min(max(value, low), high)


def resolution(value: Any, known: Mapping[str, object]) -> Any:
    """Return the name of a resolution, which may have come as a number or in capitals."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    name = f"{value:g}" if is_number else value
    is_known = isinstance(name, str) and name.lower() in known
    return name.lower() if is_known else value
