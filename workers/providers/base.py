"""What a provider is: our request in, our outputs or our errors out. It knows nothing of jobs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

# Told the finished fraction, 0 to 1. It raises when the work is no longer wanted: let it through.
ProgressReport = Callable[[float], None]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to make. ``model`` is the public name, ``route_model`` the provider's own."""

    operation: str
    model: str
    route_model: str
    input: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Output:
    """One finished file, and the seed that makes it again, where there is one."""

    content: bytes
    seed: int | None = None


class Engine(Protocol):
    """Makes media inside this process. Several threads may call it at the same time."""

    def make(self, order: Order, *, on_progress: ProgressReport) -> Iterator[Output]:
        """Yield the outputs one by one; raises the errors of :mod:`shared.errors`."""
