"""Values that change over a clip: tweens, and how they are eased."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BACK = 1.70158
# How finely an easing is tabled where many values of it are wanted.
_STEPS = 513
_EASE = {
    # The two middle points of CSS's curves of the same names.
    "ease": (0.25, 0.1, 0.25, 1.0),
    "easeIn": (0.42, 0.0, 1.0, 1.0),
    "easeOut": (0.0, 0.0, 0.58, 1.0),
    "easeInOut": (0.42, 0.0, 0.58, 1.0),
}
# How each family begins: easeIn. The others are it turned round, and both halves of it.
_FAMILIES: dict[str, Callable[[float], float]] = {
    "Quad": lambda x: x**2,
    "Cubic": lambda x: x**3,
    "Quart": lambda x: x**4,
    "Quint": lambda x: x**5,
    "Sine": lambda x: 1 - math.cos(x * math.pi / 2),
    "Expo": lambda x: 0.0 if x <= 0 else 2 ** (10 * x - 10),
    "Circ": lambda x: 1 - math.sqrt(max(0.0, 1 - x * x)),
    "Back": lambda x: (_BACK + 1) * x**3 - _BACK * x**2,
}


def smooth(x: float) -> float:
    """Ease in and out: smoothstep."""
    x = min(1.0, max(0.0, x))
    return x * x * (3 - 2 * x)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tween:
    """From one value to another over a stretch of a clip, in seconds of it."""

    first: float
    last: float
    start: float
    length: float
    easing: str = "linear"

    def at(self, seconds: float) -> float:
        """Return the value at a second of the clip, held before and after the stretch."""
        if self.easing == "constant" or not self.length:
            return self.first if seconds < self.start + self.length else self.last
        gone = min(1.0, max(0.0, (seconds - self.start) / self.length))
        return self.first + (self.last - self.first) * eased(self.easing, gone)

    def over(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value at each of many seconds."""
        if self.easing == "constant" or not self.length:
            return np.where(seconds < self.start + self.length, self.first, self.last)
        gone = np.clip((seconds - self.start) / self.length, 0.0, 1.0)
        if self.easing != "linear":
            steps = np.linspace(0.0, 1.0, _STEPS)
            gone = np.interp(gone, steps, [eased(self.easing, float(step)) for step in steps])
        return np.asarray(self.first + (self.last - self.first) * gone)


@dataclass(frozen=True, slots=True)
class Curve:
    """A value over a clip: constant, or moved by tweens one after the other.

    Before the first tween its start holds; after one, its end.
    """

    value: float
    tweens: tuple[Tween, ...] = ()

    @property
    def is_constant(self) -> bool:
        """Whether it never changes."""
        return not self.tweens

    def at(self, seconds: float) -> float:
        """Return the value at a second of the clip."""
        current = self.tweens[0] if self.tweens else None
        for tween in self.tweens:
            if tween.start <= seconds:
                current = tween
        return current.at(seconds) if current else self.value

    def over(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value at each of many seconds."""
        if not self.tweens:
            return np.full(seconds.shape, self.value)
        values = self.tweens[0].over(seconds)
        for tween in self.tweens[1:]:
            values = np.where(seconds >= tween.start, tween.over(seconds), values)
        return values

    def corners(self) -> tuple[float, ...]:
        """Return the seconds at which a tween begins or ends."""
        return tuple(at for one in self.tweens for at in (one.start, one.start + one.length))


NONE, FULL = Curve(0.0), Curve(1.0)


def read(given: float | Sequence[Mapping[str, Any]] | None, default: float) -> Curve:
    """Read a number or a list of tweens, as a timeline holds them."""
    if given is None:
        return Curve(default)
    if isinstance(given, int | float):
        return Curve(float(given))
    tweens = sorted((_tween(one) for one in given), key=lambda one: one.start)
    return Curve(default, tuple(tweens)) if tweens else Curve(default)


def _tween(given: Mapping[str, Any]) -> Tween:
    kind = given.get("interpolation") or "linear"
    return Tween(
        first=float(given["from"]),
        last=float(given["to"]),
        start=float(given.get("start") or 0.0),
        length=float(given.get("length") or 0.0),
        easing=(given.get("easing") or "ease") if kind == "bezier" else kind,
    )


def eased(name: str, x: float) -> float:
    """Return how far an easing has come, of 0 to 1, when ``x`` of its time has gone by."""
    if name in ("linear", "constant") or x <= 0 or x >= 1:
        return x
    if name in _EASE:
        return _bezier(_EASE[name], x)
    for way in ("easeInOut", "easeIn", "easeOut"):
        family = _FAMILIES.get(name.removeprefix(way))
        if name.startswith(way) and family is not None:
            return _along(way, family, x)
    raise ValueError(f"There is no easing {name!r}.")


def _along(way: str, begin: Callable[[float], float], x: float) -> float:
    if way == "easeIn":
        return begin(x)
    if way == "easeOut":
        return 1 - begin(1 - x)
    return begin(2 * x) / 2 if x < 0.5 else 1 - begin(2 - 2 * x) / 2


def _bezier(points: tuple[float, float, float, float], x: float) -> float:
    x1, y1, x2, y2 = points
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if _cubic(x1, x2, middle) < x:
            low = middle
        else:
            high = middle
    return _cubic(y1, y2, (low + high) / 2)


def _cubic(one: float, two: float, t: float) -> float:
    return 3 * one * t * (1 - t) ** 2 + 3 * two * t * t * (1 - t) + t**3
