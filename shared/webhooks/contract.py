"""What it takes to tell of events in somebody's words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.jobs.tables import Job
from shared.storage.links import Links

# The name of our own.
OWN = "v1"


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened, as far as it is told; of a job with its artifacts and attempts.

    ``available`` is how many credits its account may spend by now.
    """

    id: str
    type: str
    at: datetime
    data: Mapping[str, Any]
    available: int
    job: Job | None


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """A body that goes out now, for the first time or again, under one or more secrets."""

    event_id: str
    event_type: str
    delivery_id: str
    at: datetime
    secrets: Sequence[str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Contract:
    """How events are told: the document, and the headers beside it."""

    document: Callable[[Event, Links], Mapping[str, Any]]
    headers: Callable[[Envelope], Mapping[str, str]]
