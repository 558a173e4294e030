"""One process at work on one queue: takes what it has free slots for, until nothing is due."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from shared import log

_logger = log.get(__name__)

Item = TypeVar("Item")


class Seldom:
    """Calls something, but not again within so many seconds."""

    def __init__(self, call: Callable[[], None], *, seconds: float) -> None:
        self._call, self._seconds = call, seconds
        self._next = -math.inf

    def __call__(self) -> None:
        """Call it, unless that was just done."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self._seconds
            self._call()


class Shift(Generic[Item]):
    """Claims in batches as large as its free slots, and carries out what it claimed concurrently.

    ``claim`` takes up to so many items from the queue. ``carry_out`` sees one item to its end.
    ``heard`` is called before it looks: from then on a bell is for what it may not see.
    ``more`` is called when every free slot got something: there may be work for others too.
    Nothing is claimed for fewer than ``at_least`` free slots: that makes for larger batches.
    """

    def __init__(
        self,
        name: str,
        *,
        slots: int,
        claim: Callable[[int], Sequence[Item]],
        carry_out: Callable[[Item], None],
        heard: Callable[[], None],
        more: Callable[[], None],
        at_least: int = 1,
    ) -> None:
        self._at_least = at_least
        self._claim, self._carry_out, self._heard, self._more = claim, carry_out, heard, more
        self._executor = ThreadPoolExecutor(slots, thread_name_prefix=name)
        self._slots = self._free = slots
        self._changed = threading.Condition()
        self._is_claiming = False
        self._heard_again = False
        self._is_over = False

    def hear(self) -> bool:
        """Answer a bell: claim until nothing is due. Returns when the rest is under way.

        While every slot is taken this waits, so that the next bell goes to another process. A
        bell that rings meanwhile makes the one who claims look once more; to whoever brings that
        one this says false.
        """
        is_first = self._is_first_to_hear()
        if is_first:
            self._claim_until_nothing_is_due()
        return is_first

    def hear_aside(self) -> None:
        """Answer a bell without waiting: in a thread of its own, if nobody claims already."""
        if not self._is_first_to_hear():
            return
        try:
            threading.Thread(target=self._claim_aside, name="aside", daemon=True).start()
        except BaseException:
            self._stop_claiming()
            raise

    def close(self) -> None:
        """Claim nothing more."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until all that is under way is finished; says whether it is."""
        with self._changed:
            is_done = self._changed.wait_for(lambda: self._free == self._slots, timeout=seconds)
        self._executor.shutdown(wait=False)
        return is_done

    def _is_first_to_hear(self) -> bool:
        """Note a bell; says whether it is for the caller to claim, as nobody else does."""
        with self._changed:
            self._heard_again = True
            is_first = not self._is_claiming
            self._is_claiming = True
            return is_first

    def _stop_claiming(self) -> None:
        with self._changed:
            self._is_claiming = False

    def _claim_aside(self) -> None:
        try:
            self._claim_until_nothing_is_due()
        except Exception as error:  # noqa: BLE001 - whoever hears next claims
            _logger.warning("nothing claimed", error=str(error))

    def _claim_until_nothing_is_due(self) -> None:
        try:
            while self._has_heard():
                self._heard()
                while self._claim_once():
                    pass
        except BaseException:
            self._stop_claiming()
            raise

    def _has_heard(self) -> bool:
        """Say whether a bell rang since the last look; if not, whoever comes next claims."""
        with self._changed:
            self._is_claiming = self._heard_again and not self._is_over
            self._heard_again = False
            return self._is_claiming

    def _claim_once(self) -> bool:
        """Fill the free slots; says whether it is worth looking again."""
        free = self._take_free()
        if free == 0:
            return False
        try:
            items = self._claim(free)
        except BaseException:
            self._give_back(free)
            raise
        self._give_back(free - len(items))
        for item in items:
            self._executor.submit(self._see_through, item)
        if len(items) == free:
            self._more()
        return len(items) == free

    def _take_free(self) -> int:
        """Wait for free slots and take them all; none if the shift is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._free >= self._at_least or self._is_over)
            taken, self._free = (0, self._free) if self._is_over else (self._free, 0)
            return taken

    def _give_back(self, count: int) -> None:
        with self._changed:
            self._free += count
            self._changed.notify_all()

    def _see_through(self, item: Item) -> None:
        try:
            self._carry_out(item)
        except Exception:
            # Nothing is lost: its lease runs out, and the keeper gives it to somebody else.
            _logger.exception("left to the keeper", item=str(item))
        finally:
            self._give_back(1)
