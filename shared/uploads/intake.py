"""A file as it comes in: looked at, bounded, and stored so that nothing of it is forgotten."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, cast

from sqlalchemy.orm import Session

from shared import clock, ids
from shared.errors import FileTooLarge, StorageUnavailable, UnsupportedMedia
from shared.ground import Ground
from shared.retention import unwanted
from shared.storage.objects import upload_key
from shared.uploads import sniffing

# What has not been taken for somebody's own after so long is removed.
_CLAIMED_WITHIN = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A file that lies in the storage, and has no row yet."""

    key: str
    content_type: str
    bytes: int
    sha256: str
    at: datetime


def store(
    ground: Ground,
    content: Iterable[bytes],
    *,
    most_bytes: int,
    types: Collection[str] = sniffing.TYPES,
) -> Taken:
    """Store a file of one of these types; it is removed again unless somebody calls :func:`claim`.

    Raises :class:`UnsupportedMedia`, :class:`FileTooLarge` and :class:`StorageUnavailable`.
    """
    stream = _Bounded(content, most_bytes)
    content_type = sniffing.content_type(stream.peek(sniffing.HEAD))
    if content_type not in types:
        raise UnsupportedMedia(f"This is {content_type}; what is taken: {', '.join(types)}.")
    key = upload_key(ids.new("file"))
    # Written down before it is stored: whoever dies in between leaves nothing behind.
    with ground.transaction() as session:
        unwanted.doom(session, [key], after=_CLAIMED_WITHIN)
    stored = ground.store.put(key, cast(BinaryIO, stream), content_type=content_type)
    return Taken(
        key=key,
        content_type=content_type,
        bytes=stored.bytes,
        sha256=stored.sha256,
        at=clock.now(),
    )


def claim(session: Session, taken: Taken) -> None:
    """Keep a stored file, in the transaction that gives it its row."""
    if not unwanted.reprieve(session, taken.key):
        raise StorageUnavailable("The file took too long to come, and was removed.")


class _Bounded:
    """What comes in pieces, read like a file, up to so many bytes."""

    def __init__(self, pieces: Iterable[bytes], most_bytes: int) -> None:
        self._pieces = iter(pieces)
        self._left = self._most_bytes = most_bytes
        self._buffer = b""

    def peek(self, size: int) -> bytes:
        """Return up to ``size`` bytes without reading them."""
        while len(self._buffer) < size and (piece := self._next()):
            self._buffer += piece
        return self._buffer[:size]

    def read(self, size: int = -1) -> bytes:
        """Read up to ``size`` bytes; raises :class:`FileTooLarge` beyond the bound."""
        if size < 0:
            self._buffer += b"".join(iter(self._next, b""))
            size = len(self._buffer)
        read, self._buffer = self.peek(size), self._buffer[size:]
        return read

    def _next(self) -> bytes:
        piece = next(self._pieces, b"")
        self._left -= len(piece)
        if self._left < 0:
            raise FileTooLarge(f"The file is larger than {self._most_bytes:,} bytes.")
        return piece
