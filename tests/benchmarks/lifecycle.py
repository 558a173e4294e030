"""What a job costs from its submission to its webhook, beside the least that it can cost."""

import argparse
import math
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from tests.benchmarks import contestants
from tests.benchmarks.contestants import Contestant, Load
from tests.benchmarks.costs import spread
from tests.benchmarks.stores import Storage

_WARM_UP = 40
_IDLE_SECONDS = 10.0

Cost = Mapping[str, float]


@dataclass(frozen=True)
class Round:
    """CPU ms a job by process, and how many seconds a job took."""

    cpu: Cost
    seconds: float

    @property
    def ours(self) -> float:
        """All processes together, but for the S3 server: it is nobody's."""
        return _without_s3(self.cpu)


@dataclass
class Rounds:
    """What one contestant cost under one load, round by round."""

    rounds: list[Round] = field(default_factory=list)

    def totals(self, idle: float = 0.0) -> list[float]:
        """Return CPU ms a job, without so many ms a second that would have been spent anyway."""
        return [one.ours - idle * one.seconds for one in self.rounds]

    def parts(self) -> str:
        """Write down the medians of the processes."""
        names = self.rounds[0].cpu
        medians = {name: median(one.cpu[name] for one in self.rounds) for name in names}
        return _parts(medians, digits=2)


Results = dict[tuple[Load, str], Rounds]


def measure(everybody: Sequence[Contestant], *, jobs: Mapping[Load, int], rounds: int) -> Results:
    """Let all take turns; the first turn of each is not counted."""
    results: Results = defaultdict(Rounds)
    for one in everybody:
        for load in Load:
            one.carry_out(min(_WARM_UP, jobs[load]), load)
    for number in range(rounds):
        for load in Load:
            for one in everybody:
                results[load, one.name].rounds.append(_cost(one, jobs[load], load))
        sys.stderr.write(f"round {number + 1} of {rounds}\n")
    for one in everybody:
        one.check()
    return results


def _cost(one: Contestant, jobs: int, load: Load) -> Round:
    begun, before = time.monotonic(), one.meter.read()
    one.carry_out(jobs, load)
    seconds = time.monotonic() - begun
    cpu = {name: 1000 * spent / jobs for name, spent in one.meter.since(before).items()}
    return Round(cpu, seconds / jobs)


def measure_idle(
    everybody: Sequence[Contestant], *, seconds: float = _IDLE_SECONDS
) -> dict[str, Cost]:
    """Return the CPU ms a second of everybody who has nothing to do, by process."""
    before = {one.name: one.meter.read() for one in everybody}
    time.sleep(seconds)
    return {
        one.name: {
            name: 1000 * spent / seconds
            for name, spent in one.meter.since(before[one.name]).items()
        }
        for one in everybody
    }


def lines(results: Results, idle: Mapping[str, Cost]) -> Iterator[str]:
    """Yield the tables: CPU ms a job (or CPU s a 1,000 jobs) with ratios to Limner's rivals."""
    names = list(dict.fromkeys(name for _, name in results))
    for load in Load:
        # Alone, a job is mostly waited for, and idling is counted all that time.
        is_alone = load is Load.ALONE
        less = " less what idling costs in that time" if is_alone else ""
        yield f"\n{load}: CPU ms a job{less}, median [min-max]"
        totals = {
            name: results[load, name].totals(_without_s3(idle[name]) if is_alone else 0.0)
            for name in names
        }
        for name, mine in totals.items():
            # The clock of processes has ticks of 10 ms: a few jobs may cost none.
            ratio = median(totals[names[0]]) / (median(mine) or math.nan)
            parts = results[load, name].parts()
            yield f"{name:<16} {spread(mine):<22} limner is x {ratio:.2f}   ({parts})"
    yield "\nidle: CPU ms a second"
    for name in names:
        yield f"{name:<16} {_without_s3(idle[name]):<6.1f} ({_parts(idle[name], digits=1)})"


def _without_s3(cost: Cost) -> float:
    return sum(cost.values()) - cost.get(Storage.S3, 0.0)


def _parts(cost: Cost, *, digits: int) -> str:
    apart = [
        f"{'apart: ' if name == Storage.S3 else ''}{name} {spent:.{digits}f}"
        for name, spent in cost.items()
    ]
    return ", ".join(apart)


def main() -> None:
    """Measure, and print what came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.lifecycle")
    parser.add_argument("--jobs", type=int, default=1_000, help="all at once")
    parser.add_argument("--alone", type=int, default=200, help="one by one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--storage", type=Storage, choices=list(Storage), default=Storage.FOLDER)
    given = parser.parse_args()
    with ExitStack() as stack:
        limner = stack.enter_context(contestants.limner(given.storage))
        everybody: list[Contestant] = [limner]
        everybody.append(stack.enter_context(contestants.cheapest_loop(given.storage)))
        if contestants.peers_are_installed():
            everybody.append(stack.enter_context(contestants.dramatiq(given.storage)))
            everybody.append(stack.enter_context(contestants.huey(given.storage)))
        else:
            print("Dramatiq and Huey are left out: `make peers` installs them.")  # noqa: T201
        everybody.append(stack.enter_context(contestants.tutorial_celery()))
        jobs = {Load.ALONE: given.alone, Load.AT_ONCE: given.jobs}
        results = measure(everybody, jobs=jobs, rounds=given.rounds)
        idle = measure_idle(everybody)
        print("\n".join(lines(results, idle)))  # noqa: T201
        print(f"\nreads a job: {limner.caller.reads / limner.done:.1f}")  # noqa: T201


if __name__ == "__main__":
    main()
