"""A process's own rounds: what keeps every job going while the broker or beat is away."""

import random
import threading
from collections.abc import Callable, Collection, Sequence

from shared import log
from shared.jobs.status import Queue
from shared.signals import Bell

_logger = log.get(__name__)

# Never at the same time as all others, which were perhaps started together.
_SECONDS = (2.0, 4.0)
# After a round that could not do everything.
_SOON_SECONDS = (0.5, 1.0)


class Rounds:
    """Goes round now and every few seconds, and answers by itself what nobody rang for.

    ``go_round`` and ``is_needed_soon`` are the keeper's. ``answer`` must not wait for anything: the
    next round would.
    """

    def __init__(
        self,
        *,
        go_round: Callable[[], Sequence[Bell]],
        is_needed_soon: Callable[[], bool],
        answer: Callable[[Bell], None],
    ) -> None:
        self._go_round, self._is_needed_soon, self._answer = go_round, is_needed_soon, answer

    def run(self, queues: Collection[Queue], is_over: threading.Event) -> None:
        """Look after all queues, and answer for these, until it is over."""
        while not is_over.is_set():
            try:
                for bell in self._go_round():
                    if bell.queue in queues:
                        self._answer(bell)
            except Exception as error:  # noqa: BLE001 - the next round may do better
                _logger.warning("round broken off", error=str(error))
            seconds = _SOON_SECONDS if self._is_needed_soon() else _SECONDS
            is_over.wait(random.uniform(*seconds))
