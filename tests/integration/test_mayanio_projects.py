"""MayanIO's projects: what an account has made, page by page."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from shared import clock, ids
from shared.dialects import mayanio
from shared.ground import Ground
from shared.jobs.status import Queue, Status
from shared.jobs.tables import Artifact, Job
from tests.conftest import Api, MakeCaller
from tests.integration.test_mayanio import PROJECTS, fields, made, told
from tests.support.patience import eventually
from workers.process import WorkerProcess

ENDINGS = {"image": "image/png", "video": "video/mp4", "3d": "model/gltf-binary"}

Finished = Callable[..., str]


@pytest.fixture
def finished(api: Api, ground: Ground) -> Finished:
    """Writes down a job that has succeeded, as it would stand then; returns their id of it."""

    def write(
        kind: str = "image", prompt: str | None = "a", status: Status = Status.SUCCEEDED
    ) -> str:
        now, account_id = clock.now(), api.caller.account.id
        job = Job(
            id=ids.new("job"), account_id=account_id, origin="v1", kind=kind,
            operation="generate", model="sketch", input={"prompt": prompt} if prompt else {},
            job_metadata={}, priority=0, status=status, progress=100.0, warnings=[],
            is_ready=False, rank=now, urgency=now, created_at=now, started_at=now,
            finished_at=now, price=0, cost=0,
        )  # fmt: skip
        file = Artifact(
            id=ids.new("art"), job_id=job.id, account_id=account_id, position=0,
            key=ids.new("key"), sha256="0" * 64, bytes=9, content_type=ENDINGS[kind],
            width=64, height=64, created_at=now,
        )  # fmt: skip
        with ground.transaction() as session:
            session.add(job)
            session.flush()
            if status == Status.SUCCEEDED:
                session.add(file)
            return mayanio.generation_id(job)

    return write


def listed(api: Api, **query: Any) -> list[str]:
    return [one["id"] for one in made(api.get(PROJECTS, query_string=query))["projects"]]


def test_an_account_without_projects_has_an_empty_page(api: Api) -> None:
    assert made(api.get(PROJECTS)) == {
        "projects": [],
        "pagination": {"page": 1, "limit": 20, "total": 0, "pages": 0, "has_more": False},
    }


def test_a_project_has_their_shape(api: Api, finished: Finished) -> None:
    their_id = finished(prompt="A quiet harbour")

    [project] = made(api.get(PROJECTS))["projects"]

    made_at = datetime.strptime(project.pop("created_at"), "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007
    assert made_at.year >= 2026
    assert project.pop("url") == project.pop("thumbnail")
    assert project == {
        "id": their_id,
        "type": "image",
        "prompt": "A quiet harbour",
        "metadata": {"aspect_ratio": "1:1", "file_size": 9, "dimensions": "64x64"},
    }


def test_pages_follow_each_other_and_leave_nothing_out(api: Api, finished: Finished) -> None:
    theirs = [finished() for _ in range(5)]

    pages = [made(api.get(PROJECTS, query_string={"page": n, "limit": 2})) for n in (1, 2, 3, 4)]

    found = [one["id"] for page in pages for one in page["projects"]]
    assert found == theirs[::-1]
    assert [page["pagination"]["has_more"] for page in pages] == [True, True, False, False]
    assert pages[3] == {
        "projects": [],
        "pagination": {"page": 4, "limit": 2, "total": 5, "pages": 3, "has_more": False},
    }


@pytest.mark.parametrize("page", ["1000000000", "9" * 4000])
def test_a_page_far_beyond_the_end_is_empty(api: Api, finished: Finished, page: str) -> None:
    finished()

    assert listed(api, page=page) == []


def test_a_larger_limit_is_the_largest(api: Api, finished: Finished) -> None:
    finished()

    assert made(api.get(PROJECTS, query_string={"limit": "1000"}))["pagination"]["limit"] == 100


def test_projects_are_told_apart_by_type(api: Api, finished: Finished) -> None:
    image, video, model = finished("image"), finished("video"), finished("3d", None)

    assert listed(api, type="images") == [image]
    assert listed(api, type="videos") == [video]
    assert listed(api, type="3d") == [model]
    assert listed(api, type="all") == [model, video, image]


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ({}, [3, 2, 1, 0]),
        ({"order": "asc"}, [0, 1, 2, 3]),
        ({"sort": "createdAt", "order": "desc"}, [3, 2, 1, 0]),
        ({"sort": "created_at", "order": "asc"}, [0, 1, 2, 3]),
        ({"sort": "prompt", "order": "asc"}, [1, 3, 0, 2]),
        ({"sort": "prompt"}, [2, 0, 3, 1]),
        ({"sort": "type", "order": "asc"}, [2, 1, 3, 0]),
        ({"sort": "type", "unknown": "x"}, [0, 3, 1, 2]),
    ],
    ids=str,
)
def test_projects_are_sorted(
    api: Api, finished: Finished, query: dict[str, str], order: list[int]
) -> None:
    theirs = [
        finished("video", "b"),
        finished("image", "a"),
        finished("3d", None),
        finished("image", "a"),
    ]

    assert listed(api, **query) == [theirs[one] for one in order]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"type": "renders"}, {"type"}),
        ({"page": "0"}, {"page"}),
        ({"page": "-1"}, {"page"}),
        ({"page": "x"}, {"page"}),
        ({"page": "1.5"}, {"page"}),
        ({"limit": "0"}, {"limit"}),
        ({"limit": ""}, {"limit"}),
        ({"sort": "size"}, {"sort"}),
        ({"order": "up"}, {"order"}),
        ({"type": "x", "page": "x", "order": "x"}, {"type", "page", "order"}),
    ],
    ids=lambda one: str(sorted(one)),
)
def test_a_faulty_query_is_told(api: Api, query: dict[str, str], named: set[str]) -> None:
    response = api.get(PROJECTS, query_string=query)

    assert fields(told(response, 400, "invalid_request")) == named


def test_what_is_not_finished_is_not_listed_and_yet_found(api: Api, finished: Finished) -> None:
    failed = finished(status=Status.FAILED)
    api.submit()

    assert listed(api) == []
    assert made(api.get(f"{PROJECTS}/{failed}"))["status"] == "failed"


def test_what_was_made_through_our_own_contract_is_a_project_too(
    api: Api, worker: WorkerProcess
) -> None:
    job = api.submit(input={"prompt": "ours"})
    worker.hear(Queue.IMAGE)
    assert eventually(lambda: api.job(job["id"])["status"] == "succeeded")

    [project] = made(api.get(PROJECTS))["projects"]

    assert (project["prompt"], project["metadata"]["dimensions"]) == ("ours", "64x64")
    whole = made(api.get(f"{PROJECTS}/{project['id']}"))
    assert (whole["status"], whole["images"][0]["width"]) == ("completed", 64)


def test_another_accounts_projects_are_never_seen(
    api: Api, finished: Finished, make_caller: MakeCaller
) -> None:
    theirs = finished()
    bob = Api(api.http, make_caller("bob"))

    assert made(bob.get(PROJECTS))["pagination"]["total"] == 0
    told(bob.get(f"{PROJECTS}/{theirs}"), 404, "project_not_found")
    assert listed(api) == [theirs]


@pytest.mark.parametrize(
    "name", ["0" * 24, "f" * 24, "x", "%00", "job_" + "0" * 26, "66f0a1b2c3d4e5f6a7b8c9d"]
)
def test_a_project_that_never_was_is_not_there(api: Api, name: str) -> None:
    told(api.get(f"{PROJECTS}/{name}"), 404, "project_not_found")


def test_renders_are_no_projects(api: Api, ground: Ground, finished: Finished) -> None:
    theirs = finished()
    span = mayanio.our_ids(theirs)
    assert span
    with ground.transaction() as session:
        [job] = session.query(Job).where(Job.id >= span[0], Job.id <= span[1])
        job.kind = "render"

    assert listed(api) == []
    told(api.get(f"{PROJECTS}/{theirs}"), 404, "project_not_found")


def test_a_deleted_file_leaves_its_project_without_an_address(api: Api, finished: Finished) -> None:
    their_id = finished()
    job_id = api.get("/v1/jobs").json["data"][0]["id"]
    artifact = api.job(job_id)["artifacts"][0]["id"]
    assert api.delete(f"/v1/artifacts/{artifact}").status_code == 204

    [project] = made(api.get(PROJECTS))["projects"]

    assert (project["id"], project["url"], project["thumbnail"]) == (their_id, None, None)
    assert made(api.get(f"{PROJECTS}/{their_id}"))["images"][0]["url"] is None
