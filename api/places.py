"""How many connections are held at once: some threads are always left for everybody else."""

import threading
from collections import Counter

# Held ones take the rest of the process's threads, or half of them where there are few.
_LEFT_FREE = 32


class Places:
    """Places for those who are held.

    An account gets another one while it has fewer than are free: alone it has half of them at
    most, and there is always one for somebody else.
    """

    def __init__(self, threads: int) -> None:
        self._free = max(1, threads - min(_LEFT_FREE, threads // 2))
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, account_id: str) -> bool:
        """Take a place if there is one for this account."""
        with self._lock:
            if self._taken[account_id] >= self._free:
                return False
            self._taken[account_id] += 1
            self._free -= 1
            return True

    def leave(self, account_id: str) -> None:
        """Give a place back."""
        with self._lock:
            self._free += 1
            self._taken[account_id] -= 1
            if not self._taken[account_id]:
                del self._taken[account_id]
