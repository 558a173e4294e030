"""Somebody wants us to stop: signals as facts to look at, not as interruptions anywhere."""

import signal
import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import FrameType
from typing import Any, Self, TypeVar

from deploy.embedded.errors import StopAsked

_Answer = TypeVar("_Answer")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK = 0.02


class StopWish:
    """Hears SIGINT, SIGTERM and SIGHUP; wakes whoever waits for an event in ``events``."""

    def __init__(self, events: SimpleQueue[Any]) -> None:
        self._events = events
        self._asked = False
        self._urgent = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            # `nohup` asks to be spared SIGHUP.
            if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGINT:
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def is_asked(self) -> bool:
        """Tell whether somebody asked to stop."""
        return self._asked

    def is_urgent(self) -> bool:
        """Tell whether Ctrl-C was pressed again while we were stopping."""
        return self._urgent

    def check(self) -> None:
        """Raise StopAsked if somebody asked to stop."""
        if self._asked:
            raise StopAsked

    def during(self, work: Callable[[], _Answer]) -> _Answer:
        """Return what the work returns; leave it behind as soon as somebody asks to stop."""
        answers: list[_Answer] = []
        errors: list[BaseException] = []

        def carry_out() -> None:
            try:
                answers.append(work())
            except BaseException as error:  # noqa: BLE001 - raised again in the waiting thread
                errors.append(error)

        worker = threading.Thread(target=carry_out, daemon=True)
        worker.start()
        while worker.is_alive():
            worker.join(_LOOK)
            self.check()
        for error in errors:
            raise error
        return answers[0]

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self._urgent = self._urgent or (self._asked and number == signal.SIGINT)
        self._asked = True
        # The only queue that may be used here: putting never waits for a lock.
        self._events.put(None)
