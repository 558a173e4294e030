"""The durable job on Dramatiq, set up as its guide has it."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from tests.benchmarks import durable

dramatiq.set_broker(RedisBroker(url=os.environ["BROKER"]))


def carry_out(job: str) -> None:
    """Carry out one job."""
    durable.mine().carry_out(job)


_actor = dramatiq.actor(carry_out)


def push(job: str) -> None:
    """Bring a job to a worker."""
    _actor.send(job)
