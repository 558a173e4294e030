"""VidiKing's renders, stitches and trims: accepted, told, found again, stopped."""

import copy
from typing import Any

import pytest

from shared.ground import Ground
from shared.jobs.tables import JobInput
from tests.conftest import Api
from tests.integration.conftest import CountRows, MakeApi, MakeGround
from tests.integration.test_vidiking import is_moment, told
from tests.integration.test_vidiking_jobs import ApiOnTerms, api_on_terms
from tests.integration.test_vidiking_webhooks import checked, put
from tests.integration.test_webhook_endpoints import deliver
from tests.support.receiver import Receiver
from workers.process import WorkerProcess

__all__ = ["api_on_terms"]

MEDIA = "https://media.example.org"
TOUR: dict[str, Any] = {
    "timeline": {
        "background": "#10202b",
        "soundtrack": {"src": f"{MEDIA}/slow-guitar.mp3", "effect": "fadeOut", "volume": 0.25},
        "tracks": [
            {
                "clips": [
                    {
                        "asset": {"type": "title", "text": "Harbour walk", "style": "minimal"},
                        "start": 0.5,
                        "length": 4,
                        "transition": {"in": "fade", "out": "slideUp"},
                    }
                ]
            },
            {
                "clips": [
                    {
                        "asset": {"type": "video", "src": f"{MEDIA}/guide.mp4", "volume": 0.9},
                        "start": 2,
                        "length": 9,
                        "scale": 0.25,
                        "offset": {"x": 0.8, "y": 0.8},
                    }
                ]
            },
            {
                "clips": [
                    {
                        "asset": {"type": "image", "src": f"{MEDIA}/east.jpg"},
                        "start": 0,
                        "length": 12,
                        "fit": "cover",
                        "transition": {"in": "slideRight"},
                    }
                ]
            },
        ],
    },
    "output": {"format": "mp4", "resolution": "1080", "fps": 30},
    "metadata": {"customer": "c-204"},
}
STITCH = {
    "clips": [
        {"src": f"{MEDIA}/cover.png", "length": 2.5},
        {"src": f"{MEDIA}/interview.mov", "trim": 12, "length": 20},
        {"src": f"{MEDIA}/credits.mp4"},
    ],
    "output": {"format": "mp4", "resolution": "hd"},
}
TRIM = {"src": f"{MEDIA}/lecture.mp4", "start": 61.25, "length": 30, "output": {"format": "mp4"}}
ALL = [("render", "job_", TOUR), ("stitch", "job_stitch_", STITCH), ("trim", "job_trim_", TRIM)]


def last_input(api: Api) -> Any:
    return api.get("/v1/jobs").json["data"][0]["input"]


@pytest.mark.parametrize(("path", "prefix", "body"), ALL)
def test_what_is_to_be_rendered_is_taken_on_and_found_again(
    api: Api, path: str, prefix: str, body: dict[str, Any]
) -> None:
    answer = api.post(f"/v1/{path}", json=body)

    taken = answer.json
    assert answer.status_code == 202, taken
    assert list(taken) == ["id", "status", "created_at"]
    assert taken["id"].startswith(prefix)
    assert taken["status"] == "QUEUED"
    assert is_moment(taken["created_at"])
    job = api.get(f"/v1/render/{taken['id']}").json
    assert (job["id"], job["type"], job["status"]) == (taken["id"], path, "QUEUED")
    assert job["metadata"] == body.get("metadata", {})
    assert [one["id"] for one in api.get("/v1/renders").json["data"]] == [taken["id"]]
    assert api.delete(f"/v1/render/{taken['id']}").json["status"] == "FAILED"
    assert api.get("/v1/wallet/balance").json["data"]["held"] == "0.00"


def test_all_that_a_timeline_starts_from_is_noted(api: Api, ground: Ground) -> None:
    api.post("/v1/render", json=TOUR)

    with ground.reading() as session:
        named = {one.path: one.url for one in session.query(JobInput)}
    assert named == {
        "timeline.soundtrack.src": f"{MEDIA}/slow-guitar.mp3",
        "timeline.tracks[1].clips[0].asset.src": f"{MEDIA}/guide.mp4",
        "timeline.tracks[2].clips[0].asset.src": f"{MEDIA}/east.jpg",
    }


@pytest.mark.parametrize(
    ("headers", "fit", "moves", "place"),
    [
        ({}, "crop", "carouselLeft", {"position": {"x": 0.8, "y": 0.8}}),
        ({"X-Timeline-Dialect": "vidiking"}, "crop", "carouselLeft", {}),
        (
            {"X-Timeline-Dialect": "shotstack"},
            "stretch",
            "slideRight",
            {"position": "center", "offset": {"x": 0.8, "y": 0.8}},
        ),
    ],
)
def test_a_client_may_keep_the_meaning_of_where_it_came_from(
    api: Api, headers: dict[str, str], fit: str, moves: str, place: dict[str, Any]
) -> None:
    assert api.post("/v1/render", json=TOUR, headers=headers).status_code == 202

    tracks = last_input(api)["timeline"]["tracks"]
    assert tracks[2]["clips"][0]["fit"] == fit
    assert tracks[2]["clips"][0]["transition"]["in"] == moves
    assert place.items() <= tracks[1]["clips"][0].items()


def test_operators_choose_whose_meaning_holds(api_on_terms: ApiOnTerms) -> None:
    api = api_on_terms('timelines = "shotstack"')

    api.post("/v1/render", json=TOUR)
    assert last_input(api)["timeline"]["tracks"][2]["clips"][0]["fit"] == "stretch"
    api.post("/v1/render", json=TOUR, headers={"X-Timeline-Dialect": "vidiking"})
    assert last_input(api)["timeline"]["tracks"][2]["clips"][0]["fit"] == "crop"


def test_a_meaning_that_nobody_knows_is_told(api: Api) -> None:
    response = api.post("/v1/render", json=TOUR, headers={"X-Timeline-Dialect": "avid"})

    assert told(response, 422, "invalid_request").keys() == {"header.X-Timeline-Dialect"}


@pytest.mark.parametrize(
    ("path", "body", "places"),
    [
        ("render", {}, {"timeline", "output"}),
        ("render", TOUR | {"timeline": {"tracks": []}}, {"timeline.tracks"}),
        ("render", TOUR | {"output": {"fps": 11, "format": "x"}}, {"output.fps", "output.format"}),
        ("render", TOUR | {"callback": "x", "metadata": 7}, {"callback", "metadata"}),
        ("render", TOUR | {"metadata": {"x": "x" * 9_000}}, {"metadata"}),
        ("render", TOUR | {"merge": [{"find": "A"}]}, {"merge[0]"}),
        ("stitch", {}, {"clips", "output"}),
        ("stitch", STITCH | {"clips": []}, {"clips"}),
        (
            "stitch",
            STITCH | {"clips": [{"trim": -1, "length": 0}]},
            {"clips[0].src", "clips[0].trim", "clips[0].length"},
        ),
        ("trim", {}, {"src", "start", "length", "output"}),
        ("trim", TRIM | {"start": -1, "length": 0}, {"start", "length"}),
        ("trim", TRIM | {"start": "61", "src": "lecture.mp4"}, {"start", "src"}),
    ],
    ids=lambda one: str(sorted(one)) if isinstance(one, set) else repr(one)[:50],
)
def test_what_cannot_be_rendered_is_told_in_their_words_and_not_kept(
    api: Api, count_rows: CountRows, path: str, body: dict[str, Any], places: set[str]
) -> None:
    before = count_rows()

    assert told(api.post(f"/v1/{path}", json=body), 422, "invalid_request").keys() == places

    assert count_rows() == before


def test_a_field_that_nobody_knows_is_warned_of(api: Api) -> None:
    body = copy.deepcopy(TOUR) | {"priority": 9}
    body["timeline"]["tracks"][0]["clips"][0]["asset"]["kerning"] = 3

    answer = api.post("/v1/render", json=body)

    assert (answer.status_code, answer.json["warnings"]) == (
        202,
        [
            "priority: unknown field, ignored",
            "timeline.tracks[0].clips[0].asset.kerning: unknown field, ignored",
        ],
    )


@pytest.mark.parametrize(("path", "prefix", "body"), ALL)
def test_a_dry_run_makes_nothing(
    api: Api, count_rows: CountRows, path: str, prefix: str, body: dict[str, Any]
) -> None:
    before = count_rows()

    answer = api.post(f"/v1/{path}?dry_run=true", json=body)

    assert answer.status_code == 200
    assert answer.json == {"valid": True, "errors": [], "warnings": [], "credits": 10}
    told(api.post(f"/v1/{path}?dry_run=true", json={}), 422, "invalid_request")
    assert told(api.post(f"/v1/{path}?dry_run=x", json=body), 422, "invalid_request").keys() == {
        "query.dry_run"
    }
    assert count_rows() == before


def test_a_timeline_is_checked_without_being_made(api: Api, count_rows: CountRows) -> None:
    before = count_rows()
    body = copy.deepcopy(TOUR)
    body["timeline"]["tracks"][1]["clips"][0] |= {"offset": {"x": 3, "y": 0}, "blur": 1}

    good = api.post("/v1/render/validate", json=body)
    bad = api.post("/v1/render/validate", json=body | {"output": {"fps": 5, "quality": "x"}})

    assert good.status_code == bad.status_code == 200
    assert (good.json["valid"], good.json["errors"]) == (True, [])
    assert [one.partition(": ")[0] for one in good.json["warnings"]] == [
        "timeline.tracks[1].clips[0].offset.x",
        "timeline.tracks[1].clips[0].blur",
    ]
    assert bad.json["valid"] is False
    assert {one["path"] for one in bad.json["errors"]} == {"output.fps", "output.quality"}
    assert all(one["message"] for one in bad.json["errors"])
    assert count_rows() == before
    told(api.post("/v1/render/validate", data=b"{"), 400, "malformed_json")


def test_a_render_that_is_stopped_is_told_as_one(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    put(api, "https://example.org/", "ai.complete")
    taken = api.post("/v1/render", json=TOUR | {"callback": webhook.url}).json

    api.delete(f"/v1/render/{taken['id']}")
    deliver(worker)

    [received] = webhook.wait_for(1)
    message = checked(received)
    assert message["event"] == "render.failed"
    data = message["data"]
    assert (data["id"], data["status"], data["url"]) == (taken["id"], "FAILED", None)
    assert (data["error_code"], data["metadata"]) == ("canceled", {"customer": "c-204"})
    assert (data["type"], data["credits_used"]) == ("render", 0)


def test_a_render_that_is_sent_again_is_answered_as_before(api: Api, count_rows: CountRows) -> None:
    headers = {"Idempotency-Key": "once"}

    first, second = (api.post("/v1/render", json=TOUR, headers=headers) for _ in range(2))

    assert (first.status_code, first.json) == (second.status_code, second.json)
    assert count_rows()["jobs"] == 1


def test_a_server_without_the_model_says_so(
    make_ground: MakeGround, make_api: MakeApi, tmp_path: Any
) -> None:
    (tmp_path / "vidiking.toml").write_text('renderer = "another"')
    api = make_api(make_ground(LIMNER_CONTRACTS=str(tmp_path)))

    response = api.post("/v1/render", json=TOUR)

    told(response, 503, "model_unavailable")
    assert response.headers["Retry-After"]
