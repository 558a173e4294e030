"""The proxy that chaos puts before S3 does to a store what its faults say, and nothing else."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.errors import ArtifactNotFound, StorageUnavailable
from shared.storage.s3 import S3Store
from tests.support import s3
from tests.support.s3_proxy import Fault, S3Proxy, proxying

KEY = "artifacts/3f/job_1-1-0.png"
CONTENT = b"a picture " * 1000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.S3Server]:
    folder: Path = tmp_path_factory.mktemp("s3") / "served"
    folder.mkdir()
    with s3.rclone(folder) as found:
        yield found


@pytest.fixture
def proxy(server: s3.S3Server) -> Iterator[S3Proxy]:
    server.opened.delete(KEY)
    with proxying(server.url) as found:
        yield found


@pytest.fixture
def store(proxy: S3Proxy) -> S3Store:
    return S3Store(s3.settings_for(proxy.url), bucket=s3.BUCKET, prefix="")


def put(store: S3Store) -> None:
    store.put(KEY, io.BytesIO(CONTENT), content_type="image/png")


def test_without_a_fault_everything_is_passed_on(store: S3Store, server: s3.S3Server) -> None:
    store.ping()
    put(store)

    assert b"".join(store.read(KEY, start=2, length=7)) == CONTENT[2:9]
    assert b"".join(server.opened.read(KEY)) == CONTENT
    store.delete(KEY)
    with pytest.raises(ArtifactNotFound):
        store.read(KEY)


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_is_a_storage_that_is_away_and_no_half_object(
    store: S3Store, server: s3.S3Server, proxy: S3Proxy, fault: Fault
) -> None:
    proxy.fault = fault

    with pytest.raises(StorageUnavailable):
        put(store)

    assert proxy.struck[fault] > 0
    if fault is Fault.CUT_AFTER:  # only its answer was lost
        assert b"".join(server.opened.read(KEY)) == CONTENT
    else:
        with pytest.raises(ArtifactNotFound):
            server.opened.read(KEY)
    proxy.fault = None
    put(store)
    assert b"".join(server.opened.read(KEY)) == CONTENT
