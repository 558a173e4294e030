"""The durable job on Huey, set up as its guide has it."""

import os

from huey import RedisHuey

from tests.benchmarks import durable

huey = RedisHuey("benchmark", url=os.environ["BROKER"])


def carry_out(job: str) -> None:
    """Carry out one job."""
    durable.mine().carry_out(job)


_task = huey.task()(carry_out)


def push(job: str) -> None:
    """Bring a job to a worker."""
    _task(job)
