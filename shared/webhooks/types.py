"""What can be told: types of events, patterns that name several, and what becomes of telling."""

from collections.abc import Iterable
from enum import StrEnum
from itertools import product

from shared.jobs.status import Kind


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

    @property
    def is_an_end(self) -> bool:
        """Say whether nothing more happens to its job."""
        return self in _ENDS


_ENDS = frozenset({EventType.JOB_SUCCEEDED, EventType.JOB_FAILED, EventType.JOB_CANCELED})


class DeliveryStatus(StrEnum):
    """What becomes of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"


_OF_JOBS = "job.*"


def patterns_of(event_type: str, kinds: Iterable[str] = tuple(Kind)) -> frozenset[str]:
    """Return the patterns that name a type: itself, all of its family, everything.

    Of jobs also those that name it for one of these kinds only: ``job.failed/render``.
    """
    family = f"{event_type.partition('.')[0]}.*"
    plain = frozenset({event_type, family, "*"})
    if family != _OF_JOBS:
        return plain
    return plain | {f"{one}/{kind}" for one, kind in product((event_type, family), kinds)}


def names(patterns: Iterable[str], event_type: str, kind: str | None = None) -> bool:
    """Say whether any of these patterns names a type, for jobs of this kind if it is of jobs."""
    kinds = () if kind is None else (kind,)
    return not patterns_of(event_type, kinds).isdisjoint(patterns)


# A test is sent to whom it is for, whatever that endpoint asked for.
PATTERNS = sorted(
    frozenset[str]().union(*(patterns_of(one) for one in EventType)) - {EventType.WEBHOOK_TEST}
)
