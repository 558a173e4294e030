"""What every object store can do, and which one the settings name."""

from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from shared.declaring import SettingsError
from shared.settings import StorageSettings
from shared.storage.folder import FolderStore
from shared.storage.objects import Chunks, Stored
from shared.storage.s3 import S3Store


class ObjectStore(Protocol):
    """A place for objects, each under a key such as ``artifacts/3f/art_01jd.png``.

    Every method may raise :class:`shared.errors.StorageUnavailable`. An object appears whole or
    not at all.
    """

    def put(self, key: str, content: BinaryIO, *, content_type: str) -> Stored:
        """Store a stream, from where it stands to its end, and say what it was."""

    def read(self, key: str, *, start: int = 0, length: int | None = None) -> Chunks:
        """Open a part of an object, to be yielded in chunks.

        ``start`` and ``length`` are in bytes and lie within the object. Raises
        :class:`shared.errors.ArtifactNotFound` at once if it is not there.
        """

    def delete(self, key: str) -> None:
        """Remove an object; it is no error if it is not there."""

    def presign(self, key: str, *, seconds: int, content_type: str) -> str | None:
        """Return an address from which anybody can read the object for a time, if there is one."""

    def presign_put(self, key: str, *, seconds: int, content_type: str, length: int) -> str | None:
        """Return an address to which anybody can put such an object for a time, if there is one."""

    def ping(self) -> None:
        """Make sure that the store can be used now."""


def open_store(settings: StorageSettings) -> ObjectStore:
    """Open the store that the settings name, or raise :class:`SettingsError`."""
    where = urlsplit(settings.url)
    match where.scheme:
        case "folder" if where.path.startswith("/"):
            return FolderStore(unquote(where.path))
        case "s3" if where.netloc:
            return S3Store(settings, bucket=where.netloc, prefix=where.path.strip("/"))
    raise SettingsError(
        f"LIMNER_STORAGE_URL: {settings.url!r} is neither folder:///absolute/path nor s3://bucket."
    )
