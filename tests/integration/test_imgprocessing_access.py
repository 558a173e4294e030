"""IMG Processing's images, listed, downloaded, shown to everybody, and deleted."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from shared import clock
from shared.accounts import keys, register
from shared.accounts.keys import Powers
from shared.accounts.tables import Account
from shared.ground import Ground
from shared.jobs.tables import Artifact
from shared.retention import expiry, unwanted
from tests.conftest import PUBLIC_URL, Api, Caller, MakeCaller
from tests.integration.conftest import AtWork, CountRows
from tests.support.imgprocessing import (
    FIELDS,
    IMAGES,
    changed,
    file_of,
    made,
    their,
    told,
    uploaded,
)
from tests.support.imgprocessing import fields_of as faults_of
from tests.support.media import picture


@pytest.fixture
def img(api: Api, ground: Ground, at_work: AtWork) -> Iterator[Api]:
    """The API as their clients call it, with a worker behind it."""
    with at_work(ground):
        yield their(api)


@pytest.fixture
def tester(http: FlaskClient, ground: Ground, caller: Caller) -> Api:
    """The same account with a key for tests."""
    with ground.transaction() as session:
        owner = session.get_one(Account, caller.account.id)
        _, key = keys.create(session, owner, name="", powers=Powers(is_test=True))
    return their(Api(http, Caller(caller.account, key)))


def listed(img: Api, query: str = "", **rest: Any) -> tuple[list[str], str | None, str | None]:
    """Return the ids on a page, and the addresses of those before and after it."""
    response = img.get(f"{IMAGES}{query}", **rest)
    assert response.status_code == 200
    assert list(response.json) == ["data", "links"]
    assert list(response.json["links"]) == ["previous", "next"]
    assert all(list(one) == FIELDS for one in response.json["data"])
    links = response.json["links"]
    return [one["id"] for one in response.json["data"]], links["previous"], links["next"]


def test_images_are_listed_page_by_page_newest_first(img: Api) -> None:
    base = f"{PUBLIC_URL}{IMAGES}"
    at_home = {"base_url": PUBLIC_URL}
    ids = [uploaded(img)["id"] for _ in range(5)][::-1]

    first, second, third = (
        listed(img, f"?take=2{start}", **at_home)
        for start in ("", f"&from={ids[2]}", f"&from={ids[4]}")
    )

    assert first == (ids[:2], None, f"{base}?take=2&from={ids[2]}")
    assert second == (ids[2:4], f"{base}?take=2&from={ids[0]}", f"{base}?take=2&from={ids[4]}")
    assert third == (ids[4:], f"{base}?take=2&from={ids[2]}", None)
    assert listed(img) == (ids, None, None)


def test_pages_name_the_host_that_was_called(img: Api) -> None:
    for _ in range(2):
        uploaded(img)

    _, _, after = listed(img, "?take=1", base_url="http://moved.example.org:8080")

    assert after is not None
    assert after.startswith("http://moved.example.org:8080/v1/images?take=1&from=image_")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("?take=0", "take"),
        ("?take=101", "take"),
        ("?take=x", "take"),
        ("?take=", "take"),
        ("?take=-1", "take"),
        ("?take=1.5", "take"),
        ("?from=x", "from"),
        ("?from=", "from"),
        ("?from=%00", "from"),
    ],
)
def test_a_page_that_makes_no_sense_is_told(img: Api, query: str, named: str) -> None:
    assert faults_of(img.get(IMAGES + query)) == {named}


def test_ten_are_a_page_and_a_hundred_the_most(img: Api) -> None:
    ids = [uploaded(img)["id"] for _ in range(11)][::-1]

    assert listed(img)[0] == ids[:10]
    assert listed(img, "?take=100")[0] == ids
    assert listed(img, "?take=1")[0] == ids[:1]


def test_a_page_cannot_begin_with_what_is_not_there(img: Api, tester: Api) -> None:
    for image_id in ("image_" + "0" * 24, uploaded(tester)["id"]):
        told(img.get(f"{IMAGES}?from={image_id}"), 404, "not-found")


def test_each_account_and_stage_has_its_own_list(
    api: Api, img: Api, tester: Api, make_caller: MakeCaller
) -> None:
    live, tried = uploaded(img), uploaded(tester)
    api.submit()
    bob = their(Api(img.http, make_caller("bob")))

    assert [listed(one)[0] for one in (img, tester, bob)] == [[live["id"]], [tried["id"]], []]


def test_an_image_is_told_and_downloaded(img: Api) -> None:
    image = uploaded(img, picture(format="WEBP"))
    path = f"{IMAGES}/{image['id']}"

    assert img.get(path).json == image
    assert file_of(img, image) == picture(format="WEBP")
    part = img.get(f"{path}/download", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data) == (206, b"RIFF")
    beyond = img.get(f"{path}/download", headers={"Range": "bytes=99999-"})
    told(beyond, 416, "range-not-satisfiable")


def test_a_published_image_is_seen_by_everybody_until_it_is_not(img: Api) -> None:
    image = uploaded(img)
    path, public = f"{IMAGES}/{image['id']}", f"/images/{image['id']}"
    told(img.http.get(public), 404, "not-found")

    shown = [made(img.post(f"{path}/publish")) for _ in range(2)]

    assert shown == [image | {"url": f"{PUBLIC_URL}{public}"}] * 2
    assert img.get(path).json == shown[0]
    response = img.http.get(public)
    assert (response.status_code, response.content_type) == (200, "image/png")
    assert response.data == picture()
    assert response.headers["Cache-Control"] == "no-cache"
    etag = {"If-None-Match": response.headers["ETag"]}
    assert img.http.get(public, headers=etag, buffered=True).status_code == 304

    hidden = [made(img.post(f"{path}/unpublish")) for _ in range(2)]

    assert hidden == [image] * 2
    told(img.http.get(public, headers=etag), 404, "not-found")
    assert file_of(img, image) == picture()


def test_a_change_of_a_published_image_is_not_published(img: Api) -> None:
    image = uploaded(img)
    img.post(f"{IMAGES}/{image['id']}/publish")

    assert made(changed(img, image, "blur"))["url"] is None


def test_a_deleted_image_is_gone_for_good(
    api: Api, img: Api, ground: Ground, count_rows: CountRows, tmp_path: Path
) -> None:
    image = uploaded(img, picture(900, 900))
    path = f"{IMAGES}/{image['id']}"
    img.post(f"{path}/publish")
    [artifact] = api.get("/v1/jobs").json["data"][0]["artifacts"]

    response = img.delete(path)

    assert (response.status_code, response.data) == (204, b"")
    for answer in (
        img.http.get(f"/images/{image['id']}"),
        img.get(path),
        img.get(f"{path}/download"),
        img.post(f"{path}/publish"),
        img.delete(path),
    ):
        told(answer, 404, "not-found")
    assert listed(img)[0] == []
    assert api.get(f"/v1/artifacts/{artifact['id']}/content").status_code == 410
    unwanted.sweep(ground)
    assert [one for one in (tmp_path / "storage").rglob("*") if one.is_file()] == []
    assert (count_rows()["library_images"], count_rows()["uploads"]) == (0, 0)


def test_an_image_that_is_being_changed_is_not_deleted(
    api: Api, img: Api, make_image_in_use: dict[str, Any]
) -> None:
    path = f"{IMAGES}/{make_image_in_use['id']}"

    response = img.delete(path)

    told(response, 409, "conflict")
    assert "x-should-retry" not in response.headers
    assert img.get(path).status_code == 200


@pytest.fixture
def make_image_in_use(api: Api, img: Api) -> dict[str, Any]:
    """An image from which a job starts that is not over: nobody carries it out."""
    image = uploaded(img)
    artifact = api.get("/v1/jobs").json["data"][0]["artifacts"][0]["id"]
    wanted = {"kind": "3d", "input": {"image": artifact}, "start_by": "90s"}
    assert api.post("/v1/jobs", json=wanted).status_code == 202
    return image


def test_an_image_whose_job_was_deleted_is_gone(api: Api, img: Api) -> None:
    image = uploaded(img)
    img.post(f"{IMAGES}/{image['id']}/publish")

    job_id = api.get("/v1/jobs").json["data"][0]["id"]
    assert api.delete(f"/v1/jobs/{job_id}").status_code == 204

    told(img.get(f"{IMAGES}/{image['id']}"), 404, "not-found")
    told(img.http.get(f"/images/{image['id']}"), 404, "not-found")


def test_an_image_whose_time_is_over_is_gone(img: Api, ground: Ground) -> None:
    image = uploaded(img)
    img.post(f"{IMAGES}/{image['id']}/publish")
    days: dict[str, int | None] = {"artifact_days": 7}
    with ground.transaction() as session:
        register.change(session, img.caller.account.id, ground.plans, overrides=days)
        session.execute(update(Artifact).values(created_at=clock.now() - timedelta(days=8)))

    expiry.go_round(ground)

    told(img.get(f"{IMAGES}/{image['id']}"), 404, "not-found")
    told(img.http.get(f"/images/{image['id']}"), 404, "not-found")
    told(changed(img, image, "blur"), 404, "not-found")
    assert listed(img)[0] == []


@pytest.mark.parametrize("name", ["x", "image_x", "%00", "image_" + "0" * 24, "a/b", ""])
def test_what_was_never_published_is_not_there(http: FlaskClient, name: str) -> None:
    told(http.get(f"/images/{name}"), 404, "not-found")
