"""What the engine is asked to draw."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Brief:
    """What to draw."""

    prompt: str
    seed: int
    width: int
    height: int
    negative_prompt: str = ""
    style: str = "natural"
    model: str = ""
