"""A job is submitted: what is kept of it, and what is answered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import PUBLIC_URL, Api
from tests.integration.conftest import Finish, MakeApi, MakeGround

FOX = {"kind": "image", "input": {"prompt": "a red fox"}}


def submit(api: Api, **fields: Any) -> Any:
    return api.post("/v1/jobs", json=FOX | fields)


def without_estimate(job: dict[str, Any]) -> dict[str, Any]:
    """Return all of a job that does not depend on the moment at which it is looked at."""
    return {name: value for name, value in job.items() if name != "estimate"}


def test_a_submission_is_accepted_and_says_where_its_job_is(api: Api) -> None:
    response = submit(api)

    assert response.status_code == 202
    assert response.headers["Location"] == f"{PUBLIC_URL}/v1/jobs/{response.json['id']}"
    assert response.headers["Location"] == response.json["links"]["self"]
    assert without_estimate(api.job(response.json["id"])) == without_estimate(response.json)


def test_a_queued_job_has_its_whole_public_shape(api: Api) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)

    job = submit(api, webhook="https://example.org/hook").json

    own = {name: job.pop(name) for name in ("id", "created_at", "input", "links", "estimate")}
    assert own["id"].startswith("job_")
    assert before <= datetime.fromisoformat(own["created_at"]) <= datetime.now(UTC)
    assert own["created_at"].endswith("Z")
    address = f"{PUBLIC_URL}/v1/jobs/{own['id']}"
    assert own["links"] == {"self": address, "cancel": f"{address}/cancel"}
    assert job == {
        "object": "job",
        "kind": "image",
        "operation": "generate",
        "model": "flux",
        "status": "queued",
        "stage": None,
        "progress": 0.0,
        "waiting_for": None,
        "queue_position": 1,
        "cancel_requested": False,
        "provider": None,
        "metadata": {},
        "priority": 0,
        "webhook": "https://example.org/hook",
        "artifacts": [],
        "warnings": [],
        "error": None,
        "attempts": [],
        "retry_of": None,
        "price": 5,
        "cost": None,
        "start_by": None,
        "finish_by": None,
        "test": False,
        "started_at": None,
        "finished_at": None,
    }


def test_a_job_that_has_ended_well_has_its_whole_public_shape(finish: Finish) -> None:
    job = finish(input={"seed": 7})

    artifact = job["artifacts"][0]
    assert (job["status"], job["progress"], job["error"]) == ("succeeded", 100.0, None)
    assert (job["provider"], job["stage"], job["waiting_for"]) == ("sketch", None, None)
    assert [one["code"] for one in job["warnings"]] == ["local_engine"]
    assert job["created_at"] <= job["started_at"] <= job["finished_at"]
    assert artifact.keys() == {
        "id", "url", "content_type", "bytes", "sha256", "width", "height", "seed",
        "role", "duration", "frame_rate", "thumbnail_url", "expired_at", "deleted_at",
    }  # fmt: skip


def test_what_a_request_leaves_open_is_made_complete(api: Api) -> None:
    wanted = submit(api).json["input"]

    seed = wanted.pop("seed")
    assert 0 <= seed < 2**32
    assert wanted == {
        "prompt": "a red fox",
        "negative_prompt": "",
        "width": 1024,
        "height": 1024,
        "style": "natural",
        "format": "png",
        "num_images": 1,
    }


def test_what_a_request_says_is_kept(api: Api) -> None:
    wanted = {
        "prompt": "ein Füchslein 🦊",
        "negative_prompt": "snow",
        "width": 64,
        "height": 2048,
        "style": "artistic",
        "format": "webp",
        "seed": 2**32 - 1,
        "num_images": 4,
    }

    job = submit(api, model="stable-diffusion", operation="generate", input=wanted).json

    assert (job["model"], job["operation"]) == ("stable-diffusion", "generate")
    assert job["input"] == wanted


@pytest.mark.parametrize(
    "fields",
    [
        {"metadata": {"reference": "order-1009", "nested": {"a": [1, 2.5, None, True, "ü"]}}},
        {"priority": 9},
        {"priority": 0},
        {"webhook": None},
        {"webhook": "http://127.0.0.1:8000/hook?key=1"},
    ],
    ids=str,
)
def test_what_a_job_is_given_along_is_kept(api: Api, fields: dict[str, Any]) -> None:
    job = submit(api, **fields).json

    assert fields.items() <= api.job(job["id"]).items()


def test_two_jobs_for_the_same_prompt_get_seeds_of_their_own(api: Api) -> None:
    seeds = {submit(api).json["input"]["seed"] for _ in range(3)}

    assert len(seeds) == 3


def test_each_picture_tells_the_seed_that_makes_it_again(finish: Finish) -> None:
    job = finish(input={"num_images": 3, "seed": 2**32 - 2})

    assert [one["seed"] for one in job["artifacts"]] == [2**32 - 2, 2**32 - 1, 0]


def test_a_seed_that_was_chosen_here_is_the_seed_of_the_picture(finish: Finish) -> None:
    job = finish()

    assert job["artifacts"][0]["seed"] == job["input"]["seed"]


def test_a_body_is_read_as_json_whatever_it_claims_to_be(api: Api) -> None:
    response = api.post(
        "/v1/jobs", data='{"kind": "image", "input": {"prompt": "fox"}}', content_type="text/plain"
    )

    assert response.status_code == 202


def test_a_job_is_accepted_while_the_broker_is_away(
    api: Api, make_ground: MakeGround, make_api: MakeApi, no_broker: str
) -> None:
    cut_off = make_api(make_ground(LIMNER_BROKER_URL=no_broker))

    response = submit(cut_off)

    assert response.status_code == 202
    assert without_estimate(api.job(response.json["id"])) == without_estimate(response.json)


def test_a_model_that_nobody_here_can_serve_is_refused_at_once(
    make_ground: MakeGround, make_api: MakeApi
) -> None:
    without_engines = make_api(make_ground(LIMNER_LOCAL_ENGINES="off"))

    response = submit(without_engines, model="flux")

    assert (response.status_code, response.json["code"]) == (503, "model_unavailable")
    assert without_engines.get("/v1/jobs").json["data"] == []


def test_the_models_on_offer_can_be_asked_for_by_name(api: Api) -> None:
    offered = api.get("/v1/models").json["data"]

    makers = [
        one["name"] for one in offered if one["kind"] == "image" and "generate" in one["operations"]
    ]
    models = [submit(api, model=name).json["model"] for name in makers]

    assert models == makers
    assert {"flux", "stable-diffusion", "dall-e-3", "sketch"} <= set(makers)
