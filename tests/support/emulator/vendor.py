"""What is a vendor's own in its emulator: routes, keys, shapes. The rest is the same for all."""

from dataclasses import dataclass

from tests.support.emulator.faults import Fault
from tests.support.emulator.jobs import Jobs
from tests.support.emulator.wire import Answer, Request, json_answer


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a vendor behaves while nothing goes wrong: its key, and how late its lists are."""

    key: str = "test-id:test-secret"
    list_lag: float = 0.0


class Vendor:
    """One vendor. ``url`` is where it listens; the operations are those of ``faults.OPERATIONS``.

    Files lie under ``/files/`` and are served for it.
    """

    # What a file is answered whose link is dead.
    gone = 404

    def __init__(self, jobs: Jobs, terms: Terms) -> None:
        self.jobs, self.terms, self.url = jobs, terms, ""

    def operation(self, request: Request) -> str | None:
        """Say what is asked for; nothing if there is no such route, or not by this method."""
        raise NotImplementedError

    def admits(self, request: Request) -> bool:
        """Say whether the key is the right one, shown in the right way."""
        raise NotImplementedError

    def error(self, status: int, fault: Fault | None = None) -> Answer:
        """Answer with an error in the vendor's own shape."""
        return json_answer(status, {"detail": "As ordered." if fault else "No."})

    def answer(self, operation: str, request: Request, fault: Fault | None) -> Answer:
        """Do what is asked for, so far as nothing is ordered to go wrong with it."""
        raise NotImplementedError
