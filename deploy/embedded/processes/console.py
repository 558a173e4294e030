"""What is said on the terminal; what the processes say goes to the log where nobody wants it."""

import contextlib
import sys
from datetime import datetime
from pathlib import Path
from typing import TextIO

import click
from honcho.printer import Message, Printer

OWN_NAME = "limner"


class Console:
    """Prints our own lines and those of the processes, each with its time and its name.

    A terminal that is gone or a full disk is no reason to stop: the lines are lost then.
    """

    def __init__(self, *, width: int, quiet_log: Path | None) -> None:
        width = max(width, len(OWN_NAME))
        self._own = Printer(sys.stdout, width=width)
        self._log: TextIO | None = quiet_log.open("a") if quiet_log else None
        self._others = Printer(self._log, width=width) if self._log else self._own

    def __enter__(self) -> "Console":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            if self._log:
                self._log.close()

    def say(self, text: str) -> None:
        """Print a line of our own."""
        now = datetime.now().astimezone()
        with contextlib.suppress(OSError):
            self._own.write(Message("line", text, now, OWN_NAME, None))

    def print(self, text: str) -> None:
        """Print a text as it is."""
        with contextlib.suppress(OSError):
            click.echo(text)

    def show(self, line: Message) -> None:
        """Print what a process said."""
        with contextlib.suppress(OSError):
            self._others.write(line)
