"""Vendors that answer with the result itself: there is no ticket, and nothing to ask for later.

If such an answer is lost, nobody can say whether the work was done: the job ends as
``outcome_unknown``. While a vendor works, its job keeps a slot of the worker.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.errors import ProviderMisbehaved, ProviderMisconfigured
from workers.providers.base import Finished, Order, Pending, Ticket
from workers.providers.remote.client import Client

_LONGEST_SECONDS = 300.0
_MOST_BYTES = 192 * 1024 * 1024


class Synchronous:
    """What holds for each of them."""

    def poll(self, ticket: Ticket) -> Pending | Finished:
        """Refuse: a ticket is not from here."""
        raise ProviderMisconfigured(f"The ticket {ticket['id']!r} is of another kind of provider.")

    def cancel(self, ticket: Ticket) -> None:
        """Do nothing: there is nothing under way that could be stopped."""

    def find(self, order: Order, *, since: datetime) -> Sequence[Ticket] | None:  # noqa: ARG002
        """Say that it cannot be asked: nothing is kept there."""
        return None


def patient_client() -> Client:
    """Return a client that waits as long as such a vendor works, for pictures in the answer."""
    return Client(
        read_seconds=_LONGEST_SECONDS, deadline_seconds=_LONGEST_SECONDS, max_bytes=_MOST_BYTES
    )


def decoded(text: Any, vendor: str) -> bytes:
    """Return a file that came as base64; raises :class:`ProviderMisbehaved`."""
    try:
        content = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise ProviderMisbehaved(f"{vendor} answered with a file that is no base64.") from error
    if not content:
        raise ProviderMisbehaved(f"{vendor} answered with an empty file.")
    return content
