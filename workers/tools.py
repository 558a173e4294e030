"""What carrying a job out takes: the ground, the makers, the door to the outside, the budgets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import BoundedSemaphore

from shared.breakers import Breakers
from shared.budgets import Budgets
from shared.ground import Ground
from shared.jobs import lines
from shared.outbound import Outbound
from workers.engines import Engines
from workers.providers.base import Engine, Remote
from workers.providers.remote import registry
from workers.timing import Timing

# How long a place is kept for the job that was called to it.
_CALLED_SECONDS = 10.0


@dataclass(frozen=True)
class Tools:
    """What the pipeline works with; one for each worker process."""

    ground: Ground
    engines: Mapping[str, Engine]
    remotes: Mapping[str, Remote]
    results: Outbound
    inputs: Outbound
    fetching: BoundedSemaphore
    most_bytes: int
    longest_attempt: timedelta
    certain_after: timedelta
    budgets: Budgets
    breakers: Breakers
    timing: Timing

    @classmethod
    def open(cls, ground: Ground) -> "Tools":
        """Open everything; nothing is connected before it is used."""
        settings = ground.settings.providers
        return cls(
            ground=ground,
            engines=Engines(ground.settings),
            remotes=registry.configured(settings),
            results=Outbound(allow=settings.networks, timeout_seconds=settings.download_seconds),
            inputs=Outbound(
                allow=ground.settings.security.input_networks,
                timeout_seconds=ground.settings.uploads.fetch_seconds,
            ),
            # Sites that answer slowly must leave slots to jobs that start from nothing.
            fetching=BoundedSemaphore(max(1, ground.settings.work.slots // 2)),
            most_bytes=settings.max_result_bytes,
            longest_attempt=timedelta(seconds=settings.attempt_seconds),
            certain_after=timedelta(seconds=settings.lost_answer_seconds),
            budgets=Budgets(ground.settings.broker, most_at_once=settings.concurrency),
            breakers=Breakers(ground.settings.broker, settings),
            timing=Timing(ground),
        )

    def leave(self, provider: str, job_id: str) -> None:
        """Leave a job's place at its provider to the next in line."""
        self.budgets.give_back(provider, job_id)
        self.call_next(provider)

    def call_next(self, provider: str) -> None:
        """Call the next job in line, where there may be one."""
        if not self.budgets.are_limited:
            return
        with self.ground.transaction() as session:
            called = lines.call_next(session, provider)
        if called is not None:
            # Else whoever comes by meanwhile would take it.
            self.budgets.admit(provider, called, seconds=_CALLED_SECONDS)

    def close(self) -> None:
        """Give back what is our own; the ground is its owner's to close."""
        self.budgets.close()
        self.breakers.close()
