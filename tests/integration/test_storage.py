"""One suite for every store: a folder, and real S3 servers."""

import gc
import hashlib
import io
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
import urllib3

from deploy.cli.client import Client
from shared import ids
from shared.declaring import SettingsError
from shared.errors import ArtifactNotFound, StorageUnavailable
from shared.storage.folder import FolderStore
from shared.storage.objects import CHUNK, Stored, artifact_key
from shared.storage.s3 import S3Store
from shared.storage.store import ObjectStore, open_store
from tests.support import s3
from tests.support.s3 import S3Server

KEY = "artifacts/3f/art_1.png"
ANOTHER = "artifacts/3f/art_2.png"
PNG = "image/png"
LARGE = 20 * 1024 * 1024


@pytest.fixture(scope="module")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A store on a disk."""
    with s3.rclone(tmp_path_factory.mktemp("rclone")) as server:
        yield server


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A store in memory."""
    with s3.moto(tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture(params=["rclone", "moto"])
def server(request: pytest.FixtureRequest) -> S3Server:
    """Each of the S3 servers in turn."""
    found: S3Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["folder", "rclone", "moto"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """Each of the stores in turn, with nothing under the keys of these tests."""
    if request.param == "folder":
        return FolderStore(str(tmp_path / "store"))
    server: S3Server = request.getfixturevalue(request.param)
    for key in (KEY, ANOTHER):
        server.opened.delete(key)
    return server.opened


def put(store: ObjectStore, content: bytes, key: str = KEY) -> Stored:
    return store.put(key, io.BytesIO(content), content_type=PNG)


def read(store: ObjectStore, key: str = KEY) -> bytes:
    return b"".join(store.read(key))


def content_of(size: int) -> bytes:
    """Return bytes that are different at every place of a chunk."""
    return b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1))[:size]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 1_000_000])
def test_what_was_put_is_read_again_and_was_measured_rightly(store: ObjectStore, size: int) -> None:
    content = content_of(size)

    stored = put(store, content)

    assert stored == Stored(bytes=size, sha256=hashlib.sha256(content).hexdigest())
    assert read(store) == content


def test_a_stream_is_stored_from_where_it_stands(store: ObjectStore) -> None:
    stream = io.BytesIO(b"head and body")
    stream.seek(len(b"head and "))

    stored = store.put(KEY, stream, content_type=PNG)

    assert stored.bytes == 4
    assert read(store) == b"body"


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"start": 0, "length": 1}, id="the first byte"),
        pytest.param({"start": 599_999, "length": 1}, id="the last byte"),
        pytest.param({"start": 0, "length": 600_000}, id="everything"),
        pytest.param({"start": 5}, id="from somewhere to the end"),
        pytest.param({"start": 599_999}, id="from the last byte to the end"),
        pytest.param({"length": 7}, id="the beginning"),
        pytest.param({"start": CHUNK - 3, "length": CHUNK}, id="over the edges of chunks"),
        pytest.param({"start": 5, "length": 0}, id="nothing"),
    ],
)
def test_a_part_is_exactly_what_was_asked_for(store: ObjectStore, part: dict[str, int]) -> None:
    content = content_of(600_000)
    put(store, content)

    start = part.get("start", 0)
    expected = content[start : start + part.get("length", len(content))]
    assert b"".join(store.read(KEY, **part)) == expected


def test_what_is_not_there_is_said_at_once(store: ObjectStore) -> None:
    put(store, b"another", key=ANOTHER)

    with pytest.raises(ArtifactNotFound):
        store.read(KEY)


def test_what_was_deleted_is_gone(store: ObjectStore) -> None:
    put(store, b"one")
    put(store, b"two", key=ANOTHER)

    store.delete(KEY)

    with pytest.raises(ArtifactNotFound):
        store.read(KEY)
    assert read(store, ANOTHER) == b"two"


def test_what_is_not_there_may_be_deleted(store: ObjectStore) -> None:
    put(store, b"one")

    store.delete(KEY)
    store.delete(KEY)
    store.delete("elsewhere/art_1.png")


@pytest.mark.parametrize(("before", "after"), [(b"short", b"longer"), (b"longer", b"short")])
def test_the_last_to_write_is_read(store: ObjectStore, before: bytes, after: bytes) -> None:
    put(store, before)

    stored = put(store, after)

    assert stored.bytes == len(after)
    assert read(store) == after


class Stream:
    """A stream of so many bytes that holds none of them; it may break off."""

    def __init__(self, size: int, *, breaks: bool = False) -> None:
        self._left = size
        self._breaks = breaks
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        if self._breaks and not self._left:
            raise ValueError("The line went dead.")
        chunk = bytes([self._left % 251]) * min(size if size >= 0 else self._left, self._left)
        self._left -= len(chunk)
        self.sha256.update(chunk)
        return chunk


def stream(size: int, *, breaks: bool = False) -> BinaryIO:
    return cast(BinaryIO, Stream(size, breaks=breaks))


@contextmanager
def remembered() -> Iterator[Callable[[], int]]:
    """Yield a function that says how many bytes Python has held at most since the beginning."""
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_a_large_object_is_never_wholly_in_memory_on_its_way_in(store: ObjectStore) -> None:
    source = Stream(LARGE)

    with remembered() as most:
        stored = store.put(KEY, cast(BinaryIO, source), content_type=PNG)
        held = most()

    assert stored == Stored(bytes=LARGE, sha256=source.sha256.hexdigest())
    assert held < LARGE


def test_a_large_object_is_read_a_piece_at_a_time(store: ObjectStore) -> None:
    source = Stream(LARGE)
    store.put(KEY, cast(BinaryIO, source), content_type=PNG)
    seen, count, largest = hashlib.sha256(), 0, 0

    with remembered() as most:
        for chunk in store.read(KEY):
            seen.update(chunk)
            count += len(chunk)
            largest = max(largest, len(chunk))
        held = most()

    assert (count, seen.hexdigest()) == (LARGE, source.sha256.hexdigest())
    assert largest <= CHUNK
    assert held < LARGE / 4


@pytest.mark.parametrize("size", [100, LARGE])
def test_a_stream_that_breaks_off_leaves_what_was_there(store: ObjectStore, size: int) -> None:
    put(store, b"what was there")

    with pytest.raises(ValueError, match="went dead"):
        store.put(KEY, stream(size, breaks=True), content_type=PNG)

    assert read(store) == b"what was there"


@pytest.mark.parametrize("size", [100, LARGE])
def test_a_stream_that_breaks_off_leaves_nothing_of_its_own(store: ObjectStore, size: int) -> None:
    with pytest.raises(ValueError, match="went dead"):
        store.put(KEY, stream(size, breaks=True), content_type=PNG)

    with pytest.raises(ArtifactNotFound):
        store.read(KEY)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "art_1",
        ".png",
        "/etc/passwd.png",
        "../art_1.png",
        "artifacts/../../art_1.png",
        "artifacts/./art_1.png",
        "artifacts//art_1.png",
        "artifacts/3f/..png",
        "artifacts\\..\\art_1.png",
        "artifacts/%2e%2e/art_1.png",
        "artifacts/art_1.png\n",
        "artifacts/art_1.png\x00",
        "artifacts/art 1.png",
        "artifacts/art_1.png?versionId=1",
        "~/art_1.png",
        "artifacts/art_ü.png",
    ],
)
def test_a_key_that_could_lead_elsewhere_is_refused(store: ObjectStore, key: str) -> None:
    with pytest.raises(ValueError, match="is not a key"):
        put(store, b"x", key=key)
    with pytest.raises(ValueError, match="is not a key"):
        store.read(key)
    with pytest.raises(ValueError, match="is not a key"):
        store.delete(key)


def test_the_keys_of_artifacts_are_keys(store: ObjectStore) -> None:
    keys = [artifact_key(f"{ids.new('job')}-1-{number}", "webp") for number in range(5)]

    for key in keys:
        put(store, key.encode(), key=key)

    assert [read(store, key) for key in keys] == [key.encode() for key in keys]


def test_many_may_write_at_the_same_time(store: ObjectStore) -> None:
    contents = {
        f"artifacts/3f/art_{number}.png": content_of(10_000 + number) for number in range(24)
    }

    with ThreadPoolExecutor(8) as executor:
        stored = list(executor.map(lambda key: put(store, contents[key], key), contents))

    assert [one.bytes for one in stored] == [len(one) for one in contents.values()]
    assert all(read(store, key) == content for key, content in contents.items())


def test_of_many_who_write_the_same_one_is_read_whole(store: ObjectStore) -> None:
    contents = [bytes([number]) * (100_000 + number) for number in range(16)]

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(lambda content: put(store, content), contents))

    assert read(store) in contents


def test_who_reads_while_another_writes_sees_one_or_the_other(store: ObjectStore) -> None:
    old, new = b"o" * 300_000, b"n" * 300_000
    put(store, old)
    is_over = threading.Event()

    def overwrite() -> None:
        for number in range(20):
            put(store, (new, old)[number % 2])
        is_over.set()

    with ThreadPoolExecutor(1) as executor:
        writing = executor.submit(overwrite)
        seen = {read(store)}
        while not is_over.wait(0.001) and not writing.done():
            seen.add(read(store))
        writing.result()

    assert seen <= {old, new}


def test_a_store_that_works_says_nothing(store: ObjectStore) -> None:
    store.ping()


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> S3Store:
    """A store that has worked, and whose server is gone."""
    with s3.rclone(tmp_path_factory.mktemp("stopped")) as server:
        server.opened.ping()
    return server.opened


@pytest.fixture(params=["folder", "s3"])
def store_that_is_down(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """A folder where a file is in the way, and an S3 server that was stopped."""
    if request.param == "folder":
        (tmp_path / "in-the-way").write_text("no folder")
        return FolderStore(str(tmp_path / "in-the-way" / "store"))
    stopped: S3Store = request.getfixturevalue("stopped")
    return stopped


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda store: store.ping(), id="ping"),
        pytest.param(lambda store: put(store, b"x"), id="put"),
        pytest.param(lambda store: store.read(KEY), id="read"),
        pytest.param(lambda store: store.delete(KEY), id="delete"),
    ],
)
def test_a_store_that_is_down_says_so(
    store_that_is_down: ObjectStore, call: Callable[[ObjectStore], Any]
) -> None:
    with pytest.raises(StorageUnavailable):
        call(store_that_is_down)


def test_a_file_that_was_opened_and_not_read_is_closed_with_its_reader(tmp_path: Path) -> None:
    store = FolderStore(str(tmp_path))
    put(store, b"for nobody")

    unread = store.read(KEY)
    cast(Any, unread).close()

    assert str(tmp_path / KEY) not in {one.path for one in psutil.Process().open_files()}


def test_a_folder_holds_whole_objects_only(tmp_path: Path) -> None:
    store = FolderStore(str(tmp_path))
    put(store, b"one")

    with pytest.raises(ValueError, match="went dead"):
        store.put(KEY, stream(CHUNK * 2, breaks=True), content_type=PNG)

    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [tmp_path / KEY]


def test_a_folder_has_no_addresses_of_its_own(tmp_path: Path) -> None:
    assert FolderStore(str(tmp_path)).presign(KEY, seconds=60, content_type=PNG) is None


def test_two_stores_in_one_bucket_do_not_see_each_other(server: S3Server) -> None:
    one, other = server.store(prefix=ids.new("one")), server.store(prefix=ids.new("other"))

    put(one, b"one")

    with pytest.raises(ArtifactNotFound):
        other.read(KEY)
    other.delete(KEY)
    assert read(one) == b"one"


def presigned(store: S3Store, *, content_type: str = PNG) -> str:
    address = store.presign(KEY, seconds=60, content_type=content_type)
    assert address is not None
    return address


def fetch(address: str, **headers: str) -> urllib3.BaseHTTPResponse:
    return urllib3.request("GET", address, headers=headers, retries=False, timeout=20)


def test_a_presigned_link_opens_for_anybody_with_the_type_that_we_say(server: S3Server) -> None:
    store = server.opened
    put(store, b"a picture")

    response = fetch(presigned(store, content_type="image/webp"))

    assert (response.status, response.data) == (200, b"a picture")
    assert response.headers["Content-Type"] == "image/webp"


def test_without_its_signature_a_link_opens_nothing(server: S3Server) -> None:
    store = server.opened
    put(store, b"a picture")

    response = fetch(presigned(store).partition("?")[0])

    assert response.status in {400, 403}
    assert b"a picture" not in response.data


def test_a_presigned_link_that_was_changed_opens_nothing(server: S3Server) -> None:
    store = server.opened
    put(store, b"a picture")

    response = fetch(presigned(store)[:-4] + "0000")

    # moto does not look at the signature of a presigned link.
    assert response.status == (403 if server.checks_signatures else 200)


def test_a_store_with_the_wrong_secret_does_not_open(server: S3Server) -> None:
    store = server.store(s3_secret_key="not-the-secret")

    # moto takes any secret for the right one.
    if server.checks_signatures:
        with pytest.raises(StorageUnavailable):
            store.ping()
    else:
        store.ping()


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda store: store.ping(), id="ping"),
        pytest.param(lambda store: put(store, b"x"), id="put"),
        pytest.param(lambda store: store.read(KEY), id="read"),
        pytest.param(lambda store: store.delete(KEY), id="delete"),
    ],
)
def test_a_bucket_that_is_not_there_is_not_taken_for_an_empty_one(
    server: S3Server, call: Callable[[ObjectStore], Any]
) -> None:
    with pytest.raises(StorageUnavailable):
        call(server.store(bucket="no-such-bucket"))


class Answering(BaseHTTPRequestHandler):
    """Answers a GET as AWS does to a presigned link."""

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        is_signed_twice = "X-Amz-Signature" in query and "Authorization" in self.headers
        self.answer(400 if is_signed_twice else 200, b"a picture")

    def answer(self, status: int, content: bytes, *, promised: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(promised or len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


class Cutting(Answering):
    """Promises more than it sends."""

    def do_GET(self) -> None:
        self.answer(200, b"half a pict", promised=1_000)


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def strict() -> Iterator[S3Store]:
    """A store that refuses what AWS refuses: a signature in the link and a header beside it."""
    with answering(Answering) as url:
        yield S3Store(s3.settings_for(url), bucket=s3.BUCKET, prefix="")


def test_the_strict_store_refuses_a_link_with_a_key_beside_it(strict: S3Store) -> None:
    assert fetch(presigned(strict), Authorization="Bearer lim_x").status == 400


def test_our_own_client_follows_a_presigned_link_without_its_key(
    strict: S3Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIMNER_HOME", str(tmp_path))
    monkeypatch.setenv("LIMNER_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("LIMNER_API_KEY", "lim_x")

    Client().download(presigned(strict), tmp_path / "fox.png")

    assert (tmp_path / "fox.png").read_bytes() == b"a picture"


def test_a_download_that_was_cut_off_is_not_taken_for_the_whole() -> None:
    with answering(Cutting) as url:
        store = S3Store(s3.settings_for(url), bucket=s3.BUCKET, prefix="")

        with pytest.raises(StorageUnavailable):
            read(store)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("folder:///srv/limner", FolderStore),
        ("s3://bucket", S3Store),
        ("s3://bucket/deep/prefix/", S3Store),
    ],
)
def test_the_settings_name_the_store(url: str, kind: type) -> None:
    assert isinstance(open_store(s3.settings_for("", url=url)), kind)


@pytest.mark.parametrize("url", ["", "/srv/limner", "folder://relative", "s3://", "gs://bucket"])
def test_an_address_of_no_store_is_refused_with_what_it_could_be(url: str) -> None:
    with pytest.raises(SettingsError, match=r"LIMNER_STORAGE_URL: .* s3://bucket"):
        open_store(s3.settings_for("", url=url))


def test_a_folder_with_a_space_in_its_name_is_found(tmp_path: Path) -> None:
    store = open_store(s3.settings_for("", url=f"folder://{tmp_path}/my%20pictures"))

    put(store, b"x")

    assert (tmp_path / "my pictures" / KEY).read_bytes() == b"x"
