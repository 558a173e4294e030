"""What inputs of different kinds have in common."""

from marshmallow import ValidationError

MAX_PROMPT = 10_000
MAX_SEED = 2**32 - 1
FORMATS = ("png", "jpeg", "webp")


def says_something(text: str) -> None:
    """Raise :class:`ValidationError` if there is nothing but blanks."""
    if not text.strip():
        raise ValidationError("Must not be empty.")
