"""What can be told: types of events, patterns that name several, and what becomes of telling."""

from collections.abc import Iterable
from enum import StrEnum


class EventType(StrEnum):
    """What has happened."""

    JOB_QUEUED = "job.queued"
    JOB_STARTED = "job.started"
    JOB_PROGRESS = "job.progress"
    JOB_SUCCEEDED = "job.succeeded"
    JOB_FAILED = "job.failed"
    JOB_CANCELED = "job.canceled"
    CREDITS_LOW = "credits.low"
    CREDITS_ADDED = "credits.added"
    WEBHOOK_EXHAUSTED = "webhook.exhausted"
    WEBHOOK_TEST = "webhook.test"


class DeliveryStatus(StrEnum):
    """What becomes of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"


def patterns_of(event_type: str) -> tuple[str, str, str]:
    """Return the patterns that name a type: itself, all of its family, everything."""
    family, _, _ = event_type.partition(".")
    return (event_type, f"{family}.*", "*")


def names(patterns: Iterable[str], event_type: str) -> bool:
    """Say whether any of these patterns names a type."""
    return not set(patterns_of(event_type)).isdisjoint(patterns)


# A test is sent to whom it is for, whatever that endpoint asked for.
PATTERNS = sorted(
    {pattern for one in EventType for pattern in patterns_of(one)} - {EventType.WEBHOOK_TEST}
)
