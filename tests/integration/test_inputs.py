"""What jobs start from: uploads, artifacts, addresses, and files that a request brings itself."""

import base64
import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3
from PIL import Image
from sqlalchemy import select, update

from shared import clock
from shared.accounts import register
from shared.ground import Ground
from shared.jobs.status import OVER, Queue
from shared.jobs.tables import Artifact, Job
from shared.retention import expiry
from shared.signals import Errand
from shared.uploads.tables import Upload
from tests.conftest import PUBLIC_URL, Api, Caller, MakeCaller, MakeSettings
from tests.integration.conftest import CountRows, Finish, MakeApi
from tests.integration.test_uploads import bucket, hand_in, on_s3, open_one, put_to_s3
from tests.support import jobs, site
from tests.support.emulator import Emulator, running
from tests.support.media import picture
from tests.support.patience import eventually
from tests.support.site import Site
from workers import inputs, keeper
from workers.process import WorkerProcess
from workers.telling import Teller

__all__ = ["bucket", "on_s3"]

RED = picture(160, 96, colour="red")
MP4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + b"\0" * 100

MakeWorker = Callable[..., WorkerProcess]


@pytest.fixture
def pages() -> Iterator[Site]:
    """A web site with pictures."""
    with site.online() as found:
        yield found


@pytest.fixture
def make_worker(ground: Ground, make_settings: MakeSettings) -> Iterator[MakeWorker]:
    """Starts workers with other settings."""
    started: list[WorkerProcess] = []

    def make(**other: str) -> WorkerProcess:
        started.append(WorkerProcess(Ground.open(make_settings(**other)), Teller()))
        return started[-1]

    yield make
    for process in started:
        process.stop()


@pytest.fixture
def worker(make_worker: MakeWorker) -> WorkerProcess:
    """A worker that may fetch from this machine."""
    return make_worker(LIMNER_INPUT_ALLOW_NETWORKS="127.0.0.0/8")


def data_uri(content: bytes = RED, content_type: str = "image/png") -> str:
    return f"data:{content_type};base64,{base64.b64encode(content).decode()}"


def edit(api: Api, image: object, **fields: Any) -> Any:
    """Ask for a picture to be changed."""
    body = {"kind": "image", "operation": "edit", "model": "sketch"} | fields
    return api.post("/v1/jobs", body | {"input": {"prompt": "a blue lake", "image": image}})


def accepted(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 202, answer.json
    job: dict[str, Any] = answer.json
    return job


def finish_job(api: Api, worker: WorkerProcess, job: dict[str, Any]) -> dict[str, Any]:
    worker.hear(Queue.IMAGE)
    assert eventually(lambda: api.job(job["id"])["status"] in OVER)
    return api.job(job["id"])


def result(api: Api, job: dict[str, Any]) -> Image.Image:
    """Download what a job made."""
    link = job["artifacts"][0]["url"].removeprefix(PUBLIC_URL)
    image = Image.open(io.BytesIO(api.http.get(link, buffered=True).data))
    image.load()
    return image.convert("RGB")


def is_reddish(image: Image.Image) -> bool:
    """Say whether it was painted over a red picture."""
    red, green, blue = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]
    return bool(red > 100 and red > green and red > blue)


def refused(answer: Any, *places: str) -> list[str]:
    """Return what is said about what is wrong in these places."""
    assert answer.status_code == 422, answer.json
    assert [one["path"] for one in answer.json["errors"]] == list(places)
    return [one["message"] for one in answer.json["errors"]]


# What may be named


def test_an_upload_is_painted_over(api: Api, worker: WorkerProcess) -> None:
    upload = hand_in(api, RED).json

    job = accepted(edit(api, upload["id"]))
    done = finish_job(api, worker, job)

    assert job["input"]["image"] == upload["id"]
    assert done["status"] == "succeeded", done["error"]
    assert result(api, done).size == (160, 96)
    assert is_reddish(result(api, done))


def test_an_artifact_of_an_earlier_job_is_painted_over(
    api: Api, finish: Finish, worker: WorkerProcess
) -> None:
    earlier = finish(input={"width": 96, "height": 72})

    done = finish_job(api, worker, accepted(edit(api, earlier["artifacts"][0]["id"])))

    assert done["status"] == "succeeded", done["error"]
    assert result(api, done).size == (96, 72)


def test_what_lies_at_an_address_is_fetched_once_and_painted_over(
    api: Api, ground: Ground, worker: WorkerProcess, pages: Site
) -> None:
    url = pages.put("fox.png", RED)

    job = accepted(edit(api, url))
    asked_at_once = pages.asked.total()
    done = finish_job(api, worker, job)

    assert asked_at_once == 0
    assert done["status"] == "succeeded", done["error"]
    assert is_reddish(result(api, done))
    assert (done["input"]["image"], pages.asked["/fox.png"]) == (url, 1)
    with ground.transaction() as session:
        [upload] = session.scalars(select(Upload)).all()
    assert api.get(f"/v1/uploads/{upload.id}/content", buffered=True).data == RED


def test_what_is_named_several_times_is_fetched_once(
    api: Api, worker: WorkerProcess, pages: Site, count_rows: CountRows
) -> None:
    urls = [pages.put(f"{at}.png", picture(20 + at, 20, colour="blue")) for at in (1, 2, 1, 2)]
    wanted = {"image": pages.put("fox.png", RED), "watermarks": [*urls, *urls[:1]]}
    body = {"kind": "image", "operation": "watermark", "model": "darkroom", "input": wanted}

    done = finish_job(api, worker, accepted(api.post("/v1/jobs", body)))

    assert done["status"] == "succeeded", done["error"]
    assert set(pages.asked.values()) == {1}
    assert count_rows()["uploads"] == 3


def test_of_several_files_the_first_that_cannot_be_used_is_told_by_its_place(
    api: Api, worker: WorkerProcess, pages: Site
) -> None:
    page = pages.put("page.html", b"<!doctype html>")
    wanted = {"image": pages.put("fox.png", RED), "watermarks": [pages.put("a.png", RED), page]}
    body = {"kind": "image", "operation": "watermark", "model": "darkroom", "input": wanted}

    done = finish_job(api, worker, accepted(api.post("/v1/jobs", body)))

    assert (done["status"], done["error"]["code"]) == ("failed", "unsupported_media")
    assert done["error"]["message"].startswith("`watermarks[1]`: ")


def test_a_file_in_the_request_itself_becomes_an_upload(api: Api, worker: WorkerProcess) -> None:
    job = accepted(edit(api, data_uri()))
    done = finish_job(api, worker, job)

    upload = api.get(f"/v1/uploads/{job['input']['image']}").json
    assert (upload["status"], upload["bytes"]) == ("complete", len(RED))
    assert is_reddish(result(api, done))


def test_each_of_several_pictures_has_a_seed_of_its_own(api: Api, worker: WorkerProcess) -> None:
    body = {"prompt": "a lake", "image": data_uri(), "num_images": 2, "seed": 5, "format": "webp"}
    job = accepted(api.post("/v1/jobs", {"kind": "image", "operation": "edit", "input": body}))

    done = finish_job(api, worker, job)

    assert [one["seed"] for one in done["artifacts"]] == [5, 6]
    assert {one["content_type"] for one in done["artifacts"]} == {"image/webp"}


def test_without_a_model_one_is_taken_that_does_it(api: Api) -> None:
    body = {"kind": "image", "operation": "edit", "input": {"prompt": "x", "image": data_uri()}}

    assert accepted(api.post("/v1/jobs", body))["model"] == "flux-kontext"


# What may not


@pytest.mark.parametrize(
    "image",
    [
        "",
        "fox.png",
        "upl_x",
        "job_01jd3k8v9xf6tq2m5c7h0w4ezr",
        "ftp://example.org/x.png",
        "file:///etc/passwd",
        "http://",
        "http://exa mple.org/",
        "https://example.org/" + "x" * 2048,
        "data:image/png,xyz",
        "data:text/plain;charset=utf-8;base64,eA==",
        "//example.org/x.png",
        7,
        None,
        ["https://example.org/x.png"],
        {"url": "https://example.org/x.png"},
    ],
)
def test_anything_else_is_refused(api: Api, count_rows: CountRows, image: object) -> None:
    before = count_rows()

    refused(edit(api, image), "$.input.image")

    assert count_rows() == before


def test_what_is_missing_is_told_with_everything_else(api: Api) -> None:
    body = {"kind": "image", "operation": "edit", "input": {"strength": 1}}

    refused(api.post("/v1/jobs", body), "$.input.image", "$.input.prompt", "$.input.strength")


def test_what_is_unknown_foreign_or_gone_is_refused_alike(
    api: Api, ground: Ground, finish: Finish, make_caller: MakeCaller, count_rows: CountRows
) -> None:
    bob = Api(api.http, make_caller("bob"))
    of_bob = hand_in(bob, RED).json["id"]
    pending_of_bob = open_one(bob)["id"]
    [artifact] = finish()["artifacts"]
    not_of_bob = refused(edit(bob, artifact["id"]), "$.input.image")
    api.delete(f"/v1/artifacts/{artifact['id']}")
    unknown = "upl_01jd3k8v9xf6tq2m5c7h0w4ezr"
    before = count_rows()

    told = [
        refused(edit(api, one), "$.input.image")
        for one in (of_bob, pending_of_bob, artifact["id"], unknown, unknown.replace("upl", "art"))
    ]

    assert {tuple(one) for one in [*told, not_of_bob]} == {
        ("There is no such file of yours, or it is no longer kept.",)
    }
    assert count_rows() == before


def test_a_file_of_another_type_is_refused_and_not_kept(
    api: Api, worker: WorkerProcess, pages: Site, count_rows: CountRows, ground: Ground
) -> None:
    video = hand_in(api, MP4).json

    [of_upload] = refused(edit(api, video["id"]), "$.input.image")
    [of_data] = refused(edit(api, data_uri(MP4)), "$.input.image")
    [of_nothing] = refused(edit(api, data_uri(b"<svg/>", "image/png")), "$.input.image")
    [of_noise] = refused(edit(api, "data:image/png;base64,@@@"), "$.input.image")
    fetched = finish_job(api, worker, accepted(edit(api, pages.put("x", MP4))))

    expected = "is video/mp4; what is taken: image/png, image/jpeg, image/webp."
    assert of_upload == of_data == f"This {expected}"
    assert of_nothing.startswith("This is none of: image/png, ")
    assert of_noise == "This is not base64."
    message = f"`image`: This {expected}"
    assert fetched["error"] == {"code": "unsupported_media", "message": message}
    assert count_rows()["uploads"] == 1
    folder = Path(ground.settings.storage.url.removeprefix("folder://"))
    assert len([*folder.rglob("*.dat")]) == 1


def test_a_file_in_the_request_may_not_be_larger_than_an_upload(
    api: Api, ground: Ground, caller: Caller
) -> None:
    with ground.transaction() as session:
        register.change(session, caller.account.id, ground.plans, overrides={"upload_megabytes": 1})

    [told] = refused(edit(api, data_uri(RED + b"\0" * 1_000_000)), "$.input.image")

    assert told == "The file is larger than 1,000,000 bytes."


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("page.html", b"<!doctype html>", "unsupported_media"),
        ("damaged.png", RED[:60], "input_unusable"),
        ("large.png", RED + b"\0" * 2_000, "file_too_large"),
    ],
)
def test_what_lies_at_an_address_and_cannot_be_used_fails_the_job(
    api: Api, make_worker: MakeWorker, pages: Site, name: str, content: bytes, code: str
) -> None:
    worker = make_worker(LIMNER_INPUT_ALLOW_NETWORKS="127.0.0.0/8", LIMNER_MAX_UPLOAD_BYTES="2000")

    done = finish_job(api, worker, accepted(edit(api, pages.put(name, content))))

    assert (done["status"], done["error"]["code"]) == ("failed", code)


def test_no_address_on_a_private_network_is_fetched(
    api: Api, make_worker: MakeWorker, pages: Site
) -> None:
    done = finish_job(api, make_worker(), accepted(edit(api, pages.put("fox.png", RED))))

    assert (done["status"], pages.asked.total()) == ("failed", 0)
    # Nothing of where the name leads.
    assert done["error"] == {
        "code": "address_refused",
        "message": "The address in `image` may not be fetched.",
    }


def test_an_address_that_does_not_answer_is_tried_again(
    api: Api, ground: Ground, worker: WorkerProcess, pages: Site
) -> None:
    job = accepted(edit(api, f"{pages.url}/later.png"))
    worker.hear(Queue.IMAGE)
    assert eventually(lambda: api.job(job["id"])["waiting_for"] == "retry")
    pages.put("later.png", RED)
    with ground.transaction() as session:
        session.execute(update(Job).values(due_at=clock.now()))

    assert finish_job(api, worker, job)["status"] == "succeeded"


def test_a_picture_that_unfolds_into_too_many_pixels_fails_the_job(
    api: Api, worker: WorkerProcess
) -> None:
    bomb = io.BytesIO()
    Image.new("1", (8_000, 8_000)).save(bomb, "PNG")

    done = finish_job(api, worker, accepted(edit(api, data_uri(bomb.getvalue()))))

    assert (done["status"], done["error"]["code"]) == ("failed", "input_unusable")


# Uploads that are completed by their use


def test_an_upload_that_has_not_come_is_refused(api: Api, on_s3: Ground, make_api: MakeApi) -> None:
    for one in (api, make_api(on_s3)):
        [told] = refused(edit(one, open_one(one)["id"]), "$.input.image")
        assert told == "The file of this upload has not come yet."


def test_an_upload_that_lies_in_the_storage_is_taken_in_by_its_use(
    on_s3: Ground, make_api: MakeApi
) -> None:
    api = make_api(on_s3)
    opened = open_one(api, bytes=len(RED))
    assert put_to_s3(opened, RED) == 200

    job = accepted(edit(api, opened["id"]))

    assert job["input"]["image"] == opened["id"]
    assert api.get(f"/v1/uploads/{opened['id']}").json["status"] == "complete"


def test_what_lies_in_the_storage_and_is_no_media_is_refused(
    on_s3: Ground, make_api: MakeApi
) -> None:
    api = make_api(on_s3)
    opened = open_one(api, bytes=20)
    put_to_s3(opened, b"<!doctype html>     ")

    [told] = refused(edit(api, opened["id"]), "$.input.image")

    assert told.startswith("This is none of: ")


# Many at once, and again


def test_in_a_batch_each_file_is_judged_by_itself(api: Api) -> None:
    upload, video = hand_in(api, RED).json["id"], hand_in(api, MP4).json["id"]
    images = [upload, video, data_uri(), data_uri(b"<svg/>"), upload, "https://example.org/x.png"]
    wanted = [
        {"kind": "image", "operation": "edit", "input": {"prompt": "x", "image": one}}
        for one in images
    ]

    answered = api.post("/v1/jobs/batch", {"jobs": wanted}).json["data"]
    [none, *_] = refused(
        api.post("/v1/jobs/batch", {"jobs": wanted, "all_or_nothing": True}),
        "$.jobs[1].input.image",
        "$.jobs[3].input.image",
    )

    assert [one["status"] for one in answered] == [202, 422, 202, 422, 202, 202]
    assert answered[1]["error"]["errors"][0]["path"] == "$.jobs[1].input.image"
    assert none == answered[1]["error"]["errors"][0]["message"]


def test_a_request_sent_again_brings_its_file_once(api: Api, count_rows: CountRows) -> None:
    body = {"kind": "image", "operation": "edit", "input": {"prompt": "x", "image": data_uri()}}

    answers = [api.post("/v1/jobs", body, headers={"Idempotency-Key": "once"}) for _ in range(2)]

    assert answers[0].json == answers[1].json
    rows = count_rows()
    assert (rows["jobs"], rows["uploads"], rows["unwanted_objects"]) == (1, 1, 0)


def test_a_retry_starts_from_the_same_file_if_that_is_still_kept(
    api: Api, worker: WorkerProcess
) -> None:
    done = finish_job(api, worker, accepted(edit(api, data_uri())))

    again = accepted(api.post(f"/v1/jobs/{done['id']}/retry"))
    assert again["input"] == done["input"]
    assert finish_job(api, worker, again)["status"] == "succeeded"

    assert api.delete(f"/v1/uploads/{done['input']['image']}").status_code == 204
    refused(api.post(f"/v1/jobs/{done['id']}/retry"), "$.input.image")


def test_of_many_retries_those_whose_file_is_gone_are_refused(api: Api) -> None:
    kept, gone = (accepted(edit(api, data_uri())) for _ in range(2))
    for one in (kept, gone):
        api.post(f"/v1/jobs/{one['id']}/cancel")
    api.delete(f"/v1/uploads/{gone['input']['image']}")

    made = api.post("/v1/jobs/retry", {"all": True}).json

    assert [one["retry_of"] for one in made["data"]] == [kept["id"]]
    assert [one["id"] for one in made["refused"]] == [gone["id"]]


# Kept until the job has ended


def test_what_an_unfinished_job_starts_from_cannot_be_deleted(api: Api, finish: Finish) -> None:
    earlier = finish()
    artifact, upload = earlier["artifacts"][0]["id"], hand_in(api, RED).json["id"]
    users = [accepted(edit(api, one)) for one in (artifact, upload)]
    paths = [f"/v1/artifacts/{artifact}", f"/v1/jobs/{earlier['id']}", f"/v1/uploads/{upload}"]

    early = [api.delete(path) for path in paths]
    for one in users:
        api.post(f"/v1/jobs/{one['id']}/cancel")
    late = [api.delete(path).status_code for path in paths]

    assert {(one.status_code, one.json["code"]) for one in early} == {(409, "file_in_use")}
    assert late == [204, 204, 204]


def test_what_an_unfinished_job_starts_from_outlives_its_time(
    api: Api, ground: Ground, caller: Caller, finish: Finish, worker: WorkerProcess
) -> None:
    artifact, upload = finish()["artifacts"][0]["id"], hand_in(api, RED).json["id"]
    users = [accepted(edit(api, one)) for one in (artifact, upload)]
    limits = {"artifact_days": 1, "upload_days": 1}
    old = clock.now() - timedelta(days=2)
    with ground.transaction() as session:
        register.change(session, caller.account.id, ground.plans, overrides=limits)
        session.execute(update(Artifact).values(created_at=old))
        session.execute(update(Upload).values(used_at=old))

    assert (expiry.overdue(ground), expiry.go_round(ground)) == (expiry.Let(), expiry.Let())
    for one in users:
        assert finish_job(api, worker, one)["status"] == "succeeded"

    gone = expiry.go_round(ground)
    # The upload was used just now, so its days begin anew.
    assert (gone.artifacts, gone.uploads) == (1, 0)
    with ground.transaction() as session:
        session.execute(update(Upload).values(used_at=old))
    assert expiry.go_round(ground).uploads == 1


def test_nothing_is_let_go_while_jobs_that_start_from_it_come_in(
    api: Api, ground: Ground, caller: Caller
) -> None:
    limits = {"upload_days": 1}
    with ground.transaction() as session:
        register.change(session, caller.account.id, ground.plans, overrides=limits)

    def submit(upload_id: str) -> int:
        return int(edit(api, upload_id).status_code)

    for _ in range(8):
        upload_id = hand_in(api, RED).json["id"]
        with ground.transaction() as session:
            session.execute(update(Upload).values(used_at=clock.now() - timedelta(days=2)))
        with ThreadPoolExecutor(2) as both:
            status, gone = both.submit(submit, upload_id), both.submit(expiry.go_round, ground)
        is_gone = api.get(f"/v1/uploads/{upload_id}").status_code == 404
        assert (status.result(), gone.result().uploads, is_gone) in {
            (202, 0, False),
            (422, 1, True),
        }


# Fetched once, whoever fetches


def test_two_workers_that_fetch_the_same_keep_it_once(
    api: Api, ground: Ground, worker: WorkerProcess, pages: Site, count_rows: CountRows
) -> None:
    job_id = accepted(edit(api, pages.put("fox.png", RED)))["id"]
    job = jobs.read(ground, job_id)

    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda _: inputs.ready(job, worker.tools), range(4)))

    assert {one.key for [one] in given} == {given[0][0].key}
    assert count_rows()["uploads"] == 1


def test_a_site_that_does_not_answer_leaves_slots_to_others(
    api: Api, ground: Ground, make_worker: MakeWorker, pages: Site
) -> None:
    worker = make_worker(LIMNER_INPUT_ALLOW_NETWORKS="127.0.0.0/8", LIMNER_SLOTS="2")
    pages.is_silent.set()
    slow = [accepted(edit(api, pages.put("slow.png", RED)))["id"] for _ in range(3)]
    quick = api.submit()["id"]

    threading.Thread(target=worker.hear, args=(Queue.IMAGE,)).start()

    assert eventually(lambda: api.job(quick)["status"] == "succeeded")
    states = sorted((api.job(one)["status"], api.job(one)["waiting_for"]) for one in slow[1:])
    assert states == [("queued", "input"), ("queued", "input")]
    pages.is_silent.clear()
    assert all(see_through(ground, worker, api, one)["status"] == "succeeded" for one in slow)


# Providers


@pytest.fixture(scope="module")
def listening() -> Iterator[Emulator]:
    with running(seconds=0.1) as found:
        yield found


@pytest.fixture
def provider(listening: Emulator) -> Emulator:
    listening.reset()
    return listening


def with_provider(provider: Emulator, **other: str) -> dict[str, str]:
    return {
        "LIMNER_FAL_KEY": provider.key,
        "LIMNER_FAL_QUEUE_URL": provider.url,
        "LIMNER_FAL_API_URL": provider.api_url,
        "LIMNER_PROVIDER_ALLOW_NETWORKS": "127.0.0.0/8",
        "LIMNER_LOST_ANSWER_SECONDS": "1",
    } | other


def see_through(ground: Ground, worker: WorkerProcess, api: Api, job_id: str) -> dict[str, Any]:
    """Let time pass quickly until a job is over."""

    def is_over() -> bool:
        with ground.transaction() as session:
            session.execute(
                update(Job)
                .where(Job.worker.is_(None), Job.due_at.is_not(None))
                .values(due_at=clock.now())
            )
        keeper.keep(worker.ground)
        worker.hear(Queue.IMAGE)
        worker.hear(Queue.IMAGE, Errand.POLL)
        return api.job(job_id)["status"] in OVER

    assert eventually(is_over, 20)
    return api.job(job_id)


def sent_image(provider: Emulator) -> str:
    """Return what the provider was given as the picture, as it lists its requests."""
    query = "endpoint_id=fal-ai/flux-pro/kontext&expand=payloads"
    answer = urllib3.request(
        "GET",
        f"{provider.api_url}/models/requests/by-endpoint?{query}",
        headers={"Authorization": f"Key {provider.key}"},
    )
    [one] = answer.json()["items"]
    return str(one["json_input"]["image_url"])


@pytest.mark.parametrize("how", ["link", "inline"])
def test_a_provider_gets_the_file_and_an_order_whose_answer_was_lost_is_found_by_it(
    api: Api,
    ground: Ground,
    finish: Finish,
    make_worker: MakeWorker,
    provider: Emulator,
    how: str,
) -> None:
    worker = make_worker(**with_provider(provider, LIMNER_PROVIDER_INPUTS=how))
    upload = hand_in(api, RED).json["id"]
    provider.fault("cut_after", on="submit", times=1)

    job = accepted(edit(api, upload, model="flux-kontext"))
    done = see_through(ground, worker, api, job["id"])

    assert done["status"] == "succeeded", done
    assert provider.counts()["submits"] == 1
    image = sent_image(provider)
    if how == "inline":
        assert image == data_uri()
    else:
        link = image.removeprefix(PUBLIC_URL)
        assert api.http.get(link, buffered=True).data == RED


def test_a_provider_gets_a_link_to_an_artifact_that_needs_no_key(
    api: Api, ground: Ground, finish: Finish, make_worker: MakeWorker, provider: Emulator
) -> None:
    worker = make_worker(**with_provider(provider))
    [artifact] = finish()["artifacts"]

    job = accepted(edit(api, artifact["id"], model="flux-kontext"))
    done = see_through(ground, worker, api, job["id"])

    assert done["provider"] == "fal"
    opened = api.http.get(sent_image(provider).removeprefix(PUBLIC_URL), buffered=True)
    assert len(opened.data) == artifact["bytes"]
