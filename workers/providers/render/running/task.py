"""What a child is told to render, what it may use for it, and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.jobs.status import Role


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one render may be, and take."""

    seconds: float
    megapixels: float
    memory_bytes: int
    cpu_seconds: int
    file_bytes: int


@dataclass(frozen=True, kw_only=True)
class Task:
    """``sources`` are the files that the input names, by where it does; results go to a folder."""

    input: Mapping[str, Any]
    sources: Mapping[str, Path]
    folder: Path
    limits: Limits


@dataclass(frozen=True, kw_only=True)
class Made:
    """Files in the task's folder, the result first, and what their caller should know."""

    files: tuple[tuple[str, Role], ...]
    warnings: tuple[str, ...] = ()


# Told the finished fraction, 0 to 1.
Tell = Callable[[float], None]
# Runs in a child. Raises the errors of :mod:`shared.errors`.
Work = Callable[[Task, Tell], Made]
