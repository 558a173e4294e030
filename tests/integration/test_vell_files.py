"""The files that Vell's answers name: open to whoever was told the name, and to nobody else."""

from collections.abc import Iterator

import pytest

from shared.ground import Ground
from tests.conftest import Api
from tests.integration.conftest import AtWork
from tests.support.patience import eventually
from tests.support.vell import STABLE_DIFFUSION, generate, told


@pytest.fixture
def busy_api(api: Api, ground: Ground, at_work: AtWork) -> Iterator[Api]:
    """The API, with a worker behind it."""
    with at_work(ground):
        yield api


@pytest.fixture
def title(busy_api: Api) -> str:
    """The name of an image that was made."""
    found: str = generate(busy_api, STABLE_DIFFUSION).json["images"][0]["title"]
    return found


@pytest.mark.parametrize("prefix", ["/uploads/", "/api/v1/uploads/"])
def test_a_file_opens_by_its_name_alone(busy_api: Api, title: str, prefix: str) -> None:
    response = busy_api.http.get(prefix + title)

    assert (response.status_code, response.content_type) == (200, "image/png")
    assert response.data.startswith(b"\x89PNG")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_part_of_a_file_can_be_had(busy_api: Api, title: str) -> None:
    response = busy_api.http.get(f"/uploads/{title}", headers={"Range": "bytes=0-7"})

    assert (response.status_code, response.data) == (206, b"\x89PNG\r\n\x1a\n")
    beyond = busy_api.http.get(f"/uploads/{title}", headers={"Range": "bytes=99999999-"})
    told(beyond, 416, "RANGE_NOT_SATISFIABLE")


def test_a_name_that_was_never_given_opens_nothing(busy_api: Api, title: str) -> None:
    stem, mark = title.removesuffix(".png").rsplit("-", 1)
    flipped = "b" if mark[0] == "a" else "a"
    guesses = [
        f"{stem}-{flipped}{mark[1:]}.png",
        f"{stem}-{mark}.jpg",
        f"{stem[:-1]}1-{mark}.png",
        f"another-{title}",
        title.removeprefix("a-"),
        f"{stem}.png",
        "poster.png",
        "%00",
        "x" * 5_000,
    ]

    for name in guesses:
        told(busy_api.http.get(f"/uploads/{name}"), 404, "FILE_NOT_FOUND")


@pytest.mark.parametrize("path", ["a/b.png", "..%2f..%2fetc%2fpasswd", ""])
def test_a_path_into_folders_opens_nothing(api: Api, path: str) -> None:
    told(api.http.get(f"/uploads/{path}"), 404, "NOT_FOUND")


def test_a_file_that_its_owner_deleted_is_gone(busy_api: Api, title: str) -> None:
    artifact = busy_api.get("/v1/jobs").json["data"][0]["artifacts"][0]["id"]
    assert busy_api.delete(f"/v1/artifacts/{artifact}").status_code == 204

    told(busy_api.http.get(f"/uploads/{title}"), 410, "ARTIFACT_GONE")
    assert busy_api.get("/api/v1/aiimage/recent-images").json == []


def test_a_file_whose_job_was_deleted_is_not_there(busy_api: Api, title: str) -> None:
    job_id = busy_api.get("/v1/jobs").json["data"][0]["id"]
    assert busy_api.delete(f"/v1/jobs/{job_id}").status_code == 204

    told(busy_api.http.get(f"/uploads/{title}"), 404, "FILE_NOT_FOUND")


def test_what_was_made_our_way_is_among_the_recent_images(busy_api: Api) -> None:
    busy_api.submit(input={"format": "jpeg"})

    def recent() -> list[dict[str, object]]:
        found: list[dict[str, object]] = busy_api.get("/api/v1/aiimage/recent-images").json
        return found

    assert eventually(lambda: len(recent()) == 1)
    [image] = recent()
    assert image["input"] == "a red fox"
    assert "response" not in image
    response = busy_api.http.get(f"/{image['output']}")
    assert (response.status_code, response.content_type) == (200, "image/jpeg")
    assert response.data.startswith(b"\xff\xd8\xff")
