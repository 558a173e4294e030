"""What every writer of a file is: frames in, sound in, and closed when all of it has come."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from workers.providers.render.meaning.script import Target
from workers.providers.render.parts import Planes, Samples


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be written: the target, its rate in frames a second, and whether it sounds.

    ``frames`` is how many there will be, where that is known.
    """

    target: Target
    rate: Fraction
    has_sound: bool
    frames: int | None = None


class Sink(Protocol):
    """A file that is being written. Left unclosed, it is no file."""

    def picture(self, planes: Planes) -> None:
        """Write the next frame; the same object again is the same picture again."""

    def sound(self, samples: Samples) -> None:
        """Write the next samples, shape (any number, 2)."""

    def close(self) -> None:
        """Write the rest."""
