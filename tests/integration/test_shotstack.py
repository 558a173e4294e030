"""Shotstack's contract for edits: its paths, its header, its envelope."""

import copy
import json
from typing import Any
from uuid import UUID

import pytest

from shared import ids
from tests.conftest import Api, Caller, MakeCaller
from tests.integration.conftest import CountRows
from tests.integration.test_vidiking import told as told_in_vidikings_words
from tests.integration.test_webhook_endpoints import deliver
from tests.support.receiver import Receiver
from workers.process import WorkerProcess

PHOTO = {"type": "image", "src": "https://media.example.org/harbour.jpg"}
CLIP = {
    "asset": PHOTO,
    "start": 0,
    "length": "{{HOLD}}",
    "fit": "cover",
    "offset": {"x": 0.1, "y": 0.1},
    "transition": {"in": "slideLeft"},
}
EDIT: dict[str, Any] = {
    "timeline": {"tracks": [{"clips": [CLIP]}], "cache": False},
    "output": {"format": "mp4", "resolution": "hd", "destinations": [{"provider": "s3"}]},
    "merge": [{"find": "HOLD", "replace": 3.5}],
    "disk": "local",
    "instance": "s1",
}
PATHS = ["/v1/render", "/stage/render", "/edit/v1/render", "/edit/stage/render"]


def keyed(caller: Caller) -> dict[str, str]:
    return {"x-api-key": caller.key}


def ask(api: Api, path: str = "/edit/v1/render", **fields: Any) -> Any:
    return api.http.post(path, json=EDIT | fields, headers=keyed(api.caller))


def find(api: Api, their_id: str, path: str = "/edit/v1/render") -> Any:
    return api.http.get(f"{path}/{their_id}", headers=keyed(api.caller))


def told(answer: Any, status: int, message: str, code: str) -> dict[str, Any]:
    """Check that this is an error of theirs; returns what it says."""
    assert (answer.status_code, answer.content_type) == (status, "application/json"), answer.data
    body = answer.json
    assert list(body) == ["success", "message", "response"]
    assert (body["success"], body["message"]) == (False, message)
    response: dict[str, Any] = body["response"]
    assert response["error"] == code
    assert response["message"]
    return response


def clip_of(api: Api) -> Any:
    [job] = api.get("/v1/jobs").json["data"]
    return job["input"]["timeline"]["tracks"][0]["clips"][0]


@pytest.mark.parametrize("path", PATHS)
def test_an_edit_is_taken_on_at_each_of_their_addresses(api: Api, path: str) -> None:
    answer = ask(api, path)

    assert answer.status_code == 201, answer.json
    their_id = answer.json["response"].pop("id")
    assert answer.json | {"response": {"message": "Render Successfully Queued", "id": ""}} == {
        "success": True,
        "message": "Created",
        "response": {"message": "Render Successfully Queued", "id": ""},
    }
    assert str(UUID(their_id)) == their_id
    shown = find(api, their_id, path).json
    assert (shown["success"], shown["message"]) == (True, "OK")
    render = shown["response"]
    assert (render["id"], render["owner"]) == (their_id, api.caller.account.id)
    assert (render["status"], render["url"], render["error"]) == ("queued", None, None)
    assert render["data"]["timeline"]["tracks"][0]["clips"][0]["length"] == 3.5
    assert render["created"].endswith("Z")


def test_their_words_mean_what_they_mean_there(api: Api) -> None:
    ask(api)

    clip = clip_of(api)
    assert (clip["fit"], clip["offset"]) == ("stretch", {"x": 0.1, "y": 0.1})
    assert clip["transition"]["in"] == "slideLeft"


def test_one_timeline_through_both_doors_differs_only_where_their_words_do(
    api: Api, make_caller: MakeCaller
) -> None:
    bob = Api(api.http, make_caller("bob"))
    plain = {name: one for name, one in EDIT.items() if name in {"timeline", "output", "merge"}}

    theirs = api.http.post("/v1/render", json=plain, headers=keyed(api.caller))
    others = bob.post("/v1/render", json=plain)

    assert (theirs.status_code, others.status_code) == (201, 202)
    assert others.json["status"] == "QUEUED"
    one, other = clip_of(api), clip_of(bob)
    assert (one.pop("fit"), other.pop("fit")) == ("stretch", "crop")
    assert (one.pop("offset"), one.pop("position")) == ({"x": 0.1, "y": 0.1}, "center")
    assert other.pop("position") == {"x": 0.1, "y": 0.1}
    assert (one.pop("transition"), other.pop("transition")) == (
        {"in": "slideLeft"},
        {"in": "carouselRight"},
    )
    assert one == other


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ({"timeline": ...}, [["timeline"]]),
        ({"output": {}, "kind": "x", "metadata": {}}, [["kind"], ["metadata"]]),
        ({"output": {"format": "avi", "codec": "x"}}, [["output", "codec"], ["output", "format"]]),
        ({"callback": "ftp://example.org/"}, [["callback"]]),
        ({"merge": [{"find": "HOLD"}]}, [["merge", 0]]),
        ({"merge": [{"find": "HOLD", "replace": "3.5"}]}, [[*"tc", "length"]]),
    ],
    ids=str,
)
def test_what_nobody_knows_or_can_be_is_refused_with_its_place(
    api: Api, count_rows: CountRows, fields: dict[str, Any], paths: list[list[Any]]
) -> None:
    before = count_rows()
    body = {name: one for name, one in {**EDIT, **fields}.items() if one is not ...}

    answer = api.http.post("/edit/v1/render", json=body, headers=keyed(api.caller))

    details = told(answer, 400, "Bad Request", "ValidationError")["details"]
    short = {"t": ["timeline", "tracks", 0], "c": ["clips", 0]}
    wanted = [[step for one in path for step in short.get(one, [one])] for path in paths]
    assert sorted(map(str, (one["path"] for one in details))) == sorted(map(str, wanted))
    assert all(one["message"] for one in details)
    assert count_rows() == before


def test_numbers_in_texts_and_volumes_above_one_are_refused(api: Api) -> None:
    timeline = copy.deepcopy(EDIT["timeline"])
    clip = timeline["tracks"][0]["clips"][0]
    clip |= {"start": "5.2", "length": 1, "asset": PHOTO | {"type": "video", "volume": 1.1}}

    answer = ask(api, timeline=timeline)

    details = told(answer, 400, "Bad Request", "ValidationError")["details"]
    assert {one["path"][-1] for one in details} == {"start", "volume"}


@pytest.mark.parametrize("path", PATHS[1:])
@pytest.mark.parametrize("headers", [{}, {"x-api-key": "wrong"}, {"x-api-key": ""}], ids=str)
def test_a_missing_key_is_told_in_the_words_of_the_address(
    api: Api, path: str, headers: dict[str, str]
) -> None:
    told(api.http.post(path, json=EDIT, headers=headers), 401, "Unauthorized", "not_authenticated")


def test_where_others_live_too_the_header_decides(api: Api) -> None:
    nobody = api.http.post("/v1/render", json=EDIT)
    wrong = api.http.post("/v1/render", json=EDIT, headers={"x-api-key": "wrong"})
    both = api.http.post("/v1/render", json=EDIT, headers=keyed(api.caller) | api.caller.headers)

    told_in_vidikings_words(nobody, 401, "not_authenticated")
    told(wrong, 401, "Unauthorized", "not_authenticated")
    assert both.status_code == 202
    assert api.http.get("/v1/jobs", headers=keyed(api.caller)).status_code == 401
    assert api.http.get("/v1/renders", headers=keyed(api.caller)).status_code == 401


@pytest.mark.parametrize("name", ["x", "0" * 32, "%00", str(UUID(int=7))])
def test_a_render_that_never_was_is_not_there(api: Api, name: str) -> None:
    told_of = find(api, name)

    assert told_of.status_code == 404
    assert told_of.json["success"] is False


@pytest.mark.parametrize("path", ["/stage/nothing", "/edit/v1/nothing", "/edit/v2/render"])
def test_an_address_that_leads_nowhere_says_so_in_their_words(api: Api, path: str) -> None:
    told(api.http.get(path, headers=keyed(api.caller)), 404, "Not Found", "not_found")


def test_nobody_finds_what_is_anothers_or_no_render(api: Api, make_caller: MakeCaller) -> None:
    their_id = ask(api).json["response"]["id"]
    bob = Api(api.http, make_caller("bob"))
    picture = api.submit()["id"]

    assert find(bob, their_id).status_code == 404
    number = str(UUID(int=ids.number_of(picture)))
    told(find(api, number), 404, "Not Found", "render_not_found")


def test_a_render_that_failed_is_told_once_without_a_signature(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    their_id = ask(api, callback=webhook.url).json["response"]["id"]
    [job] = api.get("/v1/jobs").json["data"]
    api.post(f"/v1/jobs/{job['id']}/cancel")
    deliver(worker)

    [received] = webhook.wait_for(1)
    message = json.loads(received.body)
    assert list(message) == [
        "type", "action", "id", "owner", "status", "url", "error", "completed",
    ]  # fmt: skip
    assert (message["type"], message["action"], message["id"]) == ("edit", "render", their_id)
    assert (message["status"], message["url"]) == ("failed", None)
    assert message["error"] == find(api, their_id).json["response"]["error"]
    assert not any("signature" in name.lower() for name in received.headers)


def test_an_edit_that_is_sent_again_is_answered_as_before(api: Api, count_rows: CountRows) -> None:
    headers = keyed(api.caller) | {"Idempotency-Key": "once"}

    first, second = (api.http.post(PATHS[0], json=EDIT, headers=headers) for _ in range(2))

    assert (first.status_code, first.json) == (second.status_code, second.json)
    assert count_rows()["jobs"] == 1


def test_the_edit_is_left_out_if_nobody_wants_it(api: Api) -> None:
    their_id = ask(api).json["response"]["id"]

    assert "data" not in find(api, f"{their_id}?data=false").json["response"]
    told(find(api, f"{their_id}?data=x"), 400, "Bad Request", "ValidationError")
