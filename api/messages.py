"""Server-sent events as they are written (HTML, "Server-sent events")."""

import json
import re
from dataclasses import dataclass

from shared.errors import Fault, InvalidRequest
from shared.jobs.feed import Event

LAST_SEEN = "Last-Event-ID"

# A client whose connection ends comes back after so many milliseconds.
BEGINNING = b"retry: 2000\n\n"
# A comment: nothing happened, and the connection is alive.
HEARTBEAT = b":\n\n"

_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Message:
    """An event, ready to be sent; ``is_last`` says that nothing more happens to its job."""

    number: int
    text: bytes
    is_last: bool


def write(event: Event) -> Message:
    """Write an event down: its number as ``id``, its type, and the job."""
    # JSON has its line breaks escaped, so it is one line.
    body = json.dumps(event.data, ensure_ascii=False, separators=(",", ":"))
    text = f"id: {event.number}\nevent: {event.type}\ndata: {body}\n\n"
    return Message(event.number, text.encode(), event.type.is_an_end)


def standing(number: int | None) -> bytes:
    """Say where the stream stands, without an event: who comes back goes on from here."""
    return HEARTBEAT if number is None else f"id: {number}\n\n".encode()


def last_seen(header: str | None) -> int | None:
    """Return the number of the last event that the caller has seen, if it says so.

    Raises :class:`InvalidRequest` that names the header.
    """
    text = (header or "").strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        message = "Must be the `id` of an event that was sent here."
        raise InvalidRequest([Fault(f"header.{LAST_SEEN}", message)])
    return int(text)
