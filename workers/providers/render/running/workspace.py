"""A folder for each job, held by a lock that ends with the process: what nobody holds is swept."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "job-"


def root(folder: str) -> Path:
    """Return where the folders lie: in this one, or in a place of our own for temporary files."""
    if folder:
        return Path(folder)
    path = Path(tempfile.gettempdir(), f"limner-render-{os.getuid()}")
    path.mkdir(mode=0o700, exist_ok=True)
    # Its name can be guessed: whoever was first there must be us.
    if path.is_symlink() or path.stat().st_uid != os.getuid():
        raise PermissionError(f"{path} belongs to somebody else: set LIMNER_RENDER_FOLDER.")
    return path


@contextmanager
def opened(root: Path) -> Iterator[Path]:
    """Make a folder, hold it, and remove it with all that is in it."""
    with _alone(root):
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
        lock = os.open(path, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield path
    finally:
        clear(path)
        os.close(lock)


def clear(path: Path) -> None:
    """Remove a folder; what cannot be removed now is swept later."""
    shutil.rmtree(path, ignore_errors=True)


def sweep(root: Path) -> int:
    """Remove the folders whose holders are gone; returns how many those were."""
    with _alone(root):
        return sum(_is_cleared(path) for path in root.glob(f"{_PREFIX}*"))


def _is_cleared(path: Path) -> bool:
    lock = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        clear(path)
        return True
    finally:
        os.close(lock)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Keep others from looking while a folder is there that is not held yet."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
