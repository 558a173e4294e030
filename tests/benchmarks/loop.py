"""The cheapest durable loop: one process takes a job from its row to its webhook, with no frills.

Reads numbers from its input and carries out so many jobs for each, then says ``done``.
"""

import os
import sys
from typing import Any

import redis

from tests.benchmarks import durable


def main() -> None:
    """Carry out as many as asked for, again and again."""
    broker: redis.Redis = redis.Redis.from_url(os.environ["BROKER"])
    mine, queue = durable.mine(), f"loop:{os.getpid()}"
    for line in sys.stdin:
        for _ in range(int(line)):
            broker.lpush(queue, mine.accept())
            found: Any = broker.brpop([queue])
            mine.carry_out(found[1].decode())
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
