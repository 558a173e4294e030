"""Jobs that stay where they were: written back together, a few times a second."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from shared import log
from shared.ground import Ground
from shared.jobs import lifecycle
from workers.held import HeldJob

_logger = log.get(__name__)

_GATHER_SECONDS = 0.03


class Reparking:
    """Gathers jobs to be parked again, and parks them in one statement.

    What a crash keeps from being written stays on lease, and is parked again by the keeper.
    """

    def __init__(self, ground: Ground, *, drop: Callable[[HeldJob], None]) -> None:
        self._ground, self._drop = ground, drop
        self._apart = timedelta(seconds=ground.settings.webhook.progress_seconds)
        self._gathered: list[tuple[HeldJob, datetime]] = []
        self._some = threading.Event()
        self._lock = threading.Lock()

    def add(self, held: HeldJob, due_at: datetime) -> None:
        """Park this job again soon; it is held until then."""
        with self._lock:
            self._gathered.append((held, due_at))
        self._some.set()

    def run(self, is_over: threading.Event) -> None:
        """Park what is gathered until it is over, and the rest then."""
        while not is_over.is_set():
            if self._some.wait(1.0):
                is_over.wait(_GATHER_SECONDS)
                self.flush()
        self.flush()

    def wake(self) -> None:
        """Make :meth:`run` look whether it is over."""
        self._some.set()

    def flush(self) -> None:
        """Park what is gathered now."""
        self._some.clear()
        with self._lock:
            gathered, self._gathered = self._gathered, []
        if not gathered:
            return
        rows = {one.job.id: (one.job.lease, one.progress, due_at) for one, due_at in gathered}
        # Dropped first: a heartbeat must not prolong the lease of a job that is parked.
        for one, _ in gathered:
            self._drop(one)
        try:
            with self._ground.transaction() as session:
                lifecycle.park_again(session, rows, apart=self._apart)
        except Exception as error:  # noqa: BLE001 - their leases run out, and the keeper parks them
            _logger.warning("not parked again", jobs=len(rows), error=str(error))
