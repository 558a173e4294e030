"""Every random decision of a picture, decided in advance by its words and its seed."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

import numpy as np

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Chance:
    """A source of independent random streams, one for each purpose.

    Each purpose has its own stream, so that leaving one thing out of a picture moves nothing else.
    """

    key: str

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the stream for one purpose, always the same."""
        digest = blake2b(f"{self.key}\0{purpose}".encode(errors="replace"), digest_size=32).digest()
        words = np.frombuffer(digest, dtype="<u4").tolist()
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))

    def number(self, purpose: str, low: float = 0.0, high: float = 1.0) -> float:
        """Return one number between two bounds."""
        return float(self.stream(purpose).uniform(low, high))

    def pick(self, purpose: str, choices: tuple[Choice, ...]) -> Choice:
        """Return one of the choices."""
        return choices[int(self.stream(purpose).integers(len(choices)))]
