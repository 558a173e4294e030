"""VidiKing's jobs besides images: videos, lists, stopping one, and the wallet."""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shared.accounts import ledger
from shared.ground import Ground
from shared.jobs.status import Queue
from tests.conftest import PUBLIC_URL, Api, MakeCaller
from tests.integration.conftest import AtWork, CountRows, MakeApi, MakeGround
from tests.integration.test_vidiking import is_moment, told
from tests.integration.test_vidiking_webhooks import checked, put
from tests.integration.test_webhook_endpoints import deliver
from tests.support import jobs
from tests.support.patience import eventually
from tests.support.receiver import Receiver
from workers.process import WorkerProcess

VIDEO = {"prompt": "Gentle camera push towards the window", "aspect_ratio": "1:1"}

ApiOnTerms = Callable[..., Api]


@pytest.fixture
def api_on_terms(make_ground: MakeGround, make_api: MakeApi, tmp_path: Path) -> ApiOnTerms:
    """Serves the API on terms of its operator's own, and holds nobody."""

    def serve(terms: str = "") -> Api:
        (tmp_path / "vidiking.toml").write_text(terms)
        return make_api(make_ground(LIMNER_CONTRACTS=str(tmp_path), LIMNER_MAX_WAIT_SECONDS="0"))

    return serve


def picture() -> str:
    """Return a picture as a data URI."""
    file = io.BytesIO()
    Image.new("RGB", (96, 64), "teal").save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def is_over(api: Api, their_id: str) -> bool:
    return api.get(f"/v1/render/{their_id}").json["status"] in {"COMPLETE", "FAILED"}


@pytest.mark.parametrize("start", [{}, {"image_url": picture()}], ids=["words", "an image"])
def test_a_video_is_taken_on_made_and_told(
    api: Api, worker: WorkerProcess, webhook: Receiver, start: dict[str, str]
) -> None:
    put(api, "https://example.org/", "render.complete")

    answer = api.post("/v1/ai/video", json=VIDEO | start | {"callback": webhook.url})

    taken = answer.json
    assert answer.status_code == 202, taken
    assert list(taken) == ["id", "status", "created_at"]
    assert taken["status"] == "QUEUED"
    assert is_moment(taken["created_at"])
    worker.hear(Queue.VIDEO)
    assert eventually(lambda: is_over(api, taken["id"]))
    job = api.get(f"/v1/render/{taken['id']}").json
    assert (job["status"], job["type"], job["duration"]) == ("COMPLETE", "video", 5.0)
    assert job["width"] == job["height"]
    for name, kind in (("url", "video/mp4"), ("poster", "image/"), ("thumbnail", "image/")):
        file = api.http.get(job[name].removeprefix(PUBLIC_URL))
        assert file.content_type.startswith(kind)
        assert file.data
    deliver(worker)
    [received] = webhook.wait_for(1)
    message = checked(received)
    assert (message["event"], message["data"]["id"]) == ("ai.complete", taken["id"])
    assert b'"duration":5,' in received.body


def test_what_cannot_be_fetched_fails_the_job_gives_all_back_and_is_told_once(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    address = "http://127.0.0.1:9/room.png"
    before = wallet(api)
    fields = {"image_url": address, "callback": webhook.url}

    taken = api.post("/v1/ai/video", json=VIDEO | fields).json
    assert wallet(api)["held"] == "0.20"
    worker.hear(Queue.VIDEO)
    assert eventually(lambda: is_over(api, taken["id"]))
    deliver(worker)

    [received] = webhook.wait_for(1)
    message = checked(received, api.caller.account.webhook_secret)
    assert message["event"] == "ai.failed"
    job = api.get(f"/v1/render/{taken['id']}").json
    assert (job["status"], job["url"], job["credits_used"]) == ("FAILED", None, 0)
    assert address in job["error"]
    assert message["data"]["error"] == job["error"]
    assert wallet(api) == before


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ({"prompt": None}, {"prompt"}),
        ({"prompt": "x" * 4_001, "duration": 7}, {"prompt", "duration"}),
        ({"model": "runway", "aspect_ratio": "4:3"}, {"model", "aspect_ratio"}),
        ({"duration": "5"}, {"duration"}),
        ({"image_url": "room.png"}, {"image_url"}),
        ({"image_url": "upl_" + "0" * 26}, {"image_url"}),
        ({"image_url": "data:image/png;base64,AAAA"}, {"image_url"}),
        ({"callback": "ftp://example.org/"}, {"callback"}),
    ],
    ids=lambda one: str(sorted(one)) if isinstance(one, set) else repr(one)[:40],
)
def test_a_faulty_video_is_told_in_their_words_and_not_kept(
    api: Api, count_rows: CountRows, fields: dict[str, Any], places: set[str]
) -> None:
    before = count_rows()["jobs"]

    response = api.post("/v1/ai/video", json=VIDEO | fields)

    assert told(response, 422, "invalid_request").keys() == places
    assert count_rows()["jobs"] == before


def test_an_unknown_field_of_a_video_is_warned_of(api: Api) -> None:
    answer = api.post("/v1/ai/video", json=VIDEO | {"seed": 7})

    assert (answer.status_code, answer.json["warnings"]) == (202, ["seed: unknown field, ignored"])


def test_a_video_that_is_sent_again_is_answered_as_before(
    api: Api, ground: Ground, count_rows: CountRows
) -> None:
    first, second = (
        api.post("/v1/ai/video", json=VIDEO, headers={"Idempotency-Key": "once"}) for _ in range(2)
    )

    assert (first.status_code, first.json) == (second.status_code, second.json)
    assert count_rows()["jobs"] == 1


@pytest.mark.parametrize("status", [200, 201, 202])
def test_operators_choose_the_status_of_what_is_accepted(
    api_on_terms: ApiOnTerms, status: int
) -> None:
    api = api_on_terms(f"accepted = {status}")

    assert api.post("/v1/ai/video", json=VIDEO).status_code == status


SRC = {"src": "https://example.org/lecture.mp4"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("subtitles", SRC | {"language": "de", "burn_in": True, "style": {"size": 42}}),
        ("voiceover", {"text": "Welcome.", "model": "hd", "speed": 1.5, "format": "wav"}),
        ("voice", {"text": "Welcome."}),
        ("tts", {"text": "Welcome."}),
        ("script", {"prompt": "A walk at the harbour", "duration": 30, "tone": "calm"}),
        ("script", {"topic": "A walk at the harbour"}),
    ],
)
def test_what_nobody_here_can_do_is_refused_and_costs_nothing(
    api: Api, count_rows: CountRows, path: str, body: dict[str, Any]
) -> None:
    before = count_rows()

    told(api.post(f"/v1/ai/{path}", json=body), 501, "not_offered")

    assert count_rows() == before


@pytest.mark.parametrize(
    ("path", "body", "places"),
    [
        ("subtitles", {}, {"src"}),
        ("subtitles", {"src": "lecture.mp4"}, {"src"}),
        (
            "subtitles",
            SRC | {"language": 7, "burn_in": "yes", "style": [], "callback": "x"},
            {"language", "burn_in", "style", "callback"},
        ),
        ("voiceover", {"text": " ", "model": "x", "speed": 3}, {"text", "model", "speed"}),
        ("voiceover", {"text": "x" * 4_001, "format": "ogg"}, {"text", "format"}),
        ("script", {"duration": 0}, {"prompt", "duration"}),
    ],
)
def test_what_nobody_here_can_do_is_checked_before(
    api: Api, path: str, body: dict[str, Any], places: set[str]
) -> None:
    assert told(api.post(f"/v1/ai/{path}", json=body), 422, "invalid_request").keys() == places


def test_a_job_is_stopped(api: Api, ground: Ground) -> None:
    queued = api.post("/v1/ai/video", json=VIDEO).json["id"]

    answer = api.delete(f"/v1/render/{queued}")

    assert (answer.status_code, answer.json["status"]) == (200, "FAILED")
    assert answer.json["error_code"] == "canceled"
    told(api.delete(f"/v1/render/{queued}"), 409, "job_is_over")
    running = api.submit()["id"]
    jobs.claim(ground)
    stopping = api.delete(f"/v1/render/{running}")
    assert (stopping.status_code, stopping.json["status"]) == (202, "PROCESSING")


def test_nobody_stops_what_is_anothers(api: Api, make_caller: MakeCaller) -> None:
    queued = api.post("/v1/ai/video", json=VIDEO).json["id"]
    bob = Api(api.http, make_caller("bob"))

    told(bob.delete(f"/v1/render/{queued}"), 404, "job_not_found")

    assert api.get(f"/v1/render/{queued}").json["status"] == "QUEUED"
    assert bob.get("/v1/renders").json == {"data": [], "next_cursor": None}


def test_jobs_are_listed_page_by_page(api: Api) -> None:
    made = [api.post("/v1/ai/video", json=VIDEO).json["id"] for _ in range(5)]

    listed, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = api.get("/v1/renders", query_string=query).json
        listed += page["data"]
        assert len(page["data"]) <= 2
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert [one["id"] for one in listed] == made[::-1]
    assert listed[0] == api.get(f"/v1/render/{made[-1]}").json


def test_jobs_are_listed_by_how_they_stand(api: Api, ground: Ground) -> None:
    stopped = api.post("/v1/ai/video", json=VIDEO).json["id"]
    api.delete(f"/v1/render/{stopped}")
    queued = api.post("/v1/ai/video", json=VIDEO).json["id"]
    running = api.submit()["id"].replace("job_", "img_")
    jobs.claim(ground)

    def of(status: str) -> list[str]:
        return [one["id"] for one in api.get(f"/v1/renders?status={status}").json["data"]]

    assert of("QUEUED") == [queued]
    assert of("PROCESSING") == [running]
    assert of("FAILED") == [stopped]
    assert of("COMPLETE") == []


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("status=queued", "status"),
        ("cursor=x", "cursor"),
    ],
)
def test_a_list_that_cannot_be_is_told_in_their_words(api: Api, query: str, place: str) -> None:
    assert told(api.get(f"/v1/renders?{query}"), 422, "invalid_request").keys() == {place}


def wallet(api: Api) -> dict[str, str]:
    answer = api.get("/v1/wallet/balance")
    assert answer.status_code == 200
    assert answer.json.keys() == {"success", "data"}
    assert answer.json["success"] is True
    data: dict[str, str] = answer.json["data"]
    return data


def test_the_wallet_is_told_in_money_with_two_decimals(
    busy_api: Api, api_on_terms: ApiOnTerms, ground: Ground
) -> None:
    account_id = busy_api.caller.account.id
    with ground.transaction() as session:
        now = ledger.look(session, account_id).available
        ledger.credit(session, account_id, 4_755 - now, note="for the test")
    assert (
        busy_api.post("/v1/ai/image", json={"prompt": "a fox", "width": 64, "height": 64}).json[
            "credits_used"
        ]
        == 5
    )
    api = api_on_terms()
    api.post("/v1/ai/image", json={"prompt": "a fox", "width": 64, "height": 64})

    assert wallet(api) == {
        "balance": "47.50",
        "currency": "USD",
        "totalDeposited": "47.55",
        "totalSpent": "0.05",
        "held": "0.05",
        "available": "47.45",
    }
    told(api.http.get("/v1/wallet/balance"), 401, "not_authenticated")


@pytest.fixture
def busy_api(api: Api, ground: Ground, at_work: AtWork) -> Any:
    """The API, with a worker behind it."""
    with at_work(ground):
        yield api


def test_operators_say_what_a_credit_is_worth(api_on_terms: ApiOnTerms, ground: Ground) -> None:
    api = api_on_terms('credit = "0.0285"\ncurrency = "EUR"')
    with ground.transaction() as session:
        now = ledger.look(session, api.caller.account.id).available
        ledger.credit(session, api.caller.account.id, 1_000 - now, note="for the test")

    assert (wallet(api)["available"], wallet(api)["currency"]) == ("28.50", "EUR")
