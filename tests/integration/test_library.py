"""The library: pictures by id and name, on one shelf, as long as their file is kept."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import update

from shared import clock
from shared.errors import FileInUse, ImageNotFound
from shared.ground import Ground
from shared.jobs.status import OVER, Queue
from shared.library import images
from shared.library.images import Page, Shelf
from shared.library.tables import LibraryImage
from shared.retention import expiry
from shared.retention.expiry import Let
from tests.conftest import Api, Caller, MakeCaller
from tests.support import jobs
from tests.support.patience import eventually
from workers.process import WorkerProcess

Make = Callable[..., list[str]]


@pytest.fixture
def shelf(caller: Caller) -> Shelf:
    """Where the caller's images are that are no tests."""
    return Shelf(account_id=caller.account.id, is_test=False)


@pytest.fixture
def make(api: Api, ground: Ground, worker: WorkerProcess) -> Make:
    """Makes images, and returns their ids, newest first."""

    def is_over(job_id: str) -> bool:
        return api.job(job_id)["status"] in OVER

    def make_images(count: int = 1, *, days: float | None = None) -> list[str]:
        expires_at = None if days is None else clock.now() + timedelta(days=days)
        made = []
        for _ in range(count):
            job = jobs.read(ground, api.submit()["id"])
            with ground.transaction() as session:
                made.append(images.add(session, job, name="fox", expires_at=expires_at).id)
            worker.hear(Queue.IMAGE)
            assert eventually(partial(is_over, job.id))
        return made[::-1]

    return make_images


def is_there(ground: Ground, shelf: Shelf, image_id: str) -> bool:
    with ground.transaction() as session:
        try:
            images.find(session, shelf, image_id)
        except ImageNotFound:
            return False
    return True


def page(ground: Ground, shelf: Shelf, first: str | None = None, *, limit: int = 2) -> Page:
    with ground.transaction() as session:
        return images.page(session, shelf, first=first, limit=limit)


def ids(found: Page) -> Sequence[str]:
    return [one.image.id for one in found.pictures]


def test_an_image_is_there_once_it_is_made(api: Api, ground: Ground, shelf: Shelf) -> None:
    job = jobs.read(ground, api.submit()["id"])
    with ground.transaction() as session:
        image = images.add(session, job, name="fox")

    assert images.is_id(image.id)
    assert not is_there(ground, shelf, image.id)
    assert ids(page(ground, shelf)) == []


def test_an_image_is_found_on_its_shelf_only(
    ground: Ground, make: Make, shelf: Shelf, make_caller: MakeCaller
) -> None:
    [image_id] = make()
    others = [
        Shelf(account_id=shelf.account_id, is_test=True),
        Shelf(account_id=make_caller("bob").account.id, is_test=False),
    ]

    assert is_there(ground, shelf, image_id)
    for other in others:
        assert not is_there(ground, other, image_id)
        assert ids(page(ground, other)) == []
        with ground.transaction() as session, pytest.raises(ImageNotFound):
            images.remove(session, other, image_id)
        with ground.transaction() as session, pytest.raises(ImageNotFound):
            images.publish(session, other, image_id, is_published=True)


def test_pages_begin_with_the_image_that_is_named(ground: Ground, make: Make, shelf: Shelf) -> None:
    first, second, third, fourth, fifth = make(5)

    newest, middle, last = (page(ground, shelf, one) for one in (None, third, fifth))

    assert (ids(newest), newest.previous, newest.next) == ([first, second], None, third)
    assert (ids(middle), middle.previous, middle.next) == ([third, fourth], first, fifth)
    assert (ids(last), last.previous, last.next) == ([fifth], third, None)
    assert page(ground, shelf, second).previous == first
    assert page(ground, shelf, limit=5).next is None


def test_nobody_but_the_account_sees_what_is_not_published(
    ground: Ground, make: Make, shelf: Shelf
) -> None:
    [image_id] = make()

    for is_published in (True, True, False, False):
        with ground.transaction() as session:
            images.publish(session, shelf, image_id, is_published=is_published)
        with ground.transaction() as session:
            if is_published:
                assert images.find_published(session, image_id).image.id == image_id
            else:
                with pytest.raises(ImageNotFound):
                    images.find_published(session, image_id)


@pytest.mark.parametrize("how", ["artifact", "job"])
def test_an_image_whose_file_is_deleted_is_gone(
    api: Api, ground: Ground, make: Make, shelf: Shelf, how: str
) -> None:
    [image_id] = make()
    [job] = api.get("/v1/jobs").json["data"]
    paths = {"artifact": f"artifacts/{job['artifacts'][0]['id']}", "job": f"jobs/{job['id']}"}

    assert api.delete(f"/v1/{paths[how]}").status_code == 204

    assert not is_there(ground, shelf, image_id)


def test_a_removed_image_takes_its_file_along(
    api: Api, ground: Ground, make: Make, shelf: Shelf
) -> None:
    [image_id] = make()
    with ground.transaction() as session:
        images.remove(session, shelf, image_id)

    assert not is_there(ground, shelf, image_id)
    [job] = api.get("/v1/jobs").json["data"]
    assert job["artifacts"][0]["deleted_at"] is not None


def test_an_image_from_which_a_job_starts_stays(
    api: Api, ground: Ground, make: Make, shelf: Shelf
) -> None:
    [image_id] = make(days=-1)
    artifact = api.get("/v1/jobs").json["data"][0]["artifacts"][0]["id"]
    wanted = {"kind": "image", "operation": "blur", "input": {"image": artifact}}
    job = api.post("/v1/jobs", json=wanted).json

    with ground.transaction() as session, pytest.raises(FileInUse):
        images.remove(session, shelf, image_id)
    assert (expiry.overdue(ground), expiry.go_round(ground)) == (Let(), Let())

    api.post(f"/v1/jobs/{job['id']}/cancel")
    assert expiry.go_round(ground).artifacts == 1
    assert not is_there(ground, shelf, image_id)


def test_an_image_is_let_go_when_its_time_is_over(
    api: Api, ground: Ground, make: Make, shelf: Shelf
) -> None:
    make(days=1)
    make()
    old, *_ = make(days=-1)
    [artifact] = api.get("/v1/jobs").json["data"][0]["artifacts"]

    expected = Let(artifacts=1, bytes=artifact["bytes"])
    assert (expiry.overdue(ground), expiry.go_round(ground)) == (expected, expected)

    assert not is_there(ground, shelf, old)
    assert len(ids(page(ground, shelf, limit=9))) == 2
    assert (expiry.overdue(ground), expiry.go_round(ground)) == (Let(), Let())


def test_an_unfinished_image_is_not_let_go(api: Api, ground: Ground) -> None:
    job = jobs.read(ground, api.submit()["id"])
    with ground.transaction() as session:
        images.add(session, job, name="fox", expires_at=clock.now() - timedelta(days=1))

    assert expiry.go_round(ground) == Let()

    with ground.transaction() as session:
        assert session.get(LibraryImage, images.id_of(job.id)) is not None


def test_what_failed_is_forgotten_when_its_time_is_over(api: Api, ground: Ground) -> None:
    job = jobs.read(ground, api.submit()["id"])
    with ground.transaction() as session:
        images.add(session, job, name="fox")
    api.post(f"/v1/jobs/{job.id}/cancel")
    with ground.transaction() as session:
        session.execute(update(LibraryImage).values(expires_at=clock.now()))

    assert expiry.go_round(ground) == Let()

    with ground.transaction() as session:
        assert session.get(LibraryImage, images.id_of(job.id)) is None


@pytest.mark.parametrize("text", ["", "x", "image_", "image_" + "A" * 24, "image_\x00" + "a" * 23])
def test_what_is_no_id_is_not_there(ground: Ground, shelf: Shelf, text: str) -> None:
    assert not is_there(ground, shelf, text)
    with ground.transaction() as session, pytest.raises(ImageNotFound):
        images.find_published(session, text)
