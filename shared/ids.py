"""Identifiers: a prefix that names the thing, then 128 bits that sort by time.

The form is that of TypeID 0.3 (github.com/jetify-com/typeid): a UUIDv7 (RFC 9562) in Crockford's
base 32, 26 characters. Ids that one process makes in a row are in order to the millisecond.
"""

import os
import re
import time
from datetime import UTC, datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_SUFFIX = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")


def new(prefix: str) -> str:
    """Return a fresh id such as ``job_01jd3k8v9xf6tq2m5c7h0w4ezr``."""
    return f"{prefix}_{_base32(_uuid7())}"


def first(prefix: str, moment: datetime) -> str:
    """Return what sorts before every id that was made at this moment or later."""
    milliseconds = max(0, int(moment.timestamp() * 1_000))
    return f"{prefix}_{_base32(milliseconds << 80)}"


def made_at(text: str) -> datetime:
    """Return the moment at which an id was made, to the millisecond."""
    return datetime.fromtimestamp((number_of(text) >> 80) / 1000, UTC)


def number_of(text: str) -> int:
    """Return the 128 bits of an id: later ones are larger."""
    number = 0
    for character in text.rpartition("_")[2]:
        number = number << 5 | _ALPHABET.index(character)
    return number


def of_number(prefix: str, number: int) -> str:
    """Return the id that has these 128 bits."""
    return f"{prefix}_{_base32(number)}"


def is_id(text: str, prefix: str) -> bool:
    """Say whether the text could be an id with this prefix."""
    head, _, suffix = text.rpartition("_")
    return head == prefix and _SUFFIX.fullmatch(suffix) is not None


def _uuid7() -> int:
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    high, low = random >> 62 & 0xFFF, random & (1 << 62) - 1
    return milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low


def _base32(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
