"""The whole of Limner, started as its README says, used as its users would."""

import io
import json
import signal
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from standardwebhooks.webhooks import Webhook

from tests.e2e.limner import Limner, is_open, processes_of
from tests.support import receiver
from tests.support.media import picture
from tests.support.patience import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("limner") / "home"


@pytest.fixture(scope="module")
def limner(home: Path) -> Iterator[Limner]:
    """A running Limner; whatever a test does, nothing of it is left in the end."""
    limner = Limner(home)
    process = limner.start("up")
    try:
        limner.wait_until_ready(process)
        yield limner
    finally:
        limner.command("down")
        left = processes_of(home)
        for one in left:
            one.kill()
        process.wait(timeout=10)
    assert left == []


def test_the_printed_curl_line_works_when_pasted(limner: Limner, home: Path) -> None:
    printed = (home.parent / "up.log").read_text()
    curl = printed[printed.index("curl -sS") :].split("\n\n")[0]

    answer = subprocess.run(curl, shell=True, capture_output=True, text=True, check=True)

    job = json.loads(answer.stdout)
    assert limner.wait_for(job["id"])["status"] == "succeeded"


def test_a_job_is_submitted_polled_and_downloaded(limner: Limner) -> None:
    wanted = {"prompt": "a red fox in the snow", "width": 640, "height": 360, "format": "webp"}
    submitted = limner.call("POST", "/v1/jobs", {"kind": "image", "input": wanted})
    assert submitted.status == 202
    assert limner.call("GET", submitted.headers["Location"]).json["id"] == submitted.json["id"]

    job = limner.wait_for(submitted.json["id"])

    [artifact] = job["artifacts"]
    opened = limner.call("GET", artifact["url"])
    assert opened.headers["Content-Type"] == "image/webp"
    with Image.open(io.BytesIO(opened.content)) as image:
        assert image.size == (640, 360)
    assert job["provider"] == "sketch"


def test_a_video_is_made_and_saved_by_one_command(limner: Limner, tmp_path: Path) -> None:
    video = tmp_path / "boat.mp4"
    smallest = ["--set", "duration=1", "--set", "resolution=480p"]

    done = limner.command("submit", "video", "a boat on a lake", *smallest, "--out", str(video))

    assert done.returncode == 0, done.stderr
    assert "video/mp4, 854x480, 1 s" in done.stdout
    assert video.read_bytes()[4:8] == b"ftyp"
    assert list(tmp_path.iterdir()) == [video]


def test_an_answer_is_held_until_the_picture_is_there(limner: Limner) -> None:
    body = {"kind": "image", "input": {"prompt": "dawn", "width": 256, "height": 256}}

    answer = limner.call("POST", "/v1/jobs", body, {"Prefer": "wait=30"})

    assert (answer.status, answer.json["status"]) == (200, "succeeded")


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": "a sunset over the sea", "model": "flux", "width": 1920, "height": 1080},
        {"prompt": "an old harbour", "model": "stable-diffusion", "negative_prompt": "people"},
        {"prompt": "a city at night", "model": "dall-e-3", "style": "vivid"},
    ],
)
def test_vidikings_requests_work_with_another_host_and_key(
    limner: Limner, body: dict[str, object]
) -> None:
    answer = limner.call("POST", "/v1/ai/image", body)

    assert answer.status == 200
    with Image.open(io.BytesIO(limner.call("GET", answer.json["url"]).content)) as image:
        assert image.format == "PNG"
        assert image.size == (body.get("width", 1024), body.get("height", 1024))
    assert answer.json["model"] == body["model"]


def test_a_webhook_comes_signed(limner: Limner) -> None:
    with receiver.listening() as webhook:
        body = {
            "kind": "image",
            "input": {"prompt": "a boat", "width": 64, "height": 64},
            "webhook": webhook.url,
        }
        job = limner.call("POST", "/v1/jobs", body).json

        [received] = webhook.wait_for(1)

    Webhook(limner.notes["LIMNER_WEBHOOK_SECRET"]).verify(received.body, received.headers)
    message = json.loads(received.body)
    assert (message["type"], message["data"]["id"]) == ("job.succeeded", job["id"])


def test_a_file_is_handed_in_painted_over_and_let_go(limner: Limner) -> None:
    # Larger than any other body may be.
    content = picture(320, 200, colour="orange") + bytes(12_000_000)
    is_json = {"Content-Type": "application/json"}
    wanted = {"content_type": "image/png", "bytes": len(content)}
    upload = limner.call("POST", "/v1/uploads", wanted, is_json).json
    put = limner.call("PUT", upload["put"]["url"], content, upload["put"]["headers"])
    whole = limner.call("POST", "/v1/uploads", content, {"Content-Type": "image/png"})

    of_input = {"prompt": "a ship at sea", "image": upload["id"]}
    body = {"kind": "image", "operation": "edit", "input": of_input}
    job = limner.wait_for(limner.call("POST", "/v1/jobs", body).json["id"])
    [artifact] = job["artifacts"]
    [file] = (limner.home / "storage").rglob(f"*{job['id']}*")
    gone = limner.call("DELETE", f"/v1/artifacts/{artifact['id']}")

    assert (put.status, whole.status, gone.status) == (204, 201, 204)
    assert (artifact["width"], artifact["height"]) == (320, 200)
    assert limner.call("GET", artifact["url"]).status == 410
    assert eventually(lambda: not file.exists())


def test_flower_shows_the_workers_and_the_jobs_behind_its_password(limner: Limner) -> None:
    notes = limner.notes
    url = notes["LIMNER_FLOWER_URL"]
    assert limner.call("GET", f"{url}/api/workers").status == 401
    access = basic(notes["LIMNER_FLOWER_USER"], notes["LIMNER_FLOWER_PASSWORD"])
    submitted = limner.call(
        "POST", "/v1/jobs", {"kind": "image", "input": {"prompt": "x", "width": 64, "height": 64}}
    ).json
    limner.wait_for(submitted["id"])

    until = time.monotonic() + 30
    tasks: dict[str, dict[str, str]] = {}
    while tasks.get(submitted["id"], {}).get("state") != "SUCCESS" and time.monotonic() < until:
        tasks = limner.call("GET", f"{url}/api/tasks", headers=access).json
        time.sleep(0.2)

    assert tasks[submitted["id"]]["name"] == "image.generate"
    assert tasks[submitted["id"]]["state"] == "SUCCESS"
    workers = limner.call("GET", f"{url}/api/workers?refresh=1", headers=access).json
    assert {name.split("@")[0] for name in workers} == {"media", "render", "webhook"}


def test_the_command_line_submits_waits_and_saves(limner: Limner, tmp_path: Path) -> None:
    out = tmp_path / "fox.png"

    done = limner.command(
        "submit", "image", "a red fox", "--model", "flux", "--wait", "--out", str(out),
        "--width", "320", "--height", "200",
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    with Image.open(out) as image:
        assert image.size == (320, 200)
    assert "a red fox" in limner.command("jobs").stdout
    assert "flux" in limner.command("models").stdout
    assert limner.command("doctor").returncode == 0


def test_a_key_opens_until_it_is_revoked(limner: Limner) -> None:
    made = limner.command("keys", "create", "--account", "bob")
    key, key_id = made.stdout.strip(), made.stderr.split()[0]
    access = {"Authorization": f"Bearer {key}"}
    assert limner.call("GET", "/v1/jobs", headers=access).json["data"] == []

    limner.command("keys", "revoke", key_id)

    assert limner.call("GET", "/v1/jobs", headers=access).status == 401
    assert "revoked" in limner.command("keys", "list").stdout


def test_a_second_one_in_the_same_folder_says_that_one_is_running(limner: Limner) -> None:
    second = limner.command("up")

    assert second.returncode == 1
    assert len(second.stderr.strip().splitlines()) == 1
    assert limner.notes["LIMNER_API_URL"] in second.stderr


def test_a_worker_that_is_killed_comes_back_and_its_job_ends(limner: Limner) -> None:
    large = {"prompt": "mountains", "width": 2048, "height": 2048, "num_images": 4}
    job = limner.call("POST", "/v1/jobs", {"kind": "image", "input": large}).json
    until = time.monotonic() + 30
    while limner.call("GET", f"/v1/jobs/{job['id']}").json["status"] == "queued":
        assert time.monotonic() < until
        time.sleep(0.02)

    [worker] = [one for one in processes_of(limner.home) if "media@%h" in one.cmdline()]
    worker.send_signal(signal.SIGKILL)

    assert limner.wait_for(job["id"], seconds=90)["status"] == "succeeded"


def test_everything_is_found_again_after_a_restart(limner: Limner) -> None:
    job = limner.call(
        "POST",
        "/v1/jobs",
        {"kind": "image", "input": {"prompt": "x", "width": 64, "height": 64}},
        {"Prefer": "wait=30"},
    ).json
    before = limner.notes

    assert limner.command("down").returncode == 0
    assert processes_of(limner.home) == []
    assert not is_open(before["LIMNER_API_URL"])
    assert limner.command("status").returncode == 3
    started = limner.command("up", "--detach")

    assert started.returncode == 0, started.stderr
    assert limner.command("status").returncode == 0
    assert limner.notes["LIMNER_API_KEY"] == before["LIMNER_API_KEY"]
    found = limner.call("GET", f"/v1/jobs/{job['id']}").json
    assert found["status"] == "succeeded"
    assert limner.call("GET", found["artifacts"][0]["url"]).status == 200
