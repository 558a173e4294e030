"""Waiting for what happens elsewhere."""

import time
from collections.abc import Callable


def eventually(is_so: Callable[[], bool], seconds: float = 20) -> bool:
    """Look until something is so; says whether it came to be. A bound, never a measurement."""
    until = time.monotonic() + seconds
    while not (result := is_so()) and time.monotonic() < until:
        time.sleep(0.01)
    return result
