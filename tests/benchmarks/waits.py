"""Thousands of connections held by one API process: its memory, and what a submission takes."""

import argparse
import http.client
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import psutil
import redis

from shared.accounts import keys
from shared.ground import Ground
from shared.jobs import requests, submission
from shared.jobs.tables import Job
from tests.benchmarks import stand
from tests.benchmarks.costs import Memory, MemoryWatch, cpu_seconds
from tests.benchmarks.holding import Holders, Standing, Way, Wish, holders

_ACCOUNTS = 50
# More than are counted for a position: so a submission costs the same before and after.
_WAITING_ALREADY = 1_200
_SPARE_THREADS = 200
_IDLE_SECONDS = 5.0
_BODY = json.dumps({"kind": "image", "input": {"prompt": "a red fox"}}).encode()


@dataclass(frozen=True)
class Answers:
    """How long submissions took, in seconds, in order of time."""

    seconds: Sequence[float]

    def within(self, share: float) -> float:
        """Return within how many milliseconds so many of them were answered."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True)
class Report:
    """What came out."""

    connections: Mapping[Way, int]
    before: Memory
    held: Memory
    threads: int
    idle_ms: float
    subscriptions: int
    database_connections: int
    alone: Answers
    beside: Answers
    told: int
    seconds_to_end: float

    @property
    def ratio(self) -> float:
        """How much longer 99 of 100 submissions take beside those that are held."""
        return self.beside.within(0.99) / self.alone.within(0.99)

    def lines(self) -> Iterator[str]:
        """Yield the report as a table."""
        count = sum(self.connections.values())
        ways = ", ".join(f"{number} {way}" for way, number in self.connections.items())
        each = 1024 * (self.held.pss - self.before.pss) / count
        yield f"held                      {count}: {ways}"
        yield f"events told meanwhile     {self.told}, none lost"
        yield f"peak RSS, PSS             {self.held.rss:.0f} MB, {self.held.pss:.0f} MB"
        yield f"before                    {self.before.rss:.0f} MB, {self.before.pss:.0f} MB"
        yield f"each                      {each:.0f} KB of PSS"
        yield f"threads                   {self.threads}"
        yield f"CPU while nothing happens {self.idle_ms:.0f} ms a second"
        yield f"subscriptions in Valkey   {self.subscriptions}"
        yield f"connections to Postgres   {self.database_connections}"
        yield f"all over after            {self.seconds_to_end:.1f} s"
        yield "a submission, in ms         p50     p95     p99     max"
        for name, answers in (("nobody held", self.alone), ("beside them", self.beside)):
            figures = "".join(f"{answers.within(share):8.1f}" for share in (0.5, 0.95, 0.99, 1.0))
            yield f"  {name:<22}{figures}"
        yield f"ratio of p99              {self.ratio:.2f}"


def measure(connections: int, *, submissions: int, rate: float) -> Report:
    """Measure submissions alone, beside so many held connections, and alone again."""
    with ExitStack() as stack:
        on = stack.enter_context(stand.servers())
        settings = {
            "LIMNER_WEB_PROCESSES": "1",
            "LIMNER_WEB_THREADS": str(connections + _SPARE_THREADS),
            "LIMNER_MAX_WAIT_SECONDS": "600",
            "LIMNER_STREAM_SECONDS": "3600",
            "LIMNER_LOCAL_ENGINES": "fallback",
        }
        here, environment = stack.enter_context(stand.ground(on, **settings))
        callers = _open_accounts(here)
        waiting = _fill(here, callers, max(_WAITING_ALREADY, connections))
        started = stack.enter_context(
            stand.processes(stand.commands("web"), environment, logs=on.folder)
        )
        port = here.settings.http.port
        stand.wait_until_it_answers(port, "/healthz")
        [process] = psutil.Process(started["web"]).children()
        run = _Run(here, process, port, callers)
        return run.measure(connections, waiting, submissions=submissions, rate=rate)


class _Run:
    """One run; callers are accounts with a key each."""

    def __init__(
        self, here: Ground, process: psutil.Process, port: int, callers: Mapping[str, str]
    ) -> None:
        self._here, self._process, self._port = here, process, port
        self._keys = [*callers.values()]

    def measure(
        self, connections: int, waiting: Sequence[tuple[str, str]], *, submissions: int, rate: float
    ) -> Report:
        self._submit(min(submissions, 100), rate)  # so that nothing is done for the first time
        with MemoryWatch(self._process.pid) as watch:
            alone = self._submit(submissions, rate)
        before = watch.peak
        wishes = self._wishes(connections, waiting)
        with holders(self._port) as held, MemoryWatch(self._process.pid) as watch:
            self._hold(held, wishes)
            idle_ms = self._idle()
            beside = self._submit(submissions, rate)
            told = self._check_told(held, wishes, submissions)
            threads, subscriptions = self._process.num_threads(), self._subscriptions()
            database_connections = self._database_connections()
            seconds_to_end = self._end(held, wishes)
        alone += self._submit(submissions, rate)
        return Report(
            connections={way: sum(one.way is way for one in wishes) for way in Way},
            before=before,
            held=watch.peak,
            threads=threads,
            idle_ms=idle_ms,
            subscriptions=subscriptions,
            database_connections=database_connections,
            alone=Answers(alone),
            beside=Answers(beside),
            told=told,
            seconds_to_end=seconds_to_end,
        )

    def _wishes(self, connections: int, waiting: Sequence[tuple[str, str]]) -> Sequence[Wish]:
        """Return half waits, and streams of accounts and of jobs; accounts first."""
        streams = connections // 4
        accounts = [Wish(Way.ACCOUNT, self._key(number)) for number in range(streams)]
        jobs = [Wish(Way.JOB, key, job_id) for job_id, key in waiting[:streams]]
        waits = [Wish(Way.WAIT, self._key(n)) for n in range(connections - 2 * streams)]
        return [*accounts, *jobs, *waits]

    def _key(self, number: int) -> str:
        return self._keys[number % len(self._keys)]

    def _hold(self, held: Holders, wishes: Sequence[Wish]) -> None:
        """Connect everybody; an account's stream must have begun before its jobs come."""
        streams = [one for one in wishes if one.way is not Way.WAIT]
        held.ask(streams)
        _until(lambda: held.look().unanswered == 0)
        assert {one.status for one in held.look().held} == {200}
        time.sleep(1.0)
        held.ask(wishes[len(streams) :])
        _until(lambda: self._process.num_threads() >= len(wishes))
        time.sleep(1.0)

    def _idle(self) -> float:
        before = cpu_seconds(self._process.pid)
        time.sleep(_IDLE_SECONDS)
        return 1000 * (cpu_seconds(self._process.pid) - before) / _IDLE_SECONDS

    def _submit(self, count: int, rate: float) -> list[float]:
        """Submit at a rate, over one connection; a late one does not make the next one late."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        begun_at, taken = time.perf_counter(), []
        for number in range(count):
            due_at = begun_at + number / rate
            time.sleep(max(0.0, due_at - time.perf_counter()))
            sent_at = time.perf_counter()
            headers = {"Authorization": f"Bearer {self._key(number)}"}
            connection.request("POST", "/v1/jobs", _BODY, headers)
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - sent_at)
            assert answer.status == 202
        connection.close()
        return taken

    def _check_told(self, held: Holders, wishes: Sequence[Wish], submissions: int) -> int:
        """Wait until every stream of an account was told of each of its jobs, once."""
        made = [one.key for one in wishes if one.way is Way.WAIT]
        made += [self._key(number) for number in range(submissions)]
        expected = [
            made.count(one.key) if one.way is Way.ACCOUNT else int(one.way is Way.JOB)
            for one in wishes
        ]
        _until(lambda: [one.events.total() for one in held.look().held] == expected)
        return sum(expected)

    def _end(self, held: Holders, wishes: Sequence[Wish]) -> float:
        """Cancel everything; returns after how long everybody who waited for an end was told."""
        begun_at = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        for key in self._keys:
            more = True
            while more:
                headers = {"Authorization": f"Bearer {key}"}
                connection.request("POST", "/v1/jobs/cancel", b'{"all": true}', headers)
                more = json.loads(connection.getresponse().read())["more"]
        connection.close()
        of_jobs = [number for number, one in enumerate(wishes) if one.way is not Way.ACCOUNT]
        _until(lambda: _are_over(held.look(), of_jobs))
        seconds = time.perf_counter() - begun_at
        assert {held.look().held[number].status for number in of_jobs} == {200}
        return seconds

    def _subscriptions(self) -> int:
        with redis.Redis.from_url(self._here.settings.broker.url) as client:
            return int(client.pubsub_numsub("limner:news")[0][1])

    def _database_connections(self) -> int:
        ours = self._process.net_connections("tcp")
        port = int(self._here.settings.database.url.rpartition(":")[2].partition("/")[0])
        return sum(bool(one.raddr) and one.raddr.port == port for one in ours)


def _open_accounts(here: Ground) -> Mapping[str, str]:
    """Open accounts that may do much at once; returns a key for each."""
    opened = {}
    with here.transaction() as session:
        for number in range(_ACCOUNTS):
            account = keys.open_account(session, f"benchmark {number}")
            _, opened[account.id] = keys.create(session, account, name="benchmark")
    return opened


def _fill(here: Ground, accounts: Mapping[str, str], count: int) -> Sequence[tuple[str, str]]:
    """Submit jobs that nobody carries out; returns each with the key of its account, in turns."""
    draft = requests.read({"kind": "image", "input": {"prompt": "a red fox"}}, here.catalog)
    filled = []
    for account_id, key in accounts.items():
        drafts = [draft] * math.ceil(count / len(accounts))
        with here.transaction() as session:
            made = submission.submit_many(
                session, account_id=account_id, origin="bench", drafts=drafts
            )
        filled.append([(job.id, key) for job in made if isinstance(job, Job)])
    return [one for together in zip(*filled, strict=True) for one in together]


def _are_over(standing: Standing, numbers: Sequence[int]) -> bool:
    return all(standing.held[number].is_over for number in numbers)


def _until(is_so: Callable[[], bool], *, seconds: float = 120) -> None:
    give_up = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up
        time.sleep(0.2)


def main() -> None:
    """Measure, and print what came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.waits")
    parser.add_argument("--connections", type=int, default=2_000)
    parser.add_argument("--submissions", type=int, default=1_000, help="in each of three rounds")
    parser.add_argument("--rate", type=float, default=20.0, help="submissions a second")
    given = parser.parse_args()
    report = measure(given.connections, submissions=given.submissions, rate=given.rate)
    print("\n".join(report.lines()), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
