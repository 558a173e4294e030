"""What is wrong with a file that a render starts from."""

from shared.errors import InputUnusable


class SourceUnusable(InputUnusable):
    """This file cannot be read, or is not what the timeline takes it for."""
