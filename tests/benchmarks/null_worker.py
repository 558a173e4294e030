"""Limner's worker with an engine that makes nothing: one picture of 50 KB, always the same."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from celery.signals import worker_ready

from tests.benchmarks.picture import PICTURE
from workers import current
from workers.app import app
from workers.providers.base import Order, Output, ProgressReport

__all__ = ["app"]


class NullEngine:
    """Costs nothing, so that what is left is ours."""

    def make(self, order: Order, *, on_progress: ProgressReport) -> Iterator[Output]:
        """Yield the picture."""
        yield Output(content=PICTURE, seed=order.input["seed"])


@worker_ready.connect
def _put_it_in_place(**_: Any) -> None:
    process = current.process()
    process.tools = replace(process.tools, engines={"sketch": NullEngine()})
