"""The jobs that were taken: when each ends, and how often each was ordered."""

import random
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.emulator.faults import Fault


@dataclass(kw_only=True, slots=True)
class Pace:
    """How long jobs wait, then run, in seconds; up to ``seconds_to`` by chance, if it is more."""

    queued: float = 0.0
    seconds: float = 1.0
    seconds_to: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Product:
    """What a job makes: so many files of this size in pixels, in this format."""

    width: int = 0
    height: int = 0
    form: str = "png"
    count: int = 1

    @property
    def content_type(self) -> str:
        """The type of its files."""
        return {"mp4": "video/mp4", "glb": "model/gltf-binary"}.get(self.form, f"image/{self.form}")


@dataclass(kw_only=True, slots=True)
class Job:
    """One job. What will go wrong with it is decided early, and shows when it is over.

    ``refused`` is the shape in which its content is refused.
    """

    id: str
    endpoint: str
    input: Mapping[str, Any]
    product: Product
    sent_at: float
    starts_at: float
    ends_at: float
    error_type: str = ""
    detail: Sequence[Mapping[str, Any]] = ()
    refused: str = ""
    is_lost: bool = False
    is_expired: bool = False

    @property
    def status(self) -> str:
        """Where it stands by now."""
        now = time.time()
        if now >= self.ends_at:
            return "COMPLETED"
        return "IN_PROGRESS" if now >= self.starts_at else "IN_QUEUE"

    @property
    def is_black(self) -> bool:
        """Whether its pictures are blackened."""
        return self.refused == "flag"

    def doom(self, fault: Fault | None) -> None:
        """Decide what will go wrong with it."""
        match fault:
            case Fault(kind="lose"):
                self.is_lost = True
            case Fault(kind="error", type=error_type):
                self.error_type = error_type
            case Fault(kind="refuse_content", shape=shape):
                self.refused = shape

    def end(self, error_type: str) -> None:
        """End it now, with an error."""
        self.error_type = error_type
        self.ends_at = min(self.ends_at, time.time())


class Jobs:
    """Every job by its id, and by endpoint in the order in which they came."""

    def __init__(self, pace: Pace, chance: random.Random) -> None:
        self.pace = pace
        self._chance = chance
        self.clear()

    def clear(self) -> None:
        """Forget every job and count."""
        self._by_id: dict[str, Job] = {}
        self._by_endpoint: dict[str, list[Job]] = {}
        self._ordered: Counter[str] = Counter()

    def accept(
        self,
        endpoint: str,
        given: Mapping[str, Any],
        product: Product,
        fault: Fault | None = None,
    ) -> Job:
        """Take a job."""
        now = time.time()
        starts_at = now + self.pace.queued
        longest = max(self.pace.seconds, self.pace.seconds_to)
        job = Job(
            id=str(uuid.UUID(int=self._chance.getrandbits(128), version=4)),
            endpoint=endpoint,
            input=given,
            product=product,
            sent_at=now,
            starts_at=starts_at,
            ends_at=starts_at + self._chance.uniform(self.pace.seconds, longest),
        )
        job.doom(fault)
        self._by_id[job.id] = job
        self._by_endpoint.setdefault(endpoint, []).append(job)
        self._ordered[f"{given.get('seed')}:{given.get('prompt')}"] += 1
        return job

    def find(self, job_id: str) -> Job | None:
        """Return a job that is not lost."""
        job = self._by_id.get(job_id)
        return None if job is None or job.is_lost else job

    def orders(self) -> list[dict[str, Any]]:
        """Return what was ordered, where and in which words, the first one first."""
        return [{"endpoint": one.endpoint, "input": one.input} for one in self._by_id.values()]

    def newest_first(self, endpoint: str, since: float, until: float) -> list[Job]:
        """Return the jobs of an endpoint that came in a span of time."""
        found = []
        for job in reversed(self._by_endpoint.get(endpoint, [])):
            if job.sent_at < since:
                break
            if job.sent_at < until:
                found.append(job)
        return found

    def since(self, moment: float) -> list[Job]:
        """Return what came since then, newest first."""
        found = [job for job in self._by_id.values() if job.sent_at >= moment]
        return found[::-1]

    def counts(self, *, by_key: bool) -> dict[str, Any]:
        """Count what was taken; a seed and a prompt that come again are a duplicate."""
        total = self._ordered.total()
        found: dict[str, Any] = {"submits": total, "duplicates": total - len(self._ordered)}
        return found | ({"by_key": dict(self._ordered)} if by_key else {})
