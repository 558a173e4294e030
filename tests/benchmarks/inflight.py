"""Thousands of jobs at a provider at once, with one worker: their cost, and how late they end."""

import argparse
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from shared import clock
from shared.ground import Ground
from shared.jobs import requests, submission
from tests.benchmarks import keeping, stand
from tests.benchmarks.costs import Memory, MemoryWatch, cpu_seconds
from tests.support.emulator import Emulator, running
from workers import pacing

_BATCH = 500
_STANDING = text(
    "SELECT count(*) FILTER (WHERE status = 'succeeded') AS succeeded,"
    " count(*) FILTER (WHERE waiting_for = 'provider') AS at_provider,"
    " count(*) FILTER (WHERE worker IS NOT NULL) AS held,"
    " max(finished_at) AS last_end FROM jobs"
)


@dataclass(frozen=True)
class Moment:
    """How everything stands."""

    at: datetime
    cpu: float
    submits: int
    polls: int
    succeeded: int
    at_provider: int
    held: int
    last_end: datetime | None


@dataclass(frozen=True)
class Report:
    """What came out."""

    jobs: int
    duplicates: int
    memory: Memory
    begun: Moment
    handed_over: Moment
    first_end: Moment
    last_end: Moment
    most_in_flight: int
    most_held: int
    slots: int
    seconds: float

    @property
    def is_told_apart(self) -> bool:
        """Say whether there was a time for polls alone: all handed over, and none over yet."""
        return self.handed_over.succeeded == 0

    @property
    def poll_ms(self) -> float:
        """CPU for one poll, while there was nothing else to do."""
        polls = self.first_end.polls - self.handed_over.polls
        return 1000 * (self.first_end.cpu - self.handed_over.cpu) / max(1, polls)

    @property
    def submit_ms(self) -> float:
        """CPU for one submit: of that time, what the polls did not take."""
        polls = self.handed_over.polls - self.begun.polls
        return (1000 * (self.handed_over.cpu - self.begun.cpu) - polls * self.poll_ms) / self.jobs

    @property
    def late(self) -> float:
        """Seconds from the provider's last end to ours."""
        assert self.last_end.last_end is not None
        over = self.handed_over.at + timedelta(seconds=self.seconds)
        return (self.last_end.last_end - over).total_seconds()

    @property
    def poll_interval(self) -> float:
        """The longest wait between two polls of a job of that age, in seconds."""
        accepted = clock.now()
        age = timedelta(seconds=self.seconds)
        waits = [
            pacing.next_poll(accepted + age, accepted_at=accepted) - accepted - age
            for _ in range(100)
        ]
        return max(waits).total_seconds()

    def lines(self) -> Iterator[str]:
        """Yield the report, one figure a line."""
        yield f"jobs                       {self.jobs}, all succeeded"
        yield f"in flight at once, most    {self.most_in_flight}"
        yield f"held by the worker, most   {self.most_held} (it has {self.slots} slots)"
        yield f"submits, duplicates        {self.last_end.submits}, {self.duplicates}"
        yield f"polls                      {self.last_end.polls}"
        yield f"peak RSS, PSS              {self.memory.rss:.0f} MB, {self.memory.pss:.0f} MB"
        if self.is_told_apart:
            yield f"worker CPU a submit        {self.submit_ms:.2f} ms"
            yield f"worker CPU a poll          {self.poll_ms:.2f} ms"
        else:
            yield "worker CPU a submit, poll  overlap: ask for more --seconds"
        yield f"last end after provider's  {self.late:.1f} s"
        yield f"poll interval by then      {self.poll_interval:.1f} s"


def measure(jobs: int, seconds: float) -> Report:
    """Keep so many jobs in flight, each for so many seconds at the provider."""
    with ExitStack() as stack:
        on = stack.enter_context(stand.servers())
        provider = stack.enter_context(running(seconds=seconds))
        here, environment = stack.enter_context(stand.ground(on, **_of_provider(provider)))
        account_id, *_ = stand.open_account(here, places=jobs)
        started = stand.commands("worker", "webhook", "beat", **{"image,video,3d": "image"})
        pids = stack.enter_context(stand.processes(started, environment, logs=on.folder))
        watch = stack.enter_context(MemoryWatch(pids["worker"]))
        run = _Run(here, provider, pids["worker"])
        begun = run.look()
        _submit(here, account_id, jobs)
        handed_over = run.until(lambda now: now.submits >= jobs, seconds=1800)
        first_end = run.until(lambda now: now.succeeded > 0, seconds=seconds + 60)
        last_end = run.until(lambda now: now.succeeded >= jobs, seconds=1800)
        return Report(
            jobs=jobs,
            duplicates=provider.counts()["duplicates"],
            memory=watch.peak,
            begun=begun,
            handed_over=handed_over,
            first_end=first_end,
            last_end=last_end,
            most_in_flight=run.most_in_flight,
            most_held=run.most_held,
            slots=here.settings.work.slots + here.settings.work.poll_slots,
            seconds=seconds,
        )


class _Run:
    """One run, looked at again and again."""

    def __init__(self, here: Ground, provider: Emulator, worker: int) -> None:
        self._here, self._provider, self._worker = here, provider, worker
        self.most_in_flight = self.most_held = 0

    def look(self) -> Moment:
        """Say how everything stands."""
        counts = self._provider.counts()
        with self._here.database.connection() as connection:
            standing: dict[str, Any] = dict(connection.execute(_STANDING).one()._mapping)
        self.most_held = max(self.most_held, standing["held"])
        in_flight = counts["submits"] - standing["succeeded"]
        self.most_in_flight = max(self.most_in_flight, in_flight)
        return Moment(
            at=clock.now(),
            cpu=cpu_seconds(self._worker),
            submits=counts["submits"],
            polls=counts["asked"].get("status", 0),
            **standing,
        )

    def until(self, is_so: Any, *, seconds: float) -> Moment:
        """Look until something is so."""
        give_up = time.monotonic() + seconds
        while not is_so(now := self.look()):
            assert time.monotonic() < give_up, now
            time.sleep(0.25)
        return now


def _of_provider(provider: Emulator) -> dict[str, str]:
    return {
        "LIMNER_FAL_KEY": provider.key,
        "LIMNER_FAL_QUEUE_URL": provider.url,
        "LIMNER_FAL_API_URL": provider.api_url,
    }


def _submit(here: Ground, account_id: str, jobs: int) -> None:
    for start in range(0, jobs, _BATCH):
        with here.transaction() as session:
            for number in range(start, min(start + _BATCH, jobs)):
                of_input = {"prompt": f"fox {number}", "width": 64, "height": 64}
                draft = requests.read({"kind": "image", "input": of_input}, here.catalog)
                submission.submit(session, account_id=account_id, origin="bench", draft=draft)


@contextmanager
def _titled(title: str) -> Iterator[None]:
    print(f"\n{title}\n{'-' * len(title)}", flush=True)  # noqa: T201
    yield


def main() -> None:
    """Measure, and print what came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.inflight")
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=600.0, help="a job's time there")
    parser.add_argument("--finished", type=int, default=1_000_000, help="rows for the keeper")
    given = parser.parse_args()
    with _titled("The keeper, by finished jobs in the table"):
        print("\n".join(keeping.measure(1_000, given.finished).lines()), flush=True)  # noqa: T201
    with _titled(f"{given.jobs} jobs in flight, one worker"):
        print("\n".join(measure(given.jobs, given.seconds).lines()), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
