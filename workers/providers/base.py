"""What a provider is: our request in, its outputs or our errors out. It knows nothing of jobs.

A local :class:`Engine` makes media inside this process. A :class:`Remote` is asked over HTTP:
``submit`` hands the order over, once, and what comes back is either the result or a ticket with
which to ask again. Errors are those of :mod:`shared.errors`, and their class says what is known:

* :class:`~shared.errors.NotSubmitted`: nothing reached the provider; trying again is free.
* :class:`~shared.errors.OutcomeUnknown`: it may have reached it; it must not be sent again.
* any other temporary error: the provider answered that it did not take the order.
* a permanent error: the provider answered that it never will.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from shared.jobs.status import Role

# Told the finished fraction, 0 to 1. It raises when the work is no longer wanted: let it through.
ProgressReport = Callable[[float], None]

# What a provider gave us to ask again: JSON, with the provider's own id under "id".
Ticket = Mapping[str, str]


# What a provider says that it charged, in its own units: {"credits": 4.0, "usd": 0.04}.
Cost = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file that an order starts from.

    ``link`` opens without a key, and is the same whenever the same order is put together: so an
    order can be found again by it. ``open`` begins to read the file itself, piece by piece; it
    raises :class:`shared.errors.InputUnusable` if it is gone. What has the same ``key`` is the
    same file.
    """

    content_type: str
    link: str
    open: Callable[[], Iterable[bytes]]
    key: str = ""

    def read(self) -> bytes:
        """Return the file."""
        return b"".join(self.open())

    def save(self, path: Path) -> None:
        """Write the file to a new one here; little of it is in memory at a time."""
        with path.open("xb") as file:
            for piece in self.open():
                file.write(piece)


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to make. ``model`` is the public name, ``route_model`` the provider's own.

    ``sources`` are the files that the input names, by where it names them.
    """

    kind: str
    operation: str
    model: str
    route_model: str
    input: Mapping[str, Any]
    sources: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Output:
    """One finished file, and the seed that makes it again, where there is one.

    A picture of a result comes right behind it, with a ``role`` that says so.
    """

    content: bytes
    seed: int | None = None
    role: Role = Role.RESULT


@dataclass(frozen=True, kw_only=True)
class MadeFile:
    """One finished file that lies on this machine's disk, until the next one is asked for.

    ``warnings`` are what its caller should know about it.
    """

    path: Path
    seed: int | None = None
    role: Role = Role.RESULT
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Download:
    """One finished file that lies at the provider; the address opens without a key."""

    url: str
    seed: int | None = None
    role: Role = Role.RESULT


@dataclass(frozen=True)
class Accepted:
    """The provider has taken the order and will carry it out, at this cost if it says so."""

    ticket: Ticket
    cost: Cost | None = None


@dataclass(frozen=True)
class Pending:
    """Not finished yet. ``progress`` is a fraction, 0 to 1, where the provider tells."""

    progress: float | None = None


@dataclass(frozen=True)
class Finished:
    """Everything is there, or as much of it as there will be, at this cost if that is told."""

    outputs: Sequence[Output | Download]
    cost: Cost | None = None


class Engine(Protocol):
    """Makes media inside this process. Several threads may call it at the same time."""

    def make(self, order: Order, *, on_progress: ProgressReport) -> Iterator[Output | MadeFile]:
        """Yield the outputs one by one; raises the errors of :mod:`shared.errors`.

        What it needs meanwhile it gives back when the iterator is closed.
        """


class Remote(Protocol):
    """One vendor, spoken to over HTTP. Several threads may call it at the same time.

    Pictures may come in another size or format than the order's: they are brought to it here.
    """

    def remarks(self, order: Order) -> Sequence[str]:
        """Say in sentences what of an order it leaves out. What must not be left out is refused."""

    def submit(self, order: Order) -> Accepted | Finished:
        """Hand the order over: one POST, never repeated in here.

        A vendor that makes one file at a time is sent one POST for each, in turn. If the first was
        taken and a later one was not, there will be fewer files; none is asked for again.
        """

    def poll(self, ticket: Ticket) -> Pending | Finished:
        """Ask how it stands. A failed order raises; a status that we do not know is an error."""

    def cancel(self, ticket: Ticket) -> None:
        """Ask to stop it. That it is over already is no error."""

    def find(self, order: Order, *, since: datetime) -> Sequence[Ticket] | None:
        """Look for orders like this one that were submitted since then, oldest first.

        An empty answer means that the provider never got it; None, that it cannot be asked.
        """
