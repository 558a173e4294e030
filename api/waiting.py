"""Holds requests until their jobs are over.

One thread a process listens to the broker's news and wakes whoever waits for that job. News may
be lost, so who waits also looks by itself now and then.
"""

import threading
import time
from collections import defaultdict

from sqlalchemy import select

from shared import log
from shared.errors import BrokerUnavailable
from shared.ground import Ground
from shared.jobs.status import OVER
from shared.jobs.tables import Job

_logger = log.get(__name__)

_LOOK_EVERY_SECONDS = 2.0
_RECONNECT_AFTER_SECONDS = 1.0


class WaitingRoom:
    """Where requests wait; it holds at most half of what the process can answer at once."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._places = threading.BoundedSemaphore(max(1, ground.settings.http.threads // 2))
        self._waiting: dict[str, set[threading.Event]] = defaultdict(set)
        self._lock = threading.Lock()
        self._listener: threading.Thread | None = None

    def wait(self, job_id: str, seconds: float) -> bool:
        """Hold the caller until the job is over or the time is; says whether the job is over.

        A job that was deleted is over, too.

        If every place is taken it answers at once: the caller can ask again.
        """
        if seconds <= 0 or not self._places.acquire(blocking=False):
            return self._is_over(job_id)
        try:
            return self._hold(job_id, time.monotonic() + seconds)
        finally:
            self._places.release()

    def _hold(self, job_id: str, until: float) -> bool:
        self._listen()
        news = threading.Event()
        with self._lock:
            self._waiting[job_id].add(news)
        try:
            # Looked at only after the place was taken: no end can slip in between.
            while not (is_over := self._is_over(job_id)) and (left := until - time.monotonic()) > 0:
                news.wait(min(left, _LOOK_EVERY_SECONDS))
            return is_over
        finally:
            self._leave(job_id, news)

    def _leave(self, job_id: str, news: threading.Event) -> None:
        with self._lock:
            self._waiting[job_id].discard(news)
            if not self._waiting[job_id]:
                del self._waiting[job_id]

    def _is_over(self, job_id: str) -> bool:
        with self._ground.reading() as session:
            status = session.scalar(select(Job.status).where(Job.id == job_id))
        return status is None or status in OVER

    def _listen(self) -> None:
        """Start the listener with the first who waits: after any fork."""
        with self._lock:
            if self._listener is None:
                self._listener = threading.Thread(target=self._pass_on, name="news", daemon=True)
                self._listener.start()

    def _pass_on(self) -> None:
        while True:
            try:
                for job_id in self._ground.broker.news():
                    with self._lock:
                        for news in self._waiting.get(job_id, ()):
                            news.set()
                return
            except BrokerUnavailable as error:
                _logger.warning("no news", error=str(error))
                time.sleep(_RECONNECT_AFTER_SECONDS)
