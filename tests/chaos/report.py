"""The table at the end."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.chaos.audit import Findings
from tests.chaos.faults import Blow
from tests.chaos.recovery import GOAL_SECONDS, Rescue, quantile

_WIDTH = 52
_MOST_SHOWN = 5


def table(title: str, figures: Mapping[str, Any]) -> Iterator[str]:
    """Write figures below a title."""
    yield f"\n{title}"
    for name, value in figures.items():
        shown = f"{value:.1f}" if isinstance(value, float) else value
        yield f"  {name:<{_WIDTH}}{shown:>8}"


def promises(found: Findings) -> Iterator[str]:
    """Write how often each promise was broken: each must be zero."""
    yield from table("Must be zero", {name: len(jobs) for name, jobs in found.broken.items()})


def recoveries(rescues: Sequence[Rescue]) -> Iterator[str]:
    """Write how long jobs stood still."""
    yield f"\nJobs taken from a worker, by what had become of it (goal: 99 % in {GOAL_SECONDS:g} s)"
    for how in sorted({one.how for one in rescues}):
        seconds = [one.seconds for one in rescues if one.how == how]
        line = f"  {how:<10}{len(seconds):>6} jobs"
        if how != "alive":
            in_time = sum(one <= GOAL_SECONDS for one in seconds) / len(seconds)
            line += (
                f"   median {quantile(seconds, 0.5):5.1f} s   p99 {quantile(seconds, 0.99):5.1f} s"
            )
            line += f"   max {max(seconds):5.1f} s   {in_time:6.1%} within the goal"
        yield line


def slow(rescues: Sequence[Rescue], dealt: Sequence[tuple[datetime, Blow]]) -> Iterator[str]:
    """Write what else went wrong while jobs stood still for longer than the goal."""
    late = {(one.since, one.how): one for one in rescues if one.seconds > GOAL_SECONDS}
    for one in late.values():
        blows = [
            f"+{(at - one.since).total_seconds():.0f} {blow.kind}"
            for at, blow in dealt
            if one.since < at < one.at
        ]
        yield f"  {one.seconds:.1f} s after {one.since:%T} {one.how}: {', '.join(blows)}"


def offenders(found: Findings) -> Iterator[tuple[str, str]]:
    """Yield each broken promise with the first jobs that broke it."""
    for name, jobs in found.broken.items():
        for job_id in jobs[:_MOST_SHOWN]:
            yield name, job_id
