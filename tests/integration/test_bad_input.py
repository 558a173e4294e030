"""What is wrong with a request is told, all of it, and nothing of it is kept."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from shared.accounts import keys
from shared.ground import Ground
from tests.conftest import Api, Caller
from tests.integration.conftest import CountRows, MakeApi, MakeGround
from tests.support import jobs

WRONG_TYPES: list[object] = [None, True, 1, 1.5, "", [], {}]


@pytest.fixture
def bob(api: Api, ground: Ground, make_caller: Callable[[str], Caller]) -> Api:
    """Somebody else, with two jobs."""
    bob = Api(api.http, make_caller("bob"))
    for _ in range(2):
        jobs.submit(ground, bob.caller.account.id)
    return bob


@pytest.fixture(autouse=True)
def _nothing_is_kept(
    request: pytest.FixtureRequest, count_rows: CountRows, caller: Caller
) -> Iterator[None]:
    """No table has more or fewer rows after a test of this module, whatever the test sent."""
    for somebody in {"bob", "operator"}.intersection(request.fixturenames):
        request.getfixturevalue(somebody)
    before = count_rows()
    yield
    assert count_rows() == before


def refused(response: Any, status: int, code: str, *places: str) -> dict[str, str]:
    """Check that this is a problem document which names these places; returns their messages."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    body = response.json
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"urn:limner:error:{code}"
    assert body["title"]
    assert body["detail"]
    faults = [(one["path"], one["message"]) for one in body.get("errors", [])]
    assert len(faults) == len(set(faults)), "a fault is told twice"
    assert {path for path, _ in faults} == set(places)
    return dict(faults)


def invalid(response: Any, *places: str) -> dict[str, str]:
    return refused(response, 422, "invalid_request", *places)


def submit(api: Api, of_input: Any = None, **fields: Any) -> Any:
    """Submit a good job but for these fields."""
    wanted = {"prompt": "fox", "width": 64, "height": 64} | (of_input or {})
    return api.post("/v1/jobs", json={"kind": "image", "input": wanted} | fields)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"kind=image",
        b"\xff\xfe\xfd",
        b"NaN",
        b'{"kind": "image", "input": {"prompt": "fox", "seed": NaN}}',
        b'{"kind": "image", "input": {"prompt": "fox", "seed": -Infinity}}',
        b'{"kind": "image", "input": {"prompt": "fox", "seed": 1' + b"0" * 5_000 + b"}}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"kind": "image", "input": {"prompt": "fox"}, "metadata": '
        + b'{"a":' * 100_000
        + b"1"
        + b"}" * 100_001,
    ],
    ids=lambda body: repr(body[:60]),
)
def test_what_is_not_json_is_refused(api: Api, body: bytes) -> None:
    refused(api.post("/v1/jobs", data=body), 400, "malformed_json")


@pytest.mark.parametrize("body", [None, True, 7, "a red fox", [], [{"kind": "image"}]], ids=repr)
def test_json_that_is_not_an_object_is_refused(api: Api, body: object) -> None:
    invalid(api.post("/v1/jobs", data=json.dumps(body)), "$")


def test_what_must_be_there_is_asked_for(api: Api) -> None:
    invalid(api.post("/v1/jobs", json={}), "$.kind", "$.input")
    invalid(api.post("/v1/jobs", json={"kind": "image", "input": {}}), "$.input.prompt")


def of_another_type(value: object, right: dict[str, object]) -> dict[str, object]:
    """Give this value to every field whose right values are of another type."""
    return {name: value for name, example in right.items() if type(value) is not type(example)}


@pytest.mark.parametrize("value", WRONG_TYPES, ids=repr)
def test_fields_of_another_type_are_refused(api: Api, value: object) -> None:
    right = {"kind": "", "operation": "", "model": "", "input": {}, "metadata": {}, "priority": 1}
    wrong = of_another_type(value, right)

    invalid(submit(api, **wrong), *(f"$.{name}" for name in wrong))


@pytest.mark.parametrize("value", [True, 1, 1.5, [], {}], ids=repr)
def test_a_webhook_of_another_type_is_refused(api: Api, value: object) -> None:
    invalid(submit(api, webhook=value), "$.webhook")


@pytest.mark.parametrize("value", WRONG_TYPES, ids=repr)
def test_input_of_another_type_is_refused(api: Api, value: object) -> None:
    texts: dict[str, object] = dict.fromkeys(("prompt", "negative_prompt", "style", "format"), "")
    numbers = dict.fromkeys(("width", "height", "seed", "num_images"), 1)
    wrong = of_another_type(value, {**texts, **numbers})

    invalid(submit(api, wrong), *(f"$.input.{name}" for name in wrong))


def test_an_unknown_field_is_refused_and_the_nearest_named(api: Api) -> None:
    told = invalid(submit(api, {"widht": 64}, modle="flux"), "$.modle", "$.input.widht")

    assert "'model'" in told["$.modle"]
    assert "'width'" in told["$.input.widht"]


def test_an_unknown_field_that_is_near_to_none_is_refused_without_a_guess(api: Api) -> None:
    told = invalid(submit(api, {"qqq": 1}), "$.input.qqq")

    assert "Did you mean" not in told["$.input.qqq"]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"kind": "imge"}, "$.kind"),
        ({"kind": "video", "model": "flux", "input": {"prompt": "x"}}, "$.model"),
        ({"kind": "3d", "model": "flux", "input": {"image": "https://example.org/"}}, "$.model"),
        ({"model": "no-such-model"}, "$.model"),
        ({"model": "FLUX"}, "$.model"),
        ({"model": "flux\x00"}, "$.model"),
        ({"operation": "stitch"}, "$.operation"),
        ({"priority": -1}, "$.priority"),
        ({"priority": 10}, "$.priority"),
        ({"priority": 10**30}, "$.priority"),
        ({"metadata": {"note": "x" * 9_000}}, "$.metadata"),
        ({"metadata": {"x" * 9_000: 1}}, "$.metadata"),
        ({"metadata": {"a\x00": 1}}, "$.metadata"),
        ({"metadata": {"a": [{"b": "\x00"}]}}, "$.metadata.a[0].b"),
        ({"metadata": {"an order": "\ud800"}}, "$.metadata['an order']"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_job_that_cannot_be_is_refused(api: Api, fields: dict[str, Any], place: str) -> None:
    invalid(submit(api, **fields), place)


@pytest.mark.parametrize("misspelt", ["flx", "stable-difusion", "dalle-3"])
def test_a_misspelt_model_is_refused_and_the_nearest_named(api: Api, misspelt: str) -> None:
    told = invalid(submit(api, model=misspelt), "$.model")

    assert "Did you mean" in told["$.model"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prompt", " \n\t "),
        ("prompt", "x" * 100_000),
        ("prompt", "a\x00b"),
        ("prompt", "\ud800"),
        ("prompt", "fox \udfff"),
        ("negative_prompt", "x" * 100_000),
        ("negative_prompt", "\x00"),
        ("width", 10**30),
        ("height", 64.0),
        ("width", "64"),
        ("seed", -1),
        ("seed", 2**32),
        ("seed", 10**30),
        ("seed", "7"),
        ("num_images", 0),
        ("num_images", 5),
        ("num_images", -1),
        ("style", "baroque"),
        ("format", "gif"),
        ("format", "PNG"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_input_beyond_the_limits_is_refused(api: Api, name: str, value: object) -> None:
    invalid(submit(api, {name: value}), f"$.input.{name}")


@pytest.mark.parametrize("size", [0, 63, 2_049, 100_000, -64])
def test_a_size_beyond_the_limits_is_refused(api: Api, size: int) -> None:
    wanted = {"width": size, "height": size}

    invalid(submit(api, wanted), "$.input.width", "$.input.height")


@pytest.mark.parametrize(("name", "value"), [("negative_prompt", "snow"), ("style", "artistic")])
def test_what_the_model_does_not_take_is_refused(api: Api, name: str, value: str) -> None:
    invalid(submit(api, {name: value}, model="dall-e-3"), f"$.input.{name}")


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.org/hook",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//example.org/hook",
        "example.org/hook",
        "http://",
        "https:///hook",
        "http://:80/hook",
        "http://[::1",
        "http://example.org:65536/",
        "http://example.org:0/",
        "http://example.org:port/",
        "http://example .org/",
        "http://example\n.org/",
        "http://example.org/a hook",
        "http://example.org/\r\nX-Header: 1",
        "http://example\x00.org/",
        "https://example.org/" + "x" * 3_000,
    ],
    ids=lambda address: repr(address)[:40],
)
def test_a_webhook_that_is_no_http_address_is_refused(api: Api, address: str) -> None:
    invalid(submit(api, webhook=address), "$.webhook")


def test_several_faults_are_told_together(api: Api) -> None:
    of_input = {"prompt": " ", "width": 63, "height": 1.5, "style": "baroque", "sede": 7}
    of_job = {"priority": 10, "webhook": "ftp://example.org", "metdata": {}, "model": "flx"}

    response = submit(api, of_input, **of_job)

    invalid(
        response,
        *(f"$.{name}" for name in of_job),
        *(f"$.input.{name}" for name in of_input),
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/jobs"),
        ("GET", "/v1/jobs"),
        ("GET", "/v1/jobs/{job}"),
        ("POST", "/v1/jobs/{job}/cancel"),
        ("GET", "/v1/models"),
        ("GET", "/v1/webhooks/default/secret"),
    ],
)
def test_nobody_gets_in_without_a_key(bob: Api, method: str, path: str) -> None:
    address = path.format(job=bob.get("/v1/jobs").json["data"][0]["id"])

    response = bob.http.open(address, method=method, json={})

    refused(response, 401, "not_authenticated")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer lim_wrong",
        "Bearer {key}x",
        "Bearer {key} {key}",
        "Bearer,{key}",
        "Bearer:{key}",
        "Bearer \xe9",
        "Bearer \x7f",
        "Basic {key}",
        "Token {key}",
        "{key}",
    ],
    ids=repr,
)
def test_what_is_no_key_opens_nothing(bob: Api, header: str) -> None:
    headers = {"Authorization": header.format(key=bob.caller.key)}

    refused(bob.http.get("/v1/jobs", headers=headers), 401, "not_authenticated")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_word_bearer_may_be_written_in_any_case(bob: Api, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {bob.caller.key}"}

    assert bob.http.get("/v1/jobs", headers=headers).status_code == 200


def test_a_revoked_key_opens_nothing_from_the_next_request_on(bob: Api, ground: Ground) -> None:
    assert bob.get("/v1/jobs").status_code == 200
    with ground.transaction() as session:
        key = next(one for one in keys.list_keys(session) if one.account.name == "bob")
        keys.revoke(session, key.id)

    refused(bob.get("/v1/jobs"), 401, "key_revoked")
    refused(submit(bob), 401, "key_revoked")


def test_another_accounts_job_is_not_there(api: Api, bob: Api) -> None:
    job = bob.get("/v1/jobs").json["data"][0]

    refused(api.get(f"/v1/jobs/{job['id']}"), 404, "job_not_found")
    refused(api.post(f"/v1/jobs/{job['id']}/cancel"), 404, "job_not_found")
    assert api.get("/v1/jobs").json["data"] == []
    assert jobs.as_one_of_many(bob.job(job["id"])) == job


@pytest.mark.parametrize("name", ["job_unknown", "job_" + "0" * 26, "%00", "%ff", "a" * 5_000])
def test_a_job_that_never_was_is_not_there(api: Api, name: str) -> None:
    refused(api.get(f"/v1/jobs/{name}"), 404, "job_not_found")
    refused(api.post(f"/v1/jobs/{name}/cancel"), 404, "job_not_found")


@pytest.mark.parametrize("name", ["art_unknown", "%00", "%ff"])
def test_an_artifact_that_never_was_is_not_there(api: Api, name: str) -> None:
    refused(api.get(f"/v1/artifacts/{name}/content"), 404, "artifact_not_found")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cursor: cursor[:-1],
        lambda cursor: cursor + "A",
        lambda cursor: cursor[0].swapcase() + cursor[1:],
        lambda cursor: cursor[:-5] + cursor[-5].swapcase() + "-" + cursor[-3:],
        lambda cursor: cursor.replace(".", ""),
        lambda cursor: cursor.partition(".")[0],
        lambda _: "",
        lambda _: "garbage",
        lambda _: "....",
        lambda _: "\x00",
        lambda _: "ü" * 300,
        lambda _: "job_" + "0" * 26,
    ],
)
def test_a_cursor_that_we_did_not_give_is_refused(bob: Api, spoil: Callable[[str], str]) -> None:
    cursor = bob.get("/v1/jobs?limit=1").json["next_cursor"]
    assert bob.get("/v1/jobs", query_string={"cursor": cursor}).status_code == 200

    response = bob.get("/v1/jobs", query_string={"cursor": spoil(cursor)})

    invalid(response, "query.cursor")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("limit", value) for value in ("0", "101", "-1", "x", "", "1.5", "9" * 5_000)],
        *[("status", value) for value in ("", "done", "QUEUED", "queued,", "queued;failed")],
        *[("kind", value) for value in ("", "picture", "image,")],
        ("reference", ""),
        ("reference", "x" * 501),
        ("reference", "\x00"),
        ("page", "2"),
    ],
)
def test_a_list_parameter_that_means_nothing_is_refused(api: Api, name: str, value: str) -> None:
    invalid(api.get("/v1/jobs", query_string={name: value}), f"query.{name}")


@pytest.mark.parametrize(
    "moment",
    [
        "",
        "yesterday",
        "1770000000",
        "2026-02-30T00:00:00Z",
        "2026-02-03T09:15:00",  # as the clock says, but on which side of the world?
        "2026-02-03",
    ],
)
def test_what_is_no_moment_is_refused(api: Api, moment: str) -> None:
    query = {"created_after": moment, "created_before": moment}

    response = api.get("/v1/jobs", query_string=query)

    invalid(response, "query.created_after", "query.created_before")


def test_an_unknown_list_parameter_is_refused_and_the_nearest_named(api: Api) -> None:
    told = invalid(api.get("/v1/jobs?limt=5"), "query.limt")

    assert "'limit'" in told["query.limt"]


def test_several_faulty_list_parameters_are_told_together(api: Api) -> None:
    response = api.get("/v1/jobs?limit=0&status=done&created_after=x&colour=red")

    invalid(response, "query.limit", "query.status", "query.created_after", "query.colour")


def test_a_body_that_is_too_large_is_refused(make_ground: MakeGround, make_api: MakeApi) -> None:
    api = make_api(make_ground(LIMNER_MAX_BODY_BYTES="1024"))

    refused(submit(api, {"prompt": "x" * 1_024}), 413, "body_too_large")


def test_a_body_that_comes_in_chunks_is_refused_once_it_is_too_large(
    make_ground: MakeGround, make_api: MakeApi
) -> None:
    api = make_api(make_ground(LIMNER_MAX_BODY_BYTES="1024"))
    chunks = [b'{"kind": "image", "input": {"prompt": "', b"x" * 2_000, b'"}}']

    with serving(api) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request(
            "POST", "/v1/jobs", iter(chunks), api.caller.headers, encode_chunked=True
        )
        response = connection.getresponse()
        body = json.loads(response.read())
        connection.close()

    assert (response.status, body["code"]) == (413, "body_too_large")
    assert response.headers["Content-Type"] == "application/problem+json"


@contextmanager
def serving(api: Api) -> Iterator[int]:
    """Serve the API on a real socket."""
    server = make_server("127.0.0.1", 0, api.http.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/", "/v1/jobs/", "/v2/jobs", "/v1/jobs/a/b/c"])
def test_an_unknown_address_is_told_as_a_problem(api: Api, path: str) -> None:
    refused(api.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/jobs", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("PUT", "/v1/jobs/job_1", {"DELETE", "GET", "HEAD", "OPTIONS"}),
        ("GET", "/v1/jobs/job_1/cancel", {"OPTIONS", "POST"}),
        ("POST", "/v1/models", {"GET", "HEAD", "OPTIONS"}),
        ("PATCH", "/v1/artifacts/art_1/content", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_wrong_method_is_told_as_a_problem_with_the_right_ones(
    api: Api, method: str, path: str, allowed: set[str]
) -> None:
    response = api.http.open(path, method=method, headers=api.caller.headers)

    refused(response, 405, "method_not_allowed")
    assert set(response.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("value", [1, 0, 1.0, "true", "", None])
@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("/v1/keys", {"name": "x"}, "test"),
        ("/v1/webhook-endpoints", {"url": "https://example.org/"}, "enabled"),
        ("/v1/admin/accounts", {"name": "x", "plan": "free"}, "operator"),
        ("/v1/jobs/batch", {"jobs": []}, "all_or_nothing"),
    ],
)
def test_true_and_false_are_nothing_else(
    http: FlaskClient,
    operator: Caller,
    path: str,
    body: dict[str, object],
    name: str,
    value: object,
) -> None:
    response = http.post(path, json=body | {name: value}, headers=operator.headers)

    assert response.status_code == 422
    assert f"$.{name}" in {one["path"] for one in (response.json or {})["errors"]}
