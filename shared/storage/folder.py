"""Objects as files in a folder: the store of one machine."""

import os
from pathlib import Path
from typing import BinaryIO

from shared.errors import ArtifactNotFound, StorageUnavailable
from shared.storage.objects import CHUNK, Chunks, Measuring, Stored, checked, temporary_name


class FolderStore:
    """Keeps each object in a file of its own; its content type is kept by whoever keeps the key."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)

    def put(self, key: str, content: BinaryIO, *, content_type: str) -> Stored:  # noqa: ARG002
        """Store a stream: written beside, synced, then renamed, so that it appears whole."""
        target = self._path(key)
        beside = target.with_name(temporary_name())
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                stored = _write(beside, content)
                beside.replace(target)
            finally:
                beside.unlink(missing_ok=True)
            _sync_folder(target.parent)
        except OSError as error:
            raise StorageUnavailable("The storage folder cannot be written.") from error
        return stored

    def read(self, key: str, *, start: int = 0, length: int | None = None) -> Chunks:
        """Open a part of an object, to be yielded in chunks."""
        try:
            file = self._path(key).open("rb")
        except FileNotFoundError:
            raise ArtifactNotFound from None
        except OSError as error:
            raise StorageUnavailable("The storage folder cannot be read.") from error
        file.seek(start)
        return Chunks(file, length)

    def delete(self, key: str) -> None:
        """Remove an object; it is no error if it is not there."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise StorageUnavailable("The storage folder cannot be written.") from error

    def presign(self, key: str, *, seconds: int, content_type: str) -> str | None:  # noqa: ARG002
        """Return nothing: a folder has no address of its own."""
        return None

    def presign_put(
        self,
        key: str,  # noqa: ARG002
        *,
        seconds: int,  # noqa: ARG002
        content_type: str,  # noqa: ARG002
        length: int,  # noqa: ARG002
    ) -> str | None:
        """Return nothing: a folder has no address of its own."""
        return None

    def ping(self) -> None:
        """Make sure that the folder is there and can be written."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageUnavailable("The storage folder cannot be made.") from error
        if not os.access(self._root, os.W_OK):
            raise StorageUnavailable("The storage folder cannot be written.")

    def _path(self, key: str) -> Path:
        return self._root / checked(key)


def _write(path: Path, content: BinaryIO) -> Stored:
    measuring = Measuring(content)
    with path.open("xb") as file:
        while chunk := measuring.read(CHUNK):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return measuring.stored()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
