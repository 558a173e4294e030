"""What a job made is downloaded: whole or in parts, by who may."""

import hashlib
import hmac
import io
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from PIL import Image

from shared.ground import Ground
from tests.conftest import PUBLIC_URL, Api, Caller
from tests.integration.conftest import Finish


@pytest.fixture
def artifact(finish: Finish) -> dict[str, Any]:
    """The picture of a finished job."""
    found: dict[str, Any] = finish(input={"width": 96, "height": 64})["artifacts"][0]
    return found


@pytest.fixture
def content(http: FlaskClient, artifact: dict[str, Any]) -> bytes:
    """All of its bytes."""
    found: bytes = get(http, artifact).data
    return found


def get(http: FlaskClient, artifact: dict[str, Any], **headers: str) -> Any:
    """Follow the link in the job, with no key."""
    assert artifact["url"].startswith(PUBLIC_URL)
    return http.get(
        artifact["url"].removeprefix(PUBLIC_URL),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        buffered=True,
    )


def refused(response: Any, status: int, code: str) -> None:
    assert (response.status_code, response.json["code"]) == (status, code)
    assert response.content_type == "application/problem+json"


def test_the_link_in_the_job_opens_what_the_job_says(
    http: FlaskClient, artifact: dict[str, Any]
) -> None:
    response = get(http, artifact)

    assert response.status_code == 200
    assert response.content_type == artifact["content_type"] == "image/png"
    assert response.content_length == len(response.data) == artifact["bytes"]
    assert hashlib.sha256(response.data).hexdigest() == artifact["sha256"]
    with Image.open(io.BytesIO(response.data)) as image:
        assert (image.format, image.size) == ("PNG", (artifact["width"], artifact["height"]))
    assert (artifact["width"], artifact["height"]) == (96, 64)


@pytest.mark.parametrize(
    ("wanted", "content_type", "extension"),
    [("png", "image/png", "png"), ("jpeg", "image/jpeg", "jpg"), ("webp", "image/webp", "webp")],
)
def test_a_file_is_told_as_what_it_is(
    http: FlaskClient, finish: Finish, wanted: str, content_type: str, extension: str
) -> None:
    artifact = finish(input={"format": wanted, "num_images": 2})["artifacts"][1]

    response = get(http, artifact)

    assert response.content_type == artifact["content_type"] == content_type
    assert response.headers["Content-Disposition"].startswith("inline")
    assert response.headers["Content-Disposition"].endswith(f'.{extension}"')
    with Image.open(io.BytesIO(response.data)) as image:
        assert image.format == wanted.upper()


def test_a_file_comes_with_what_caches_and_browsers_need(
    http: FlaskClient, artifact: dict[str, Any]
) -> None:
    headers = get(http, artifact).headers

    assert headers["ETag"] == f'"{artifact["sha256"]}"'
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in headers["Cache-Control"]
    assert headers["Last-Modified"]


def test_head_tells_the_same_without_the_bytes(http: FlaskClient, artifact: dict[str, Any]) -> None:
    whole = get(http, artifact)

    head = http.head(artifact["url"].removeprefix(PUBLIC_URL), buffered=True)

    assert (head.status_code, head.data) == (200, b"")
    told = ("Content-Type", "Content-Length", "ETag", "Accept-Ranges", "Content-Disposition")
    assert {name: head.headers[name] for name in told} == {
        name: whole.headers[name] for name in told
    }


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=10-19", slice(10, 20)),
        ("bytes=0-", slice(0, None)),
        ("bytes=17-", slice(17, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=-99999999", slice(0, None)),
        ("bytes=5-99999999", slice(5, None)),
    ],
)
def test_a_range_is_answered_with_that_part(
    http: FlaskClient, artifact: dict[str, Any], content: bytes, asked: str, part: slice
) -> None:
    response = get(http, artifact, Range=asked)

    first, end, _ = part.indices(len(content))
    assert response.status_code == 206
    assert response.data == content[part]
    assert response.headers["Content-Range"] == f"bytes {first}-{end - 1}/{len(content)}"
    assert response.content_length == end - first
    assert response.content_type == "image/png"
    assert response.headers["ETag"] == f'"{artifact["sha256"]}"'


def test_the_last_byte_can_be_asked_for_and_the_one_after_it_cannot(
    http: FlaskClient, artifact: dict[str, Any], content: bytes
) -> None:
    size = len(content)

    last = get(http, artifact, Range=f"bytes={size - 1}-")

    assert (last.status_code, last.data) == (206, content[-1:])
    refused(get(http, artifact, Range=f"bytes={size}-"), 416, "range_not_satisfiable")


def test_a_range_outside_the_file_is_answered_with_the_files_size(
    http: FlaskClient, artifact: dict[str, Any]
) -> None:
    response = get(http, artifact, Range="bytes=99999999-")

    refused(response, 416, "range_not_satisfiable")
    assert response.headers["Content-Range"] == f"bytes */{artifact['bytes']}"


@pytest.mark.parametrize("asked", ["bytes=9-2", "bytes=a-b", "lines=0-3", "bytes", "bytes=0-1,4-5"])
def test_a_range_that_is_not_understood_is_answered_with_the_whole(
    http: FlaskClient, artifact: dict[str, Any], content: bytes, asked: str
) -> None:
    response = get(http, artifact, Range=asked)

    assert (response.status_code, response.data) == (200, content)


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ('"{sha256}"', 206),
        ('"another"', 200),
        ('W/"{sha256}"', 200),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 200),
    ],
)
def test_a_part_is_sent_only_if_the_rest_is_of_the_same_file(
    http: FlaskClient, artifact: dict[str, Any], content: bytes, condition: str, status: int
) -> None:
    response = get(
        http, artifact, Range="bytes=4-7", If_Range=condition.format(sha256=artifact["sha256"])
    )

    assert response.status_code == status
    assert response.data == (content[4:8] if status == 206 else content)


def test_a_part_is_sent_if_the_rest_is_of_the_same_moment(
    http: FlaskClient, artifact: dict[str, Any], content: bytes
) -> None:
    made = get(http, artifact).headers["Last-Modified"]

    response = get(http, artifact, Range="bytes=4-7", If_Range=made)

    assert (response.status_code, response.data) == (206, content[4:8])


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ('"{sha256}"', {}),
        ('"{sha256}"', {"Range": "bytes=4-7"}),
        ('W/"{sha256}"', {}),
        ('"another", "{sha256}"', {}),
        ("*", {}),
    ],
)
def test_who_has_it_already_gets_no_bytes(
    http: FlaskClient, artifact: dict[str, Any], known: str, asked: dict[str, str]
) -> None:
    condition = known.format(sha256=artifact["sha256"])

    response = get(http, artifact, If_None_Match=condition, **asked)

    assert (response.status_code, response.data) == (304, b"")
    assert response.headers["ETag"] == f'"{artifact["sha256"]}"'


def test_who_has_something_else_gets_the_file(
    http: FlaskClient, artifact: dict[str, Any], content: bytes
) -> None:
    response = get(http, artifact, If_None_Match='"another"')

    assert (response.status_code, response.data) == (200, content)


def link(artifact: dict[str, Any], *, expires: int, ground: Ground) -> str:
    """Sign a link as the API does, for any moment."""
    signed = f"artifact:{artifact['id']}:{expires}".encode()
    key = ground.settings.security.secret_key.encode()
    signature = hmac.new(key, signed, hashlib.sha256).hexdigest()[:40]
    return f"/v1/artifacts/{artifact['id']}/content?expires={expires}&signature={signature}"


def test_a_link_opens_until_its_moment_and_no_longer(
    http: FlaskClient, ground: Ground, artifact: dict[str, Any]
) -> None:
    now = int(time.time())

    held = http.get(link(artifact, expires=now + 60, ground=ground), buffered=True)
    gone = http.get(link(artifact, expires=now - 1, ground=ground))

    assert held.status_code == 200
    refused(gone, 403, "link_expired")


def test_a_link_opens_for_at_least_the_time_that_is_set(
    ground: Ground, artifact: dict[str, Any]
) -> None:
    expires = int(parse_qs(urlsplit(artifact["url"]).query)["expires"][0])

    assert expires >= time.time() + ground.settings.storage.link_seconds - 60


@pytest.mark.parametrize(
    "spoil",
    [
        lambda url: url.replace("expires=", "expires=1"),
        lambda url: url.replace("expires=", "expires=x"),
        lambda url: url.replace("expires=", "until="),
        lambda url: url[:-1],
        lambda url: url + "0",
        lambda url: url[:-1] + ("0" if url[-1] != "0" else "1"),
        lambda url: url.partition("signature=")[0] + "signature=",
        lambda url: url.partition("signature=")[0] + "signature=%C3%BC%00",
    ],
)
def test_a_link_that_was_changed_opens_nothing(
    http: FlaskClient, artifact: dict[str, Any], spoil: Callable[[str], str]
) -> None:
    address = artifact["url"].removeprefix(PUBLIC_URL)

    refused(http.get(spoil(address)), 403, "link_expired")


def test_a_link_opens_no_other_file(http: FlaskClient, finish: Finish) -> None:
    one, other = finish(input={"num_images": 2})["artifacts"]
    address = one["url"].removeprefix(PUBLIC_URL).replace(one["id"], other["id"])

    refused(http.get(address), 403, "link_expired")


def test_a_changed_link_opens_nothing_to_its_owner_either(
    api: Api, artifact: dict[str, Any]
) -> None:
    refused(api.get(artifact["url"].removeprefix(PUBLIC_URL) + "0"), 403, "link_expired")


def test_without_a_signature_the_file_opens_to_its_owner_alone(
    api: Api,
    make_caller: Callable[[str], Caller],
    artifact: dict[str, Any],
    content: bytes,
) -> None:
    address = f"/v1/artifacts/{artifact['id']}/content"
    bob = Api(api.http, make_caller("bob"))

    assert api.get(address).data == content
    refused(bob.get(address), 404, "artifact_not_found")
    refused(api.http.get(address), 403, "link_expired")


def test_reading_a_job_again_gives_a_link_to_the_same_file(api: Api, finish: Finish) -> None:
    job = finish()

    again = api.job(job["id"])

    before, after = (urlsplit(one["artifacts"][0]["url"]) for one in (job, again))
    assert before.path == after.path
    assert api.http.get(f"{after.path}?{after.query}", buffered=True).status_code == 200
