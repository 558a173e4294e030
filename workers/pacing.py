"""When a provider is asked next: not long before it is usually finished, then more and more seldom.

Where nobody knows what is usual: soon at first, then at a share of the time that has passed.
"""

import math
import random
from datetime import datetime, timedelta

# Of the usual time: until when nobody asks, and how far apart the questions are from then on.
_EARLY, _STEP = 0.65, 0.1
# Of the time that has passed, or that an order is overdue.
_SHARE = 0.2
_SHORTEST, _LONGEST = 1.0, 15.0
# However long it usually takes, an order that fails at once is noticed by then.
_LONGEST_EARLY = 30.0
_JITTER = 0.1


def first_poll(now: datetime, *, usual_seconds: float | None = None) -> datetime:
    """Return when to ask for an order that was accepted just now."""
    return next_poll(now, accepted_at=now, usual_seconds=usual_seconds)


def next_poll(
    now: datetime, *, accepted_at: datetime, usual_seconds: float | None = None
) -> datetime:
    """Return when to ask again for an order that is not finished."""
    passed = max(0.0, (now - accepted_at).total_seconds())
    wait = _wait(passed, usual_seconds) * random.uniform(1 - _JITTER, 1 + _JITTER)
    return now + timedelta(seconds=min(max(wait, _SHORTEST), _LONGEST_EARLY))


def _wait(passed: float, usual: float | None) -> float:
    if usual is None:
        return _within(passed * _SHARE)
    early = usual * _EARLY - passed
    # Of a last wait that chance made too short, what is left is not worth a question of its own.
    if early > usual * _STEP:
        # In equal parts, so that no short one is left over.
        return early / math.ceil(early / _LONGEST_EARLY)
    return _within(max(usual * _STEP, (passed - usual) * _SHARE))


def _within(seconds: float) -> float:
    return min(max(seconds, _SHORTEST), _LONGEST)
