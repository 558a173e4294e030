"""The keeper's rounds with few and with many finished jobs in the table: its cost must not grow."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from sqlalchemy import text

from shared.ground import Ground
from tests.benchmarks import stand
from tests.benchmarks.costs import cpu_seconds, spread
from workers import keeper

_ROUNDS = 200
_TURNS = 5
_FINISHED = text(
    "INSERT INTO jobs (id, account_id, origin, kind, operation, model, input, metadata, priority,"
    " status, progress, is_ready, rank, urgency, created_at, started_at, finished_at)"
    " SELECT 'job_' || lpad(n::text, 26, '0'), :account_id, 'bench', 'image', 'generate',"
    " 'sketch', '{\"prompt\": \"a red fox\"}', '{}', 0, 'succeeded', 100, true,"
    " now() - n * interval '1 second', now() - n * interval '1 second',"
    " now() - n * interval '1 second', now(), now()"
    " FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n"
)


@dataclass(frozen=True)
class Cost:
    """What a round took, each figure from one turn of many rounds."""

    finished: int
    cpu_ms: list[float]
    wall_ms: list[float]


@dataclass(frozen=True)
class Report:
    """The same rounds over two sizes of the table."""

    few: Cost
    many: Cost

    @property
    def ratio(self) -> float:
        """How much dearer a round is with many."""
        return median(self.many.cpu_ms) / median(self.few.cpu_ms)

    def lines(self) -> Iterator[str]:
        """Yield the report."""
        for one in (self.few, self.many):
            yield (
                f"{one.finished:>9} finished: CPU {spread(one.cpu_ms)} ms a round"
                f" (Python and Postgres), wall {spread(one.wall_ms)} ms"
            )
        yield f"ratio of CPU: {self.ratio:.2f}"


def measure(few: int, many: int, *, rounds: int = _ROUNDS) -> Report:
    """Let the keeper go round with few and then with many finished jobs."""
    with stand.servers() as on, stand.ground(on) as (here, _):
        account_id, *_ = stand.open_account(here, places=1)
        postgres = on.pids["postgres"]
        _fill(here, account_id, first=1, last=few)
        for _ in range(rounds):
            keeper.keep(here)
        of_few = _cost(here, postgres, few, rounds)
        _fill(here, account_id, first=few + 1, last=many)
        for _ in range(rounds):
            keeper.keep(here)
        return Report(of_few, _cost(here, postgres, many, rounds))


def _fill(here: Ground, account_id: str, *, first: int, last: int) -> None:
    with here.database.connection() as connection:
        connection.execute(_FINISHED, {"account_id": account_id, "first": first, "last": last})
    with here.database.connection() as connection:
        connection.execute(text("ANALYZE jobs"))
        # Else the next minute is spent writing to disk what was just filled in.
    with here.database.connection() as connection:
        connection.execute(text("CHECKPOINT"))


def _cost(here: Ground, postgres: int, finished: int, rounds: int) -> Cost:
    cpu, wall = [], []
    for _ in range(_TURNS):
        begun, mine, its = time.perf_counter(), time.process_time(), cpu_seconds(postgres)
        for _ in range(rounds):
            keeper.keep(here)
        used = time.process_time() - mine + cpu_seconds(postgres) - its
        cpu.append(1000 * used / rounds)
        wall.append(1000 * (time.perf_counter() - begun) / rounds)
    return Cost(finished, cpu, wall)
