"""When the database was away, as this process saw it: workers get time to come back after that."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from shared.db.database import AWAY

# A worker that lives renews its leases once a second until it succeeds.
_TIME_TO_RETURN = timedelta(seconds=3)


class Outages:
    """Remembers the last one.

    A lease that ends in an outage says nothing about its worker, who may only have been unable to
    renew it. One that lasted for less than ``harmless`` ended no lease.
    """

    def __init__(self, *, harmless: timedelta, return_within: timedelta = _TIME_TO_RETURN) -> None:
        self._harmless = harmless.total_seconds()
        self._return_within = return_within.total_seconds()
        self._answered_at = time.monotonic()
        self._is_away = False
        self._until = self._answered_at

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch one question to the database."""
        asked_at = time.monotonic()
        try:
            yield
        except AWAY:
            self._is_away = True
            raise
        now = time.monotonic()
        if now - (self._answered_at if self._is_away else asked_at) >= self._harmless:
            self._until = now + self._return_within
        self._answered_at, self._is_away = now, False

    @property
    def is_going_on(self) -> bool:
        """Whether the last question was not answered."""
        return self._is_away

    @property
    def is_just_over(self) -> bool:
        """Whether workers may still be coming back."""
        return time.monotonic() < self._until
