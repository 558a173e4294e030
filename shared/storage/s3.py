"""Objects in a bucket of any S3-compatible store."""

import io
from typing import Any, BinaryIO, cast

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from shared.errors import ArtifactNotFound, StorageUnavailable
from shared.settings import StorageSettings
from shared.storage.objects import Chunks, Measuring, Stored, checked

# More at once would hold that many parts in memory.
_ONE_PART_AT_A_TIME = TransferConfig(
    multipart_threshold=8 * 1024 * 1024, multipart_chunksize=8 * 1024 * 1024, use_threads=False
)


class S3Store:
    """Keeps objects in one bucket, below a prefix."""

    def __init__(self, settings: StorageSettings, *, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._client = boto3.session.Session().client(
            "s3",
            endpoint_url=settings.s3_endpoint_url or None,
            region_name=settings.s3_region,
            aws_access_key_id=settings.s3_access_key or None,
            aws_secret_access_key=settings.s3_secret_key or None,
            config=Config(
                signature_version="s3v4",
                # Many S3-compatible stores do not know AWS's newer default checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": cast(Any, settings.s3_addressing)},
                retries={"mode": "standard", "max_attempts": 3},
                connect_timeout=5,
                read_timeout=60,
                max_pool_connections=50,
            ),
        )

    def put(self, key: str, content: BinaryIO, *, content_type: str) -> Stored:
        """Store a stream; large ones go up in parts, and appear when the last one is there."""
        measuring = Measuring(content)
        try:
            self._client.upload_fileobj(
                cast(Any, measuring),
                self._bucket,
                self._key(key),
                ExtraArgs={"ContentType": content_type},
                Config=_ONE_PART_AT_A_TIME,
            )
        except (BotoCoreError, ClientError) as error:
            raise StorageUnavailable("S3 did not take the object.") from error
        return measuring.stored()

    def read(self, key: str, *, start: int = 0, length: int | None = None) -> Chunks:
        """Open a part of an object, to be yielded in chunks."""
        if length == 0:
            return Chunks(io.BytesIO())
        end = "" if length is None else start + length - 1
        is_whole = start == 0 and length is None
        part: Any = {} if is_whole else {"Range": f"bytes={start}-{end}"}
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key(key), **part)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
                raise ArtifactNotFound from error
            raise StorageUnavailable("S3 did not give the object.") from error
        except BotoCoreError as error:
            raise StorageUnavailable("S3 did not give the object.") from error
        return Chunks(_Body(answer["Body"]))

    def delete(self, key: str) -> None:
        """Remove an object; it is no error if it is not there."""
        try:
            self._client.delete_object(Bucket=self._bucket, Key=self._key(key))
        except (BotoCoreError, ClientError) as error:
            raise StorageUnavailable("S3 did not delete the object.") from error

    def presign(self, key: str, *, seconds: int, content_type: str) -> str | None:
        """Return an address from which anybody can read the object for a time."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": self._key(key),
                "ResponseContentType": content_type,
            },
            ExpiresIn=seconds,
        )

    def presign_put(self, key: str, *, seconds: int, content_type: str, length: int) -> str | None:
        """Return an address to which anybody can put an object of this type and length."""
        return self._client.generate_presigned_url(
            "put_object",
            Params={
                "Bucket": self._bucket,
                "Key": self._key(key),
                "ContentType": content_type,
                "ContentLength": length,
            },
            ExpiresIn=seconds,
        )

    def ping(self) -> None:
        """Make sure that the bucket is there and opens for us."""
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except (BotoCoreError, ClientError) as error:
            raise StorageUnavailable(
                f"The bucket {self._bucket!r} does not open: {error}"
            ) from error

    def _key(self, key: str) -> str:
        return self._prefix + checked(key)


class _Body:
    """The body of an answer of S3, whose failures are those of a store."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int = -1, /) -> bytes:
        try:
            chunk: bytes = self._body.read(size)
        except (BotoCoreError, HTTPClientError, OSError) as error:
            raise StorageUnavailable("S3 broke off.") from error
        return chunk

    def close(self) -> None:
        self._body.close()
