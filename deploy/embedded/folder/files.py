"""Files only their owner can read, replaced in one step so that nobody sees half of one."""

import json
import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LOG_BYTES = 20 * 1024 * 1024


def write_private(path: Path, text: str, *, durable: bool = False) -> None:
    """Replace a file; a durable one survives a power cut right after."""
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(open_private(staged, os.O_WRONLY | os.O_TRUNC), "w") as file:
            file.write(text)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        staged.replace(path)
    except OSError as error:
        staged.unlink(missing_ok=True)
        error.filename = str(path)
        raise


def open_private(path: Path, flags: int) -> int:
    """Open a file that only its owner may read, making it if need be; return its descriptor."""
    return os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)


def read_json(path: Path) -> dict[str, Any] | None:
    """Return what a file of ours holds; None if there is none or it is not whole."""
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write_env(path: Path, values: Mapping[str, str]) -> None:
    """Write KEY=value lines that a shell can source."""
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in sorted(values.items()))
    write_private(path, "".join(lines))


def read_env(path: Path) -> dict[str, str]:
    """Read what :func:`write_env` wrote."""
    pairs = (word.partition("=") for word in shlex.split(path.read_text()))
    return {name: value for name, _, value in pairs}


def last_lines(path: Path, *, count: int = 15, since: int = 0) -> list[str]:
    """Return the last lines of a log, of those written after an offset."""
    try:
        with path.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(since if since <= size else 0, size - 64 * 1024))
            return log.read().decode(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []


def size_of(path: Path) -> int:
    """Return how long a file is; 0 if there is none."""
    return path.stat().st_size if path.exists() else 0


def shorten(log: Path) -> None:
    """Keep a log from growing for ever: past its limit, all of it moves to ``<name>.1``.

    Copied and emptied instead of renamed: its writers, servers among them, hold it open to append.
    """
    if size_of(log) > LOG_BYTES:
        shutil.copyfile(log, log.with_name(log.name + ".1"))
        os.truncate(log, 0)
