"""Hears what happens to jobs, for everybody who waits here: one subscription a process."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from shared import log
from shared.broker import Broker
from shared.db.database import AWAY
from shared.errors import BrokerUnavailable
from shared.signals import JobMoved

_logger = log.get(__name__)

_LOOK_EVERY_SECONDS = 2.0
_RECONNECT_AFTER_SECONDS = 1.0


class Listener(Protocol):
    """Somebody who wants to know what happens to jobs."""

    def heard(self, moves: Sequence[JobMoved]) -> None:
        """Take note of what has happened just now."""

    def look(self) -> None:
        """See for yourself: news may have been lost."""

    def close(self) -> None:
        """There is no more news."""


class Lookout:
    """A thread that passes the broker's news on, and has everybody look now and then.

    Once the process is stopping, everybody is let go: nobody who is held keeps it from that.
    """

    def __init__(
        self, broker: Broker, listeners: Sequence[Listener], *, is_stopping: Callable[[], bool]
    ) -> None:
        self._broker, self._listeners, self._is_stopping = broker, listeners, is_stopping
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._looked_at = 0.0

    def start(self) -> None:
        """Begin with the first who waits: after any fork."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lookout", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not (self._broker.is_closed or self._is_stopping()):
            try:
                for moves in self._broker.news():
                    self._pass_on(moves)
                    if self._is_stopping():
                        break
            except BrokerUnavailable as error:
                _logger.warning("no news", error=str(error))
                self._pass_on([])
                time.sleep(_RECONNECT_AFTER_SECONDS)
        for one in self._listeners:
            one.close()

    def _pass_on(self, moves: Sequence[JobMoved]) -> None:
        for one in self._listeners:
            one.heard(moves)
        if time.monotonic() - self._looked_at < _LOOK_EVERY_SECONDS:
            return
        self._looked_at = time.monotonic()
        for one in self._listeners:
            try:
                one.look()
            except AWAY as error:
                _logger.warning("database away", error=str(error))
