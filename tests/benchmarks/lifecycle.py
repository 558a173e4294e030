"""What a job costs from its submission to its webhook, beside the least that it can cost."""

import argparse
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

_WARM_UP = 40
_IDLE_SECONDS = 5.0


@dataclass
class Rounds:
    """CPU ms a job of one contestant under one load: round by round, by process."""

    rounds: list[Mapping[str, float]] = field(default_factory=list)

    @property
    def totals(self) -> list[float]:
        """All processes together."""
        return [sum(one.values()) for one in self.rounds]

    def parts(self) -> str:
        """Write down the medians of the processes."""
        names = self.rounds[0]
        return ", ".join(f"{name} {median(one[name] for one in self.rounds):.2f}" for name in names)


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


def _cost(one: Contestant, jobs: int, load: Load) -> dict[str, float]:
    before = one.meter.read()
    one.carry_out(jobs, load)
    return {name: 1000 * spent / jobs for name, spent in one.meter.since(before).items()}


def idle_cost(one: Contestant) -> float:
    """Return the CPU ms a second of somebody who has nothing to do."""
    before = one.meter.read()
    time.sleep(_IDLE_SECONDS)
    return 1000 * sum(one.meter.since(before).values()) / _IDLE_SECONDS


def lines(results: Results) -> Iterator[str]:
    """Yield the tables: CPU ms a job (or CPU s a 1,000 jobs) with ratios to Limner's rivals."""
    names = list(dict.fromkeys(name for _, name in results))
    for load in Load:
        yield f"\n{load}: CPU ms a job, median [min-max]"
        for name in names:
            mine = results[load, name]
            ratio = median(results[load, names[0]].totals) / median(mine.totals)
            yield f"{name:<16} {spread(mine.totals):<22} limner is x {ratio:.2f}   ({mine.parts()})"


def main() -> None:
    """Measure, and print what came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.lifecycle")
    parser.add_argument("--jobs", type=int, default=1_000, help="all at once")
    parser.add_argument("--alone", type=int, default=200, help="one by one")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with ExitStack() as stack:
        limner = stack.enter_context(contestants.limner())
        loop = stack.enter_context(contestants.cheapest_loop())
        tutorial = stack.enter_context(contestants.tutorial_celery())
        jobs = {Load.ALONE: given.alone, Load.AT_ONCE: given.jobs}
        results = measure([limner, loop, tutorial], jobs=jobs, rounds=given.rounds)
        print("\n".join(lines(results)))  # noqa: T201
        print(f"\nlimner idle: {idle_cost(limner):.1f} CPU ms a second")  # noqa: T201
        print(f"reads a job: {limner.caller.reads / limner.done:.1f}")  # noqa: T201


if __name__ == "__main__":
    main()
