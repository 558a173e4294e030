"""What processes cost: the CPU time and the memory of whole trees of them."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import psutil

_MEGABYTE = 1024 * 1024


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and all below it, the ended and reaped ones included."""
    root = psutil.Process(pid)
    total = 0.0
    for one in [root, *root.children(recursive=True)]:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue  # reaped meanwhile: its parent counts it the next time
        total += times.user + times.system + times.children_user + times.children_system
    return total


@dataclass(frozen=True)
class Memory:
    """The most memory that a process had at once, in megabytes."""

    rss: float = 0.0
    pss: float = 0.0


class MemoryWatch:
    """Looks at the memory of one process twice a second, while it is entered."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.peak = Memory()

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look_on(self) -> None:
        while not self._is_over.wait(0.5):
            now = self._process.memory_full_info()
            self.peak = Memory(
                rss=max(self.peak.rss, now.rss / _MEGABYTE),
                pss=max(self.peak.pss, now.pss / _MEGABYTE),
            )


@dataclass(frozen=True)
class Meter:
    """The CPU time of several trees of processes, by name."""

    pids: Mapping[str, int]

    def read(self) -> dict[str, float]:
        """Return the CPU seconds that each has used until now."""
        return {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    def since(self, before: Mapping[str, float]) -> dict[str, float]:
        """Return the CPU seconds that each has used since then."""
        return {name: now - before[name] for name, now in self.read().items()}


def spread(values: list[float], digits: int = 2) -> str:
    """Write down a median with its smallest and largest."""
    low, middle, high = min(values), median(values), max(values)
    return f"{middle:.{digits}f} [{low:.{digits}f}-{high:.{digits}f}]"
