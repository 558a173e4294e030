"""The cheapest durable loop: row, queue, file, row, signed webhook, in raw Python with no frills.

Reads numbers from its input and carries out so many jobs for each, then says ``done``.
"""

import http.client
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis

from shared import ids
from shared.webhooks import signature
from tests.benchmarks.picture import PICTURE

TABLE = """
CREATE TABLE IF NOT EXISTS loop_jobs (
    id text PRIMARY KEY, account_id text NOT NULL, kind text NOT NULL, model text NOT NULL,
    input jsonb NOT NULL, webhook text, status text NOT NULL, key text, bytes bigint,
    created_at timestamptz NOT NULL, started_at timestamptz, finished_at timestamptz)
"""
_INPUT = json.dumps({"prompt": "a red fox", "width": 64, "height": 64, "seed": 1})


class Loop:
    """One process of it."""

    def __init__(self, database: str, broker: str, folder: str, sink: str, secret: str) -> None:
        self._database = psycopg.connect(
            database.replace("postgresql+psycopg", "postgresql"), autocommit=True
        )
        with self._database.transaction():
            # IF NOT EXISTS does not keep two processes from making it at the same time.
            self._database.execute("SELECT pg_advisory_xact_lock(1)")
            self._database.execute(TABLE)
        self._redis: redis.Redis = redis.Redis.from_url(broker)
        self._folder, self._secret = Path(folder), secret
        address = urlsplit(sink)
        self._sink = http.client.HTTPConnection(str(address.hostname), address.port)
        self._queue = f"loop:{os.getpid()}"

    def carry_out_one(self) -> None:
        """Take one job from its submission to its webhook."""
        submitted = ids.new("job")
        self._database.execute(
            "INSERT INTO loop_jobs VALUES (%s, 'acc', 'image', 'null', %s, 'x', 'queued',"
            " NULL, NULL, %s, NULL, NULL)",
            (submitted, _INPUT, datetime.now(UTC)),
        )
        self._redis.lpush(self._queue, submitted)
        found: Any = self._redis.brpop([self._queue])
        job = found[1].decode()
        self._database.execute(
            "UPDATE loop_jobs SET status = 'running', started_at = %s"
            " WHERE id = %s AND status = 'queued'",
            (datetime.now(UTC), job),
        )
        key = self._store(job)
        self._database.execute(
            "UPDATE loop_jobs SET status = 'succeeded', key = %s, bytes = %s, finished_at = %s"
            " WHERE id = %s AND status = 'running'",
            (key, len(PICTURE), datetime.now(UTC), job),
        )
        self._tell(job, key)

    def _store(self, job: str) -> str:
        key = f"{job[-2:]}/{job}.png"
        target = self._folder / key
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_suffix(".part")
        with beside.open("xb") as file:
            file.write(PICTURE)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
        return key

    def _tell(self, job: str, key: str) -> None:
        body = json.dumps({"type": "job.succeeded", "data": {"id": job, "key": key}}).encode()
        signed = signature.headers(self._secret, message_id=job, at=datetime.now(UTC), body=body)
        self._sink.request("POST", "/hook", body, signed)
        assert self._sink.getresponse().read() == b"ok"


def main() -> None:
    """Carry out as many as asked for, again and again."""
    loop = Loop(*sys.argv[1:])
    for line in sys.stdin:
        for _ in range(int(line)):
            loop.carry_out_one()
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
