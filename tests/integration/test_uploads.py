"""Files that callers hand in: whole, or put to an address that is given."""

import hashlib
import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from sqlalchemy import select, update
from werkzeug.serving import make_server

from shared import clock
from shared.accounts import register
from shared.errors import StorageUnavailable
from shared.ground import Ground
from shared.retention import expiry, unwanted
from shared.retention.tables import UnwantedObject
from shared.storage.folder import FolderStore
from shared.uploads import intake
from shared.uploads.tables import Upload
from tests.conftest import PUBLIC_URL, Api, Caller, MakeCaller
from tests.integration.conftest import CountRows, MakeApi, MakeGround
from tests.support import s3
from tests.support.media import picture
from tests.support.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, S3Server

PICTURE = picture()
SHA = hashlib.sha256(PICTURE).hexdigest()

Limit = Callable[..., None]


@pytest.fixture
def limit(ground: Ground, caller: Caller) -> Limit:
    """Sets limits of the caller's own."""

    def set_limits(**limits: int) -> None:
        with ground.transaction() as session:
            register.change(session, caller.account.id, ground.plans, overrides=limits)

    return set_limits


def hand_in(api: Api, content: bytes = PICTURE, path: str = "", **headers: str) -> Any:
    """Send a file as a body."""
    headers = {"Content-Type": "image/png"} | {k.replace("_", "-"): v for k, v in headers.items()}
    return api.http.post(f"/v1/uploads{path}", data=content, headers=api.caller.headers | headers)


def hand_in_form(api: Api, content: bytes, *, field: str = "file", name: str = "x") -> Any:
    """Send a file in a form."""
    body, content_type = urllib3.encode_multipart_formdata({field: (name, content)})
    return hand_in(api, body, Content_Type=content_type)


def open_one(api: Api, **fields: Any) -> dict[str, Any]:
    """Ask where to put a file."""
    body = {"content_type": "image/png", "bytes": len(PICTURE)} | fields
    answer = api.post("/v1/uploads", json=body)
    assert answer.status_code == 201, answer.json
    opened: dict[str, Any] = answer.json
    return opened


def put(api: Api, upload: dict[str, Any], content: bytes = PICTURE) -> Any:
    """Put a file where it is expected, with no key."""
    door = upload["put"]
    return api.http.put(door["url"].removeprefix(PUBLIC_URL), data=content, headers=door["headers"])


def read(api: Api, upload_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/v1/uploads/{upload_id}").json
    return found


def content(api: Api, upload: dict[str, Any]) -> Any:
    """Follow the link of an upload, with no key."""
    return api.http.get(upload["url"].removeprefix(PUBLIC_URL), buffered=True)


def files(tmp_path: Path) -> list[Path]:
    return [one for one in (tmp_path / "storage").rglob("*") if one.is_file()]


def doomed(ground: Ground) -> list[str]:
    with ground.transaction() as session:
        return list(session.scalars(select(UnwantedObject.key)))


def sweep_all(ground: Ground) -> int:
    """Remove what is to be removed at some time."""
    with ground.transaction() as session:
        session.execute(update(UnwantedObject).values(due_at=clock.now()))
    return unwanted.sweep(ground)


def test_a_body_is_an_upload(api: Api, ground: Ground, tmp_path: Path) -> None:
    answer = hand_in(api, path="?filename=fox.png")

    upload = answer.json
    assert answer.status_code == 201
    assert (upload["status"], upload["put"], upload["filename"]) == ("complete", None, "fox.png")
    assert (upload["content_type"], upload["bytes"]) == ("image/png", len(PICTURE))
    assert upload["sha256"] == SHA
    assert read(api, upload["id"]) == upload
    assert (content(api, upload).data, len(files(tmp_path))) == (PICTURE, 1)
    assert doomed(ground) == []


def test_a_form_is_an_upload(api: Api) -> None:
    answer = hand_in_form(api, PICTURE, name="fox.png")

    assert answer.status_code == 201
    assert (answer.json["filename"], answer.json["sha256"]) == ("fox.png", SHA)
    assert content(api, answer.json).data == PICTURE


def test_a_file_is_put_to_the_address_that_is_given(api: Api, ground: Ground) -> None:
    opened = open_one(api, filename="fox.png")
    before = read(api, opened["id"])

    answer = put(api, opened)

    after = read(api, opened["id"])
    assert (opened["status"], opened["url"], before["put"]) == ("pending", None, None)
    assert before["expires_at"] == opened["expires_at"]
    assert (answer.status_code, answer.data) == (204, b"")
    assert (after["status"], after["sha256"], after["filename"]) == ("complete", SHA, "fox.png")
    assert content(api, after).data == PICTURE
    completed = api.post(f"/v1/uploads/{opened['id']}/complete")
    assert (completed.status_code, completed.json) == (200, after)
    assert doomed(ground) == []


def test_what_is_put_is_what_counts_not_what_was_declared(api: Api) -> None:
    opened = open_one(api, bytes=100_000)

    put(api, opened, jpeg := picture(format="JPEG"))

    after = read(api, opened["id"])
    assert (after["content_type"], after["bytes"]) == ("image/jpeg", len(jpeg))


def test_a_file_is_put_once(api: Api, tmp_path: Path) -> None:
    opened = open_one(api, bytes=100_000)
    put(api, opened)

    again = put(api, opened, picture(colour="blue"))

    assert (again.status_code, again.json["code"]) == (409, "upload_is_complete")
    assert content(api, read(api, opened["id"])).data == PICTURE
    assert len(files(tmp_path)) == 1


def test_of_two_that_put_at_once_one_is_kept_whole(
    api: Api, ground: Ground, tmp_path: Path
) -> None:
    opened = open_one(api, bytes=100_000)
    pictures = [picture(colour=colour) for colour in ("red", "blue", "green", "white")]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda one: put(api, opened, one).status_code, pictures))

    after = read(api, opened["id"])
    kept = content(api, after).data
    assert sorted(answers) == [204, 409, 409, 409]
    assert kept in pictures
    assert hashlib.sha256(kept).hexdigest() == after["sha256"]
    sweep_all(ground)
    assert len(files(tmp_path)) == 1


def test_an_upload_that_is_not_there_yet_says_so(api: Api) -> None:
    opened = open_one(api)

    completed = api.post(f"/v1/uploads/{opened['id']}/complete")
    got = api.get(f"/v1/uploads/{opened['id']}/content")

    assert (completed.status_code, completed.json["code"]) == (409, "upload_incomplete")
    assert (got.status_code, got.json["code"]) == (409, "upload_incomplete")


@pytest.mark.parametrize("body", [b"", b"<svg/>", b"<!doctype html>", b"{}", b"\x89PNG"])
def test_what_is_no_media_is_not_taken(
    api: Api, ground: Ground, tmp_path: Path, body: bytes
) -> None:
    whole, opened = hand_in(api, body), open_one(api)
    filled = put(api, opened, body)

    for answer in (whole, filled):
        assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media")
    assert read(api, opened["id"])["status"] == "pending"
    assert (files(tmp_path), doomed(ground)) == ([], [])


def test_a_file_larger_than_the_plan_allows_is_not_taken(
    api: Api, limit: Limit, ground: Ground, tmp_path: Path
) -> None:
    limit(upload_megabytes=1)
    large = PICTURE + b"\0" * 1_000_000

    whole = hand_in(api, large)
    form = hand_in_form(api, large)
    declared = api.post("/v1/uploads", json={"content_type": "image/png", "bytes": 1_000_001})
    filled = put(api, open_one(api), PICTURE + b"\0")

    assert whole.json["code"] == form.json["code"] == filled.json["code"] == "file_too_large"
    assert {one.status_code for one in (whole, form, filled)} == {413}
    assert declared.status_code == 422
    assert declared.json["errors"][0]["path"] == "$.bytes"
    assert hand_in(api, PICTURE + b"\0" * (1_000_000 - len(PICTURE))).status_code == 201
    sweep_all(ground)
    assert len(files(tmp_path)) == 1


def test_the_server_takes_no_larger_file_than_it_is_set_to(
    make_ground: MakeGround, make_api: MakeApi
) -> None:
    api = make_api(make_ground(LIMNER_MAX_UPLOAD_BYTES="1024"))

    assert hand_in(api, PICTURE + b"\0" * 1024).status_code == 413
    assert hand_in(api, PICTURE).status_code == 201


def test_a_file_may_be_larger_than_other_bodies(make_ground: MakeGround, make_api: MakeApi) -> None:
    api = make_api(make_ground(LIMNER_MAX_BODY_BYTES="1024"))

    assert hand_in(api, PICTURE + b"\0" * 5_000).json["bytes"] == len(PICTURE) + 5_000


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"bytes": 1}, "$.content_type"),
        ({"content_type": "image/svg+xml", "bytes": 1}, "$.content_type"),
        ({"content_type": "image/png"}, "$.bytes"),
        ({"content_type": "image/png", "bytes": 0}, "$.bytes"),
        ({"content_type": "image/png", "bytes": "1"}, "$.bytes"),
        ({"content_type": "image/png", "bytes": True}, "$.bytes"),
        ({"content_type": "image/png", "bytes": 1, "size": 1}, "$.size"),
        ({"content_type": "image/png", "bytes": 1, "filename": "\x00"}, "$.filename"),
        ({"content_type": "image/png", "bytes": 1, "filename": "x" * 256}, "$.filename"),
        ([], "$"),
    ],
)
def test_a_fault_is_told_with_its_place(
    api: Api, count_rows: CountRows, body: object, path: str
) -> None:
    answer = api.post("/v1/uploads", json=body)

    assert answer.status_code == 422
    assert [one["path"] for one in answer.json["errors"]] == [path]
    assert count_rows()["uploads"] == 0


def test_a_fault_beside_the_file_is_told_too(api: Api) -> None:
    query: Any = hand_in(api, path="?filename=%00")
    unknown = hand_in(api, path="?name=x")
    form = hand_in_form(api, PICTURE, field="picture")

    paths = [one.json["errors"][0]["path"] for one in (query, unknown, form)]
    assert paths == ["query.filename", "query.name", "form.file"]


def test_to_others_an_upload_is_not_there(api: Api, make_caller: MakeCaller) -> None:
    upload, pending = hand_in(api).json, open_one(api)
    bob = Api(api.http, make_caller("bob"))
    path = f"/v1/uploads/{upload['id']}"

    answers = [
        bob.get(path),
        bob.get(f"{path}/content"),
        bob.delete(path),
        bob.post(f"/v1/uploads/{pending['id']}/complete"),
        bob.http.put(
            f"/v1/uploads/{pending['id']}/content", data=PICTURE, headers=bob.caller.headers
        ),
        bob.get("/v1/uploads/upl_%00"),
        bob.delete("/v1/uploads/upl_%00"),
    ]

    assert {(one.status_code, one.json["code"]) for one in answers} == {(404, "upload_not_found")}
    assert read(api, upload["id"]) == upload


def test_a_link_does_only_what_it_was_made_for(api: Api) -> None:
    pending, other = open_one(api), open_one(api)
    upload = hand_in(api).json
    query = urlsplit(pending["put"]["url"]).query

    def status(method: str, path: str, query: str) -> int:
        return api.http.open(f"{path}?{query}", method=method, data=PICTURE).status_code

    of_other = status("PUT", f"/v1/uploads/{other['id']}/content", query)
    to_read = status("GET", f"/v1/uploads/{pending['id']}/content", query)
    to_fill = status("PUT", f"/v1/uploads/{upload['id']}/content", urlsplit(upload["url"]).query)
    later = status(
        "PUT", f"/v1/uploads/{pending['id']}/content", query.replace("expires=", "expires=9")
    )

    assert {of_other, to_read, to_fill, later} == {403}
    assert api.http.put(f"/v1/uploads/{pending['id']}/content").status_code == 403


def test_an_owner_may_put_with_a_key_and_read_a_part(api: Api) -> None:
    opened = open_one(api)
    path = f"/v1/uploads/{opened['id']}/content"

    assert api.http.put(path, data=PICTURE, headers=api.caller.headers).status_code == 204

    part = api.get(path, headers={"Range": "bytes=1-3"}, buffered=True)
    assert (part.status_code, part.data) == (206, b"PNG")


def test_an_upload_is_deleted(api: Api, ground: Ground, tmp_path: Path) -> None:
    upload, pending = hand_in(api).json, open_one(api)

    answers = [api.delete(f"/v1/uploads/{one['id']}") for one in (upload, pending)]

    assert [one.status_code for one in answers] == [204, 204]
    assert api.get(f"/v1/uploads/{upload['id']}").status_code == 404
    assert api.delete(f"/v1/uploads/{upload['id']}").status_code == 404
    assert content(api, upload).status_code == 404
    assert put(api, pending).status_code == 404
    unwanted.sweep(ground)
    assert files(tmp_path) == []


def test_an_upload_is_kept_as_long_as_the_plan_says(
    api: Api, ground: Ground, limit: Limit, tmp_path: Path
) -> None:
    limit(upload_days=2)
    old, new = hand_in(api).json, hand_in(api, picture(colour="blue")).json
    for one, hours in ((old, 49), (new, 47)):
        used_at = clock.now() - timedelta(hours=hours)
        with ground.transaction() as session:
            session.execute(update(Upload).where(Upload.id == one["id"]).values(used_at=used_at))
    left = read(api, new["id"])["expires_at"]

    told, gone = expiry.overdue(ground), expiry.go_round(ground)

    assert (told, gone.uploads, gone.bytes) == (gone, 1, old["bytes"])
    assert api.get(f"/v1/uploads/{old['id']}").status_code == 404
    assert read(api, new["id"])["status"] == "complete"
    assert left > clock.rfc3339(clock.now())
    unwanted.sweep(ground)
    assert len(files(tmp_path)) == 1


def test_an_upload_is_kept_for_ever_where_the_plan_says_so(api: Api, ground: Ground) -> None:
    upload = hand_in(api).json
    with ground.transaction() as session:
        session.execute(update(Upload).values(used_at=clock.now() - timedelta(days=3_000)))

    assert not expiry.go_round(ground).is_anything
    assert read(api, upload["id"])["expires_at"] is None


def test_an_upload_whose_file_never_came_is_given_up(api: Api, ground: Ground) -> None:
    late, early = open_one(api), open_one(api)
    with ground.transaction() as session:
        session.execute(
            update(Upload)
            .where(Upload.id == late["id"])
            .values(expires_at=clock.now() - timedelta(seconds=1))
        )

    assert expiry.go_round(ground).uploads == 1

    assert api.get(f"/v1/uploads/{late['id']}").status_code == 404
    assert read(api, early["id"])["status"] == "pending"


class Dying(FolderStore):
    """A store after which its process dies."""

    def put(self, key: str, content: Any, *, content_type: str) -> Any:
        """Store it, and die."""
        super().put(key, content, content_type=content_type)
        raise KeyboardInterrupt


def test_who_dies_while_a_file_comes_leaves_nothing_behind(ground: Ground, tmp_path: Path) -> None:
    dying = replace(ground, store=Dying(f"{tmp_path}/storage"))

    with pytest.raises(KeyboardInterrupt):
        intake.store(dying, [PICTURE], most_bytes=10_000)

    assert len(files(tmp_path)) == len(doomed(ground)) == 1
    assert unwanted.sweep(ground) == 0  # it might still be taken
    assert sweep_all(ground) == 1
    assert files(tmp_path) == []


def test_a_file_that_is_about_to_be_removed_cannot_be_kept(ground: Ground) -> None:
    taken = intake.store(ground, [PICTURE], most_bytes=10_000)
    with ground.transaction() as session:
        session.execute(update(UnwantedObject).values(due_at=clock.now() + timedelta(minutes=1)))

    with pytest.raises(StorageUnavailable), ground.transaction() as session:
        intake.claim(session, taken)


@contextmanager
def serving(api: Api) -> Iterator[tuple[str, int]]:
    """Serve the API on a real socket."""
    server = make_server("127.0.0.1", 0, api.http.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield "127.0.0.1", server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_file_whose_sender_goes_away_is_not_taken_for_whole(
    api: Api, ground: Ground, tmp_path: Path
) -> None:
    key = api.caller.key
    head = f"POST /v1/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    with serving(api) as address, socket.create_connection(address) as sender:
        sender.sendall(f"{head}Content-Length: {len(PICTURE)}\r\n\r\n".encode() + PICTURE[:-1])
        sender.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(sender)
        answer.begin()
        assert answer.status == 400
        answer.read()

    with ground.transaction() as session:
        assert session.scalars(select(Upload)).all() == []
    assert files(tmp_path) == []


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server."""
    with s3.rclone(tmp_path_factory.mktemp("rclone")) as server:
        yield server


@pytest.fixture
def on_s3(make_ground: MakeGround, bucket: S3Server) -> Ground:
    """A ground whose callers reach the storage themselves."""
    return make_ground(
        LIMNER_STORAGE_URL=f"s3://{BUCKET}",
        LIMNER_S3_ENDPOINT_URL=bucket.url,
        LIMNER_S3_ACCESS_KEY=ACCESS_KEY,
        LIMNER_S3_SECRET_KEY=SECRET_KEY,
        LIMNER_STORAGE_LINKS="presigned",
    )


def put_to_s3(opened: dict[str, Any], content: bytes = PICTURE) -> int:
    door = opened["put"]
    return urllib3.request("PUT", door["url"], body=content, headers=door["headers"]).status


def test_with_presigned_links_a_file_is_put_into_the_storage_itself(
    on_s3: Ground, make_api: MakeApi, bucket: S3Server
) -> None:
    api = make_api(on_s3)
    opened = open_one(api)
    assert opened["put"]["url"].startswith(bucket.url)
    early = api.post(f"/v1/uploads/{opened['id']}/complete")

    assert put_to_s3(opened) == 200
    done = api.post(f"/v1/uploads/{opened['id']}/complete").json
    # The address still opens, and changes nothing any more.
    put_to_s3(opened, picture(colour="blue"))

    assert early.json["code"] == "upload_incomplete"
    assert (done["status"], done["sha256"]) == ("complete", SHA)
    assert content(api, done).data == PICTURE
    assert len(doomed(on_s3)) == 1  # what was put there, and copied
    sweep_all(on_s3)
    assert content(api, done).data == PICTURE


def test_what_is_put_into_the_storage_is_looked_at_when_it_is_taken(
    on_s3: Ground, make_api: MakeApi
) -> None:
    api = make_api(on_s3)
    opened = open_one(api)
    put_to_s3(opened, b"<!doctype html>".ljust(len(PICTURE)))

    refused = api.post(f"/v1/uploads/{opened['id']}/complete")
    put_to_s3(opened)
    taken = api.post(f"/v1/uploads/{opened['id']}/complete")

    assert (refused.status_code, refused.json["code"]) == (415, "unsupported_media")
    assert (taken.status_code, taken.json["sha256"]) == (200, SHA)


# The list


def test_uploads_are_listed_page_by_page_the_newest_first(
    api: Api, make_caller: MakeCaller
) -> None:
    given = [hand_in(api).json["id"] for _ in range(5)]
    hand_in(Api(api.http, make_caller("another")))

    first = api.get("/v1/uploads?limit=3").json
    second = api.get(f"/v1/uploads?limit=3&cursor={first['next_cursor']}").json

    assert [one["id"] for one in first["data"] + second["data"]] == given[::-1]
    assert second["next_cursor"] is None
    assert first["data"][0] == api.get(f"/v1/uploads/{given[-1]}").json | {
        "url": first["data"][0]["url"]
    }


def test_uploads_are_listed_by_whether_their_file_is_there(api: Api) -> None:
    pending, complete = open_one(api)["id"], hand_in(api).json["id"]

    listed = {
        status: [one["id"] for one in api.get(f"/v1/uploads?status={status}").json["data"]]
        for status in ("pending", "complete")
    }

    assert listed == {"pending": [pending], "complete": [complete]}


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "status=lost", "cursor=x", "name=fox"])
def test_a_list_that_there_is_not_is_refused(api: Api, query: str) -> None:
    answer = api.get(f"/v1/uploads?{query}")

    assert answer.status_code == 422
    assert answer.json["errors"][0]["path"] == f"query.{query.partition('=')[0]}"
