"""A job with all its promises in as little code as can be: row, file, row, signed webhook.

Who brings the job from its acceptance to its execution is somebody else: a Redis list in the
cheapest loop, Dramatiq, Huey. It is set up by the environment, since it runs in their processes.
"""

import http.client
import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from shared import ids
from shared.webhooks import signature
from tests.benchmarks.picture import PICTURE

_TABLE = """
CREATE TABLE IF NOT EXISTS durable_jobs (
    id text PRIMARY KEY, account_id text NOT NULL, kind text NOT NULL, model text NOT NULL,
    input jsonb NOT NULL, webhook text, status text NOT NULL, key text, bytes bigint,
    created_at timestamptz NOT NULL, started_at timestamptz, finished_at timestamptz)
"""
_INPUT = json.dumps({"prompt": "a red fox", "width": 64, "height": 64, "seed": 1})

_of_thread = threading.local()


def mine() -> "Durable":
    """Return what this thread works with, opened at its first job."""
    if not hasattr(_of_thread, "durable"):
        _of_thread.durable = Durable()
    durable: Durable = _of_thread.durable
    return durable


class Durable:
    """One thread's connections to the database, the storage and the receiver of webhooks."""

    def __init__(self) -> None:
        self._database = psycopg.connect(
            os.environ["DATABASE"].replace("postgresql+psycopg", "postgresql"), autocommit=True
        )
        with self._database.transaction():
            # IF NOT EXISTS does not keep two processes from making it at the same time.
            self._database.execute("SELECT pg_advisory_xact_lock(1)")
            self._database.execute(_TABLE)
        self._put = _storage(os.environ["STORAGE"])
        address = urlsplit(os.environ["SINK"])
        self._sink = http.client.HTTPConnection(str(address.hostname), address.port)
        self._secret = os.environ["SECRET"]

    def accept(self) -> str:
        """Write a new job down; returns its id once that is committed."""
        job = ids.new("job")
        self._database.execute(
            "INSERT INTO durable_jobs VALUES (%s, 'acc', 'image', 'null', %s, 'x', 'queued',"
            " NULL, NULL, %s, NULL, NULL)",
            (job, _INPUT, datetime.now(UTC)),
        )
        return job

    def status(self, job: str) -> str:
        """Return how a job stands."""
        found = self._database.execute("SELECT status FROM durable_jobs WHERE id = %s", (job,))
        [(status,)] = found
        return str(status)

    def carry_out(self, job: str) -> None:
        """Take a job that is queued to its webhook."""
        claimed = self._database.execute(
            "UPDATE durable_jobs SET status = 'running', started_at = %s"
            " WHERE id = %s AND status = 'queued'",
            (datetime.now(UTC), job),
        )
        if claimed.rowcount == 0:
            return
        key = f"{job[-2:]}/{job}.png"
        self._put(key)
        self._database.execute(
            "UPDATE durable_jobs SET status = 'succeeded', key = %s, bytes = %s, finished_at = %s"
            " WHERE id = %s AND status = 'running'",
            (key, len(PICTURE), datetime.now(UTC), job),
        )
        self._tell(job, key)

    def _tell(self, job: str, key: str) -> None:
        body = json.dumps({"type": "job.succeeded", "data": {"id": job, "key": key}}).encode()
        signed = signature.headers(self._secret, message_id=job, at=datetime.now(UTC), body=body)
        self._sink.request("POST", "/hook", body, signed)
        assert self._sink.getresponse().read() == b"ok"


@cache
def _storage(address: str) -> Callable[[str], None]:
    """Return what stores the picture in a folder, or in a bucket of an S3 server."""
    return _bucket(address) if address.startswith("http") else _folder(Path(address))


def _folder(root: Path) -> Callable[[str], None]:
    def put(key: str) -> None:
        target = root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_suffix(".part")
        with beside.open("xb") as file:
            file.write(PICTURE)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)

    return put


def _bucket(address: str) -> Callable[[str], None]:
    import boto3
    from botocore.config import Config

    parts = urlsplit(address)
    client: Any = boto3.session.Session().client(
        "s3",
        endpoint_url=f"http://{parts.hostname}:{parts.port}",
        region_name="us-east-1",
        aws_access_key_id=parts.username,
        aws_secret_access_key=parts.password,
        config=Config(signature_version="s3v4", request_checksum_calculation="when_required"),
    )

    def put(key: str) -> None:
        client.put_object(
            Bucket=parts.path.strip("/"), Key=key, Body=PICTURE, ContentType="image/png"
        )

    return put
