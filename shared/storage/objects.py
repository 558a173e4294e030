"""Objects as they pass through a store: their keys, and what is learnt on the way."""

import hashlib
import re
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from shared import ids

CHUNK = 256 * 1024

_KEY = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\.[a-z0-9]+")


@dataclass(frozen=True)
class Stored:
    """What was stored."""

    bytes: int
    sha256: str


def artifact_key(artifact_id: str, extension: str) -> str:
    """Return the key of an artifact, spread over 256 folders.

    One folder for all would make every writer wait for the lock on it.
    """
    return f"artifacts/{_fan(artifact_id)}/{artifact_id}.{extension}"


def upload_key(name: str) -> str:
    """Return a key for a file that comes from outside, of whatever type."""
    return f"uploads/{_fan(name)}/{name}.dat"


def _fan(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:2]


def temporary_name() -> str:
    """Return a name that no other writer uses."""
    return ids.new("part")


def checked(key: str) -> str:
    """Return the key if it is one; a key never leaves its store's root."""
    if _KEY.fullmatch(key) is None:
        raise ValueError(f"{key!r} is not a key")
    return key


class Measuring:
    """A readable stream that counts and hashes what is read through it."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self._hash = hashlib.sha256()
        self._bytes = 0

    def read(self, size: int = -1) -> bytes:
        """Read up to ``size`` bytes."""
        chunk = self._content.read(size)
        self._hash.update(chunk)
        self._bytes += len(chunk)
        return chunk

    def stored(self) -> Stored:
        """Say what has been read so far."""
        return Stored(bytes=self._bytes, sha256=self._hash.hexdigest())


class Readable(Protocol):
    """What can be read and closed."""

    def read(self, size: int = -1, /) -> bytes:
        """Read up to ``size`` bytes."""

    def close(self) -> None:
        """Let it go."""


class Chunks:
    """A stream, or the next ``length`` bytes of it, chunk by chunk; closed even if never begun."""

    def __init__(self, content: Readable, length: int | None = None) -> None:
        self._content = content
        self._left = length

    def __iter__(self) -> "Chunks":
        return self

    def __next__(self) -> bytes:
        size = CHUNK if self._left is None else min(CHUNK, self._left)
        chunk = self._content.read(size) if size else b""
        if not chunk:
            self.close()
            raise StopIteration
        if self._left is not None:
            self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        """Let the stream go."""
        self._content.close()
