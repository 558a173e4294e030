"""When a provider is asked next: soon at first, then at a share of the time that has passed."""

import random
from datetime import datetime, timedelta

_FIRST = timedelta(seconds=1)
_SHARE = 0.2
_SHORTEST, _LONGEST = 1.0, 15.0


def first_poll(now: datetime) -> datetime:
    """Return when to ask for an order that was accepted just now."""
    return now + _FIRST


def next_poll(now: datetime, *, accepted_at: datetime) -> datetime:
    """Return when to ask again for an order that is not finished."""
    passed = (now - accepted_at).total_seconds()
    wait = min(max(passed * _SHARE, _SHORTEST), _LONGEST) * random.uniform(0.9, 1.1)
    return now + timedelta(seconds=wait)
