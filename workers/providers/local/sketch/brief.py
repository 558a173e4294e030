"""What the engine is asked to draw."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Brief:
    """What to draw.

    ``beside`` are further prompts, each with how much it counts beside the first one, from 0 to 1;
    the heaviest first.
    """

    prompt: str
    seed: int
    width: int
    height: int
    negative_prompt: str = ""
    style: str = "natural"
    model: str = ""
    beside: Sequence[tuple[str, float]] = ()

    @property
    def words(self) -> str:
        """All that is wanted in one text."""
        return ", ".join([self.prompt, *(text for text, _ in self.beside)])
