"""What becomes of a delivery after a try: a value, made from what the receiver answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from shared.errors import ServiceError
from shared.outbound import Answer
from shared.webhooks.types import DeliveryStatus, EventType

# It says so of itself for good; an endpoint is disabled then.
GONE = 410
_MAY_SAY_WHEN = (429, 503)
_LONGEST_WAIT = timedelta(hours=24)
# Nobody wants to know a day later how far a job was.
_WAITS_FOR_PROGRESS = 2


@dataclass(frozen=True)
class Verdict:
    """What becomes of a delivery after a try."""

    status: DeliveryStatus
    again_at: datetime | None = None


def schedule_of(event_type: str, waits: Sequence[int]) -> Sequence[timedelta]:
    """Return how long to wait after each failure to tell of such an event."""
    count = _WAITS_FOR_PROGRESS if event_type == EventType.JOB_PROGRESS else len(waits)
    return [timedelta(seconds=wait) for wait in waits[:count]]


def judge(
    outcome: Answer | ServiceError,
    *,
    failures: int,
    schedule: Sequence[timedelta],
    now: datetime,
    jitter: float = 0,
) -> Verdict:
    """Say what becomes of a delivery that has failed so often, this time included, if it did.

    ``jitter`` is the part by which a wait is longer than planned.
    """
    if isinstance(outcome, Answer) and 200 <= outcome.status < 300:
        return Verdict(DeliveryStatus.DELIVERED)
    if failures > len(schedule):
        return Verdict(DeliveryStatus.EXHAUSTED)
    wait = max(schedule[failures - 1], min(_asked_for(outcome, now), _LONGEST_WAIT))
    return Verdict(DeliveryStatus.PENDING, now + wait * (1 + jitter))


def _asked_for(outcome: Answer | ServiceError, now: datetime) -> timedelta:
    """Return how long the receiver wants to be left alone."""
    if not isinstance(outcome, Answer) or outcome.status not in _MAY_SAY_WHEN:
        return timedelta()
    text = outcome.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        return parsedate_to_datetime(text) - now
    except (ValueError, TypeError):
        return timedelta()
