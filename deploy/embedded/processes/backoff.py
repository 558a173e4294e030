"""How soon to start again what has died, and when to give up."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Pace:
    """First and longest pause, and how many ends within how many seconds are too many."""

    first: float = 1.0
    longest: float = 30.0
    too_many: int = 5
    within: float = 60.0


@dataclass
class Backoff:
    """The recent ends of one program."""

    pace: Pace
    _ends: deque[float] = field(default_factory=deque)
    _in_a_row: int = 0

    def after_end(self, now: float, *, lived: float) -> float | None:
        """Return how long to wait before the next start; None means give up."""
        self._in_a_row = 1 if lived > self.pace.within else self._in_a_row + 1
        self._ends.append(now)
        while now - self._ends[0] > self.pace.within:
            self._ends.popleft()
        if len(self._ends) >= self.pace.too_many:
            return None
        # The exponent is bounded, for a program that dies once a minute for weeks.
        return min(self.pace.first * 2.0 ** min(self._in_a_row - 1, 16), self.pace.longest)
