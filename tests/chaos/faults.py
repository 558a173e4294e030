"""What goes wrong and when: a plan made from a seed, and the hands that carry it out."""

import random
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis

from shared import clock
from tests.chaos.machines import IMAGE_WORKERS, Machines, kill_server


@dataclass(frozen=True)
class Kind:
    """One kind of blow: how many seconds lie between two, and how long each lasts."""

    every: float
    lasts: tuple[float, float]


KINDS: Mapping[str, Kind] = {
    "kill image worker": Kind(8, (0.2, 1.0)),
    "freeze image worker": Kind(30, (12, 15)),
    "kill courier": Kind(16, (0.2, 1.0)),
    "kill web": Kind(16, (0.2, 1.0)),
    "kill beat": Kind(20, (0.2, 1.0)),
    # A server that dies five times within a minute is given up by its watch.
    "kill valkey": Kind(20, (0, 0)),
    "kill postgres": Kind(20, (0, 0)),
    "flush valkey": Kind(12, (0, 0)),
    "storage away": Kind(25, (2, 4)),
    "receiver away": Kind(20, (3, 6)),
}

PROVIDER_FAULTS: Sequence[Mapping[str, Any]] = (
    {"kind": "cut_before", "share": 0.02},
    {"kind": "cut_after", "share": 0.03},
    {"kind": "garbage", "share": 0.01},
    {"kind": "429", "share": 0.03, "retry_after": 1},
    {"kind": "500", "share": 0.02},
    {"kind": "slow", "share": 0.03, "seconds": 2.0},
    {"kind": "error", "share": 0.02, "type": "internal_error"},
    {"kind": "garbage", "on": "status", "share": 0.02},
    {"kind": "500", "on": "status", "share": 0.02},
    {"kind": "lose", "share": 0.002},
    {"kind": "cut_before", "on": "result", "share": 0.02},
    {"kind": "cut_after", "on": "file", "share": 0.02},
    {"kind": "500", "on": "list", "share": 0.05},
    {"kind": "cut_before", "on": "cancel", "share": 0.1},
)


@dataclass(frozen=True)
class Blow:
    """One thing that goes wrong once."""

    at: float
    kind: str
    target: str
    seconds: float


def plan(seed: int, seconds: float, *, least: int) -> list[Blow]:
    """Spread every kind over the time: one in each of its slots, at random within it."""
    chance = random.Random(seed)
    blows = []
    for name, kind in KINDS.items():
        count = max(least, round(seconds / kind.every))
        for number in range(count):
            at = (number + chance.random()) * seconds / count
            target = chance.choice(IMAGE_WORKERS)
            blows.append(Blow(at, name, target, chance.uniform(*kind.lasts)))
    return sorted(blows, key=lambda blow: blow.at)


class Trouble:
    """Carries out a plan beside the load."""

    def __init__(self, machines: Machines, blows: Sequence[Blow]) -> None:
        self._machines, self._blows = machines, blows
        self.dealt: list[tuple[datetime, Blow]] = []
        self._under_way: list[Future[None]] = []
        # Two blows of a kind never overlap: the end of one would be the end of the other.
        self._locks = {name: threading.Lock() for name in KINDS}
        self._thread = threading.Thread(target=self._run, name="trouble")

    def begin(self) -> None:
        """Begin now, with the provider's faults."""
        for order in PROVIDER_FAULTS:
            self._machines.provider.fault(**order)
        self._thread.start()

    def end(self) -> None:
        """Wait for the last blow, and let the provider be well again."""
        self._thread.join()
        for blow in self._under_way:
            blow.result()
        self._machines.provider.clear_faults()
        self._machines.storage.works()

    def _run(self) -> None:
        begun = time.monotonic()
        with ThreadPoolExecutor(len(KINDS)) as hands:
            for blow in self._blows:
                time.sleep(max(0.0, begun + blow.at - time.monotonic()))
                self._under_way.append(hands.submit(self._deal, blow))

    def _deal(self, blow: Blow) -> None:
        with self._locks[blow.kind]:
            self.dealt.append((clock.now(), blow))
            self._strike(blow)

    def _strike(self, blow: Blow) -> None:
        machines, programs = self._machines, self._machines.programs
        match blow.kind.split(" "):
            case ["kill", "image", "worker"]:
                programs[blow.target].kill(away=blow.seconds)
            case ["freeze", "image", "worker"]:
                programs[blow.target].freeze(seconds=blow.seconds)
            case ["kill", "valkey"]:
                kill_server(machines.valkey)
            case ["kill", "postgres"]:
                kill_server(machines.postgres)
            case ["kill", name]:
                programs[name].kill(away=blow.seconds)
            case _:
                _deal_elsewhere(blow, machines)


def _deal_elsewhere(blow: Blow, machines: Machines) -> None:
    match blow.kind:
        case "flush valkey":
            _flush(machines)
        case "storage away":
            machines.storage.fails()
            time.sleep(blow.seconds)
            machines.storage.works()
        case "receiver away":
            machines.receiver.down()
            time.sleep(blow.seconds)
            machines.receiver.up()


def _flush(machines: Machines) -> None:
    for _ in range(50):
        try:
            machines.flush_broker()
        except redis.RedisError:
            time.sleep(0.1)  # it is being started again
        else:
            return
