"""Holds requests until their jobs are over.

Whoever waits is woken by the broker's news, or by one look for all of them now and then: news may
be lost.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import bindparam, select

from api.places import Places
from shared.ground import Ground
from shared.jobs.status import OVER
from shared.jobs.tables import Job
from shared.signals import JobMoved

_HOW_IT_STANDS = select(Job.status, Job.account_id).where(Job.id == bindparam("job_id"))
_THOSE_THAT_GO_ON = select(Job.id).where(
    Job.id.in_(bindparam("job_ids", expanding=True)), Job.finished_at.is_(None)
)


class WaitingRoom:
    """Where requests wait, each in a place of its own."""

    def __init__(self, ground: Ground, places: Places) -> None:
        self._ground, self._places = ground, places
        self._waiting: dict[str, set[threading.Event]] = defaultdict(set)
        self._lock = threading.Lock()
        self._is_closed = False

    def wait(self, job_id: str, seconds: float) -> bool:
        """Hold the caller until the job is over or the time is; says whether the job is over.

        A job that was deleted is over, too. If there is no place it answers at once: the caller can
        ask again.
        """
        if seconds <= 0:
            return self._look(job_id)[1]
        until = time.monotonic() + seconds
        with self._listening(job_id) as news:
            # Looked at only after it listens: no end can slip in between.
            account_id, is_over = self._look(job_id)
            if is_over or not self._places.take(account_id):
                return is_over
            try:
                news.wait(until - time.monotonic())
            finally:
                self._places.leave(account_id)
        return self._look(job_id)[1]

    def heard(self, moves: Sequence[JobMoved]) -> None:
        """Wake those whose jobs are over."""
        self._wake(one.job_id for one in moves if one.is_over)

    def look(self) -> None:
        """Wake those whose jobs are over: one statement for all who wait."""
        with self._lock:
            waiting = [*self._waiting]
        if waiting:
            with self._ground.reading() as session:
                going_on = session.scalars(_THOSE_THAT_GO_ON, {"job_ids": waiting}).all()
            self._wake({*waiting}.difference(going_on))

    def close(self) -> None:
        """Let everybody go, those too who come from now on."""
        with self._lock:
            self._is_closed = True
            waiting = [*self._waiting]
        self._wake(waiting)

    def _wake(self, job_ids: Iterable[str]) -> None:
        with self._lock:
            for job_id in job_ids:
                for news in self._waiting.get(job_id, ()):
                    news.set()

    @contextmanager
    def _listening(self, job_id: str) -> Iterator[threading.Event]:
        news = threading.Event()
        with self._lock:
            self._waiting[job_id].add(news)
            if self._is_closed:
                news.set()
        try:
            yield news
        finally:
            with self._lock:
                self._waiting[job_id].discard(news)
                if not self._waiting[job_id]:
                    del self._waiting[job_id]

    def _look(self, job_id: str) -> tuple[str, bool]:
        with self._ground.reading() as session:
            found = session.execute(_HOW_IT_STANDS, {"job_id": job_id}).one_or_none()
        return (found.account_id, found.status in OVER) if found else ("", True)
