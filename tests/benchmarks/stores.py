"""Where the pictures go: a folder, or a real S3 server in a process of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.support import s3


class Storage(StrEnum):
    """What is there to store things in."""

    FOLDER = "folder"
    S3 = "s3"


@dataclass(frozen=True)
class Store:
    """A place for pictures: Limner's settings of it, and its address for everybody else."""

    files: Path
    settings: Mapping[str, str]
    address: str
    pids: Mapping[str, int]


@contextmanager
def opened(storage: Storage, folder: Path) -> Iterator[Store]:
    """Make such a store below a folder."""
    files = folder / "files"
    files.mkdir()
    if storage is Storage.FOLDER:
        yield Store(files, {"LIMNER_STORAGE_URL": f"folder://{files}"}, str(files), {})
        return
    with s3.rclone(files) as server:
        keys = f"{s3.ACCESS_KEY}:{s3.SECRET_KEY}@"
        assert server.pid is not None
        settings = {
            "LIMNER_STORAGE_URL": f"s3://{s3.BUCKET}",
            "LIMNER_S3_ENDPOINT_URL": server.url,
            "LIMNER_S3_ACCESS_KEY": s3.ACCESS_KEY,
            "LIMNER_S3_SECRET_KEY": s3.SECRET_KEY,
        }
        address = f"{server.url.replace('//', f'//{keys}')}/{s3.BUCKET}"
        yield Store(files / s3.BUCKET, settings, address, {str(Storage.S3): server.pid})
