"""What this process sees of how long jobs take and how many leave the queues, written together."""

import threading
from collections import Counter, defaultdict

from shared.ground import Ground
from shared.jobs import times
from shared.jobs.tables import Job
from shared.jobs.times import Work


class Timing:
    """Gathers measurements. A crash loses those of a few seconds, which matters to nobody."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._lock = threading.Lock()
        self._taken: dict[Work, list[float]] = defaultdict(list)
        self._left: Counter[str] = Counter()

    def made(self, work: Work, seconds: float) -> None:
        """Note how long work that succeeded took."""
        with self._lock:
            self._taken[work].append(seconds)

    def left(self, job: Job) -> None:
        """Note that a job has left its queue."""
        with self._lock:
            self._left[job.kind] += 1

    def flush(self) -> None:
        """Write down what was gathered."""
        with self._lock:
            taken, self._taken = self._taken, defaultdict(list)
            left, self._left = self._left, Counter()
        if not taken and not left:
            return
        with self._ground.transaction() as session:
            times.record(session, taken, left)
