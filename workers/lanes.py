"""Who is being sent to by this process: so that no receiver takes the others' room.

A destination that answers quickly may be sent several things at once. One that is new here, slow or
silent gets one at a time, and all of those together have half of the slots: the other half is for
receivers that are known to answer.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_QUICK_SECONDS = 2.0
_REMEMBERED = 256


@dataclass(frozen=True)
class Room:
    """How many more may be sent at once: to those named, to each other one, to all others."""

    of: dict[str, int]
    strangers: int


class Lanes:
    """What is under way to each destination."""

    def __init__(self, *, slots: int, each: int) -> None:
        self._each = min(each, slots)
        self._for_strangers = max(1, slots // 2)
        self._under_way: Counter[str] = Counter()
        self._quick: OrderedDict[str, None] = OrderedDict()
        self._is_crowded = False
        self._entered: list[str] = []
        self._lock = threading.Lock()

    def room(self) -> Room:
        """Return for how many more there is room."""
        with self._lock:
            of = {one: max(0, self._each - self._under_way[one]) for one in self._quick}
            slow = {one: n for one, n in self._under_way.items() if one not in self._quick}
            left = max(0, self._for_strangers - sum(slow.values()))
            return Room(of | dict.fromkeys(slow, 0), left)

    @contextmanager
    def claiming(self) -> Iterator[None]:
        """What enters in this block leaves again if the claim fails; one claims at a time."""
        self._entered = []
        try:
            yield
        except BaseException:
            for destination in self._entered:
                self.leave(destination)
            raise

    def enter(self, destination: str) -> None:
        """Something is being sent there from now on."""
        with self._lock:
            self._under_way[destination] += 1
            self._entered.append(destination)

    def leave(self, destination: str, *, seconds: float | None = None) -> bool:
        """It was answered or given up after so long; says whether to look for more to send."""
        with self._lock:
            self._under_way[destination] -= 1
            if self._under_way[destination] <= 0:
                del self._under_way[destination]
            if seconds is not None:
                self._note(destination, is_quick=seconds < _QUICK_SECONDS)
            # In batches: to look each time that one ends would be to look as often as to send.
            return self._is_crowded and self._under_way[destination] <= self._each // 2

    def say(self, *, is_crowded: bool) -> None:
        """Note whether something that is due was left for want of room."""
        with self._lock:
            self._is_crowded = is_crowded

    def _note(self, destination: str, *, is_quick: bool) -> None:
        self._quick.pop(destination, None)
        if is_quick:
            self._quick[destination] = None
            if len(self._quick) > _REMEMBERED:
                self._quick.popitem(last=False)
