"""Leaving a server alone that does not answer, so that nobody waits for it again and again."""

import threading
import time

from shared import log

_logger = log.get(__name__)


class Circuit:
    """What is known of a server that one can do without.

    After a failure it is left alone for a while; then one caller tries it again, and the others
    go on without it until that one has its answer. Its going and its coming are logged, once each.
    """

    def __init__(self, name: str, *, left_alone: float) -> None:
        self._name = name
        self._left_alone = left_alone
        self._lock = threading.Lock()
        self._alone_until = 0.0
        self._is_away = False
        self.done_without = 0

    def may_try(self) -> bool:
        """Say whether to ask the server; if not, that is counted."""
        if not self._is_away:
            return True
        with self._lock:
            if time.monotonic() >= self._alone_until:
                self._alone_until = time.monotonic() + self._left_alone
                return True
            self.done_without += 1
            return False

    def failed(self, error: Exception) -> None:
        """Note that the server did not answer."""
        with self._lock:
            was_away, self._is_away = self._is_away, True
            self._alone_until = time.monotonic() + self._left_alone
            self.done_without += 1
        if not was_away:
            _logger.warning("away", server=self._name, error=str(error))

    def answered(self) -> None:
        """Note that the server answers."""
        if not self._is_away:
            return
        with self._lock:
            was_away, self._is_away = self._is_away, False
            done_without, self.done_without = self.done_without, 0
        if was_away:
            _logger.warning("back", server=self._name, done_without=done_without)
