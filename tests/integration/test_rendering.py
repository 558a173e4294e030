"""Renders as jobs: from a request with files to what comes out, whatever happens on the way."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import psutil
import pytest
from PIL import Image

from shared.ground import Ground
from shared.jobs.status import OVER, Queue
from tests.conftest import PUBLIC_URL, Api, MakeSettings
from tests.support.media import picture
from tests.support.patience import eventually
from tests.support.render import tone, write_film, write_wav
from workers.process import WorkerProcess
from workers.telling import Teller

SMALL = {"size": {"width": 160, "height": 90}, "fps": 10}


@pytest.fixture
def ground(make_settings: MakeSettings, ground: Ground, tmp_path: Path) -> Iterator[Ground]:
    """The ground of a server that renders in a folder of the test's own."""
    found = Ground.open(make_settings(LIMNER_RENDER_FOLDER=str(tmp_path / "renders")))
    yield found
    found.close()


@pytest.fixture
def renders(tmp_path: Path) -> Path:
    """Where renders keep their files."""
    return tmp_path / "renders"


def upload(api: Api, content: bytes) -> str:
    octets = {"Content-Type": "application/octet-stream"}
    response = api.post("/v1/uploads", data=content, headers=octets)
    assert response.status_code == 201, response.json
    return str(response.json["id"])


def photo(api: Api, **colour: Any) -> str:
    return upload(api, picture(320, 180, **colour))


def timeline(*tracks: list[dict[str, Any]], **output: Any) -> dict[str, Any]:
    return {
        "timeline": {"tracks": [{"clips": clips} for clips in tracks]},
        "output": {"format": "mp4", **SMALL, **output},
    }


def slide(source: str, *, start: float = 0, length: float = 1, **fields: Any) -> dict[str, Any]:
    asset = {"type": "image", "src": source}
    return {"asset": asset, "start": start, "length": length, **fields}


def submitted(api: Api, given: dict[str, Any], **fields: Any) -> str:
    response = api.post("/v1/jobs", {"kind": "render", "input": given} | fields)
    assert response.status_code == 202, response.json
    return str(response.json["id"])


def ended(api: Api, job_id: str) -> dict[str, Any]:
    assert eventually(lambda: api.job(job_id)["status"] in OVER, seconds=60)
    return api.job(job_id)


def rendered(
    api: Api, worker: WorkerProcess, given: dict[str, Any], **fields: Any
) -> dict[str, Any]:
    """Submit a render and return it as it ended."""
    job_id = submitted(api, given, **fields)
    worker.hear(Queue.RENDER)
    return ended(api, job_id)


def content(api: Api, artifact: dict[str, Any]) -> bytes:
    response = api.http.get(artifact["url"].removeprefix(PUBLIC_URL))
    assert response.status_code == 200
    return bytes(response.data)


def children(of: int | None = None) -> list[psutil.Process]:
    """Return the processes that render: copies of a server, each in a group of its own."""
    return [
        one
        for one in psutil.Process(of).children(recursive=True)
        if one.status() != psutil.STATUS_ZOMBIE
        and "multiprocessing.forkserver" in " ".join(one.cmdline())
        and one.pid == os.getpgid(one.pid)
    ]


def test_a_timeline_is_rendered_with_its_poster(
    api: Api, worker: WorkerProcess, renders: Path
) -> None:
    red, blue = photo(api, colour="red"), photo(api, colour="blue")
    clips = [slide(red), slide(blue, start=1), slide(red, start=2)]

    job = rendered(api, worker, timeline(clips))

    assert (job["status"], job["error"], job["provider"]) == ("succeeded", None, "montage")
    assert (job["progress"], job["cost"]) == (100, job["price"])
    film, poster = job["artifacts"]
    assert (film["role"], film["content_type"]) == ("result", "video/mp4")
    assert (film["width"], film["height"]) == (160, 90)
    assert (film["duration"], film["frame_rate"]) == (3.0, 10.0)
    assert (poster["role"], poster["content_type"]) == ("poster", "image/jpeg")
    with av.open(io.BytesIO(content(api, film)), "r") as container:
        pixels = [frame.to_ndarray(format="rgb24")[45, 80] for frame in container.decode(video=0)]
    assert len(pixels) == 30
    assert [max(range(3), key=pixel.__getitem__) for pixel in pixels] == [0] * 10 + [2] * 10 + [
        0
    ] * 10
    assert list(renders.iterdir()) == []


@pytest.mark.parametrize(
    ("format", "content_type"),
    [
        ("webm", "video/webm"),
        ("gif", "image/gif"),
        ("mp3", "audio/mpeg"),
        ("wav", "audio/wav"),
        ("jpg", "image/jpeg"),
        ("png", "image/png"),
    ],
)
def test_every_format_is_what_it_is_called(
    api: Api, worker: WorkerProcess, tmp_path: Path, format: str, content_type: str
) -> None:
    music = upload(api, write_wav(tmp_path / "a.wav", tone(2.0)).read_bytes())
    given = timeline([slide(photo(api))], format=format)
    given["timeline"]["soundtrack"] = {"src": music}

    job = rendered(api, worker, given)

    assert job["error"] is None
    result = job["artifacts"][0]
    assert (result["role"], result["content_type"]) == ("result", content_type)
    if content_type.startswith("image/"):
        assert (result["width"], result["height"]) == (160, 90)
    if result["duration"] is not None:
        assert result["duration"] == pytest.approx(1.0, abs=0.1)


def test_a_thumbnail_that_is_asked_for_is_that_of_the_result(
    api: Api, worker: WorkerProcess
) -> None:
    red, blue = photo(api, colour="red"), photo(api, colour="blue")
    wanted = {"thumbnail": {"capture": 1.5, "scale": 0.5}, "poster": {"capture": 0.2}}

    job = rendered(api, worker, timeline([slide(red), slide(blue, start=1)], **wanted))

    film, poster = job["artifacts"]
    small = api.http.get(film["thumbnail_url"].removeprefix(PUBLIC_URL)).data
    with Image.open(io.BytesIO(small)) as image:
        assert image.size == (80, 45)
        red_, _, blue_ = image.convert("RGB").getpixel((40, 20))  # type: ignore[misc]
        assert blue_ > red_
    with Image.open(io.BytesIO(content(api, poster))) as image:
        assert image.convert("RGB").getpixel((80, 45))[0] > 200  # type: ignore[index]


def test_films_are_joined_and_cut(api: Api, worker: WorkerProcess, tmp_path: Path) -> None:
    film = upload(api, write_film(tmp_path / "a.mp4", seconds=2.0).read_bytes())

    joined = rendered(api, worker, {"clips": [{"src": film}] * 2}, operation="stitch")
    cut = rendered(api, worker, {"src": film, "start": 0.5, "length": 1}, operation="trim")

    assert (joined["error"], cut["error"]) == (None, None)
    assert joined["artifacts"][0]["duration"] == pytest.approx(4.0, abs=0.05)
    assert cut["artifacts"][0]["duration"] == pytest.approx(1.0, abs=0.05)


def test_what_cannot_be_read_fails_the_job_with_its_place(
    api: Api, worker: WorkerProcess, tmp_path: Path
) -> None:
    film = write_film(tmp_path / "a.mp4").read_bytes()
    broken = upload(api, film[:200])
    clips = [
        slide(photo(api)),
        {"asset": {"type": "video", "src": broken}, "start": 1, "length": 1},
    ]

    job = rendered(api, worker, timeline(clips))

    assert (job["status"], job["cost"]) == ("failed", 0)
    assert job["error"]["code"] == "input_unusable"
    assert "`timeline.tracks[0].clips[1].asset.src`" in job["error"]["message"]


def test_words_pages_and_captions_are_drawn(api: Api, worker: WorkerProcess) -> None:
    srt = upload(api, b"1\n00:00:00,000 --> 00:00:01,000\nSaid\n")
    assets = [
        {"type": "title", "text": "A title"},
        {"type": "text", "text": "A text"},
        {"type": "rich-text", "text": "Rich", "font": {"color": "#ffffff"}},
        {"type": "html", "html": "<b style='color: white'>Page</b>"},
        {"type": "caption", "src": srt},
        {"type": "shape", "shape": "circle", "circle": {"radius": 20}},
    ]
    clips = [
        {"asset": asset, "start": number / 10, "length": 0.1} for number, asset in enumerate(assets)
    ]

    job = rendered(api, worker, timeline(clips, size={"width": 640, "height": 360}))

    assert job["error"] is None
    with av.open(io.BytesIO(content(api, job["artifacts"][0])), "r") as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert len(frames) == len(assets)
    assert all(frame.max() > 150 for frame in frames)


def test_what_is_too_long_is_refused(
    make_settings: MakeSettings, ground: Ground, api: Api, tmp_path: Path
) -> None:
    strict = Ground.open(make_settings(LIMNER_RENDER_MAX_SECONDS="5"))
    worker = WorkerProcess(strict, Teller())

    job = rendered(api, worker, timeline([slide(photo(api), length=6)]))
    worker.stop()

    assert job["error"]["code"] == "render_too_large"
    assert "6 s" in job["error"]["message"]


def _long(api: Api) -> dict[str, Any]:
    """Return a render that takes a while: everything moves."""
    clip = slide(photo(api), length=500, effect="zoomIn")
    return timeline([clip], size={"width": 1280, "height": 720}, fps=25)


def test_a_canceled_render_leaves_no_process_and_no_file(
    api: Api, worker: WorkerProcess, renders: Path
) -> None:
    job_id = submitted(api, _long(api))
    worker.hear(Queue.RENDER)
    assert eventually(lambda: api.job(job_id)["progress"] > 3, seconds=30)
    [child] = children()

    assert api.post(f"/v1/jobs/{job_id}/cancel").status_code == 202

    job = ended(api, job_id)
    assert (job["status"], job["cost"], job["artifacts"]) == ("canceled", 0, [])
    assert eventually(lambda: not children())
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert eventually(lambda: list(renders.iterdir()) == [])


def test_a_render_whose_process_is_killed_is_rendered_again(
    api: Api, worker: WorkerProcess, renders: Path
) -> None:
    job_id = submitted(api, timeline([slide(photo(api), length=12, effect="zoomIn")], fps=25))
    worker.hear(Queue.RENDER)
    assert eventually(lambda: bool(children()), seconds=30)

    children()[0].kill()

    assert eventually(lambda: api.job(job_id)["status"] == "queued", seconds=30)
    assert list(renders.iterdir()) == []

    def ring() -> bool:
        worker.hear(Queue.RENDER)
        return api.job(job_id)["status"] in OVER

    assert eventually(ring, seconds=60)
    assert api.job(job_id)["status"] == "succeeded"


# A worker's process: it takes what is there, and goes on until it is killed.
_WORKER = """
import os, time
from shared import settings
from shared.ground import Ground
from shared.jobs.status import Queue
from workers.process import WorkerProcess
from workers.telling import Teller

WorkerProcess(Ground.open(settings.load(os.environ)), Teller()).hear(Queue.RENDER)
time.sleep(600)
"""


def test_a_render_whose_worker_is_killed_is_rendered_by_another(
    ground: Ground, api: Api, worker: WorkerProcess, renders: Path
) -> None:
    given = timeline([slide(photo(api), length=12, effect="zoomIn")], fps=25)
    job_id = submitted(api, given)
    known = ground.settings
    environment = {
        "LIMNER_DATABASE_URL": known.database.url,
        "LIMNER_BROKER_URL": known.broker.url,
        "LIMNER_STORAGE_URL": known.storage.url,
        "LIMNER_PUBLIC_URL": known.http.public_url,
        "LIMNER_SECRET_KEY": known.security.secret_key,
        "LIMNER_RENDER_FOLDER": str(renders),
        "LIMNER_LEASE_SECONDS": "3",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    with subprocess.Popen([sys.executable, "-c", _WORKER], env=environment) as victim:
        assert eventually(lambda: bool(children(victim.pid)), seconds=30)
        [child] = children(victim.pid)
        victim.kill()

    assert eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    assert eventually(lambda: list(renders.iterdir()) == [])

    def is_over_elsewhere() -> bool:
        worker.keep()
        worker.hear(Queue.RENDER)
        return api.job(job_id)["status"] in OVER

    assert eventually(is_over_elsewhere, seconds=60)
    job = api.job(job_id)
    assert (job["status"], job["cost"]) == ("succeeded", job["price"])
    assert job["artifacts"][0]["duration"] == 12.0
    assert list(renders.iterdir()) == []


def test_progress_only_grows(api: Api, worker: WorkerProcess) -> None:
    job_id = submitted(api, timeline([slide(photo(api), length=60, effect="zoomIn")], fps=25))
    worker.hear(Queue.RENDER)
    seen: list[float] = []

    def look() -> bool:
        job = api.job(job_id)
        seen.append(job["progress"])
        return job["status"] in OVER

    assert eventually(look, seconds=60)
    assert seen == sorted(seen)
    assert seen[-1] == 100
