"""Where artifacts go in a run, how that fails, and what really lies there."""

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import boto3

from tests.support import s3
from tests.support.s3_proxy import Fault, S3Proxy, proxying


class Storage(Protocol):
    """One kind of storage."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings of those who use it."""

    @property
    def struck(self) -> Mapping[str, int]:
        """How many requests were met by a fault, by its kind, where that can be counted."""

    def fails(self) -> None:
        """Let every access fail."""

    def works(self) -> None:
        """Let it be as it was."""

    def hashes(self) -> dict[str, str]:
        """Read all that is there; returns key -> SHA-256."""


class FolderStorage:
    """A folder, reached through a link, so that it can be made to fail in one step."""

    def __init__(self, folder: Path) -> None:
        self._link, self._objects = folder / "storage", folder / "objects"
        self._nothing = folder / "no-folder"
        self._objects.mkdir()
        self._nothing.touch()
        self.environment = {"LIMNER_STORAGE_URL": f"folder://{self._link}"}
        self.struck: Counter[str] = Counter()
        self.works()

    def fails(self) -> None:
        """Point to what is no folder."""
        self._point(self._nothing)

    def works(self) -> None:
        """Point to the folder."""
        self._point(self._objects)

    def hashes(self) -> dict[str, str]:
        """Read every file."""
        files = (path for path in self._objects.rglob("*") if path.is_file())
        return {str(one.relative_to(self._objects)): _sha256(one.read_bytes()) for one in files}

    def _point(self, target: Path) -> None:
        fresh = self._link.with_name(f"{self._link.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(self._link)


class BucketStorage:
    """A bucket of a real S3 server, with a proxy before it that fails in a new way each time."""

    def __init__(self, server: s3.S3Server, proxy: S3Proxy) -> None:
        self._server, self._proxy = server, proxy
        self._faults = itertools.cycle(Fault)
        self.environment = {
            "LIMNER_STORAGE_URL": f"s3://{s3.BUCKET}",
            "LIMNER_S3_ENDPOINT_URL": proxy.url,
            "LIMNER_S3_ACCESS_KEY": s3.ACCESS_KEY,
            "LIMNER_S3_SECRET_KEY": s3.SECRET_KEY,
        }

    @property
    def struck(self) -> Mapping[str, int]:
        """How many requests were met by each fault."""
        return dict(self._proxy.struck)

    def fails(self) -> None:
        """Fail in the next way."""
        self._proxy.fault = next(self._faults)

    def works(self) -> None:
        """Pass everything on."""
        self._proxy.fault = None

    def hashes(self) -> dict[str, str]:
        """Read every object, past the proxy."""
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=self._server.url,
            region_name="us-east-1",
            aws_access_key_id=s3.ACCESS_KEY,
            aws_secret_access_key=s3.SECRET_KEY,
        )
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=s3.BUCKET)
        keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
        return {
            key: _sha256(client.get_object(Bucket=s3.BUCKET, Key=key)["Body"].read())
            for key in keys
        }


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Storage]:
    """Open a storage of this kind: ``s3`` or ``folder``."""
    if kind == "folder":
        yield FolderStorage(folder)
        return
    (served := folder / "s3").mkdir()
    with s3.rclone(served) as server, proxying(server.url) as proxy:
        yield BucketStorage(server, proxy)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
