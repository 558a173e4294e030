"""What inputs of different kinds have in common."""

from marshmallow import ValidationError
from marshmallow.fields import String
from marshmallow.validate import Regexp

MAX_PROMPT = 10_000
MAX_SEED = 2**32 - 1
FORMATS = ("png", "jpeg", "webp")


_MARK = Regexp(r"[!-~]([ -~]{0,18}[!-~])?\Z", error="Must be 1 to 20 characters of ASCII.")


def mark() -> String:
    """Return a field for a word that is written small into the corner of what is made."""
    return String(validate=_MARK)


def says_something(text: str) -> None:
    """Raise :class:`ValidationError` if there is nothing but blanks."""
    if not text.strip():
        raise ValidationError("Must not be empty.")
