"""What we say about our own contract: valid, complete, and kept."""

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.routing import Map

from shared.jobs.status import OVER, Queue
from tests.conftest import PUBLIC_URL, Api, Caller
from tests.support.media import picture
from tests.support.patience import eventually
from workers.process import WorkerProcess

_AUTOMATIC = {"HEAD", "OPTIONS"}


@pytest.fixture
def contract(http: FlaskClient) -> dict[str, Any]:
    """The contract as it is served."""
    response = http.get("/openapi.json")
    assert (response.status_code, response.content_type) == (200, "application/json")
    found: dict[str, Any] = response.json or {}
    return found


def operations(contract: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and description of every operation."""
    for path, methods in contract["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield method.upper(), path, operation


def our_routes(app: Flask) -> set[tuple[str, str]]:
    """Return method and path of every route whose code lies in our own contract's package."""
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if app.view_functions[rule.endpoint].__module__.startswith("api.v1.")
        for method in (rule.methods or set()) - _AUTOMATIC
    }


def test_the_contract_is_valid_openapi(contract: dict[str, Any]) -> None:
    assert contract["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(contract).iter_errors()) == []


def test_every_route_of_ours_is_in_the_contract_and_nothing_else(
    http: FlaskClient, contract: dict[str, Any]
) -> None:
    ours = our_routes(http.application)

    assert len(ours) >= 7
    assert {(method, path) for method, path, _ in operations(contract)} == ours


def test_every_operation_says_what_it_does(contract: dict[str, Any]) -> None:
    silent = [(method, path) for method, path, one in operations(contract) if not one["summary"]]

    assert silent == []


def test_every_operation_names_each_of_its_answers(contract: dict[str, Any]) -> None:
    unnamed = [path for _, path, one in operations(contract) if "default" in one["responses"]]

    assert unnamed == []
    assert "responses" not in contract["components"]


def test_every_operation_takes_a_key_and_a_download_also_a_link(contract: dict[str, Any]) -> None:
    assert contract["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert contract["security"] == [{"key": []}]

    others = {path: one["security"] for _, path, one in operations(contract) if "security" in one}

    assert others == {
        "/v1/artifacts/{artifact_id}/content": [{}, {"key": []}],
        "/v1/uploads/{upload_id}/content": [{}, {"key": []}],
    }


def test_every_request_that_makes_or_moves_something_may_be_sent_again(
    contract: dict[str, Any],
) -> None:
    names = {
        path: {one["name"] for one in operation.get("parameters", [])}
        for method, path, operation in operations(contract)
        if method == "POST"
    }

    assert {path for path, of_path in names.items() if "Idempotency-Key" in of_path} == {
        "/v1/jobs",
        "/v1/jobs/batch",
        "/v1/jobs/retry",
        "/v1/jobs/{job_id}/retry",
        "/v1/admin/accounts/{account_id}/credits",
        "/v1/webhook-endpoints",
        "/v1/webhook-endpoints/{endpoint_id}/recover",
        "/v1/webhook-endpoints/{endpoint_id}/rotate",
        "/v1/webhook-endpoints/{endpoint_id}/test",
        "/v1/webhook-deliveries/{delivery_id}/resend",
        "/v1/webhook-deliveries/recover",
    }
    assert "Prefer" in names["/v1/jobs"]


class Tour:
    """Requests to our own contract, each answer checked against what is said about it."""

    def __init__(self, contract: dict[str, Any], api: Api) -> None:
        self._contract, self._api = contract, api
        self._map: Map = api.http.application.url_map
        self.seen: set[tuple[str, str, str]] = set()

    def ask(self, method: str, path: str, *, key: bool = True, **rest: Any) -> Any:
        """Send a request; its answer must be one that the contract names."""
        headers = (self._api.caller.headers if key else {}) | rest.pop("headers", {})
        response = self._api.http.open(path, method=method, headers=headers, buffered=True, **rest)
        template = self._template(method, path)
        status = str(response.status_code)
        responses = self._contract["paths"][template][method.lower()]["responses"]
        assert status in responses, (method, path, status, response.get_data(as_text=True))
        self.seen.add((method, template, status))
        self._check_content(response, responses[status])
        return response

    def _template(self, method: str, path: str) -> str:
        rule, _ = self._map.bind("").match(path.partition("?")[0], method, return_rule=True)
        return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)

    def _check_content(self, response: Any, described: dict[str, Any]) -> None:
        content = described.get("content", {})
        if not content:
            assert response.data == b""
            return
        assert response.mimetype in content or "*/*" in content, (response.mimetype, content)
        schema = content.get(response.mimetype, {}).get("schema")
        if schema:
            root = {**schema, "components": self._contract["components"]}
            told = response.json if response.is_json else response.get_data(as_text=True)
            assert list(OAS31Validator(root).iter_errors(told)) == []


FOX = {"kind": "image", "input": {"prompt": "a red fox", "width": 64, "height": 64}}


def a_queued_one(tour: Tour) -> str:
    """Submit a job that stays queued."""
    return str(tour.ask("POST", "/v1/jobs", json=FOX).json["id"])


def manage(tour: Tour, operator: dict[str, str]) -> None:
    """Open, change and suspend an account, and make it a key."""
    tour.ask("GET", "/v1/account")
    tour.ask("PATCH", "/v1/account", json={"low_credits": 500})
    tour.ask("PATCH", "/v1/account", json={"low_credits": -1})
    for by in ("day", "model", "key", "moon"):
        tour.ask("GET", f"/v1/account/usage?by={by}")
    tour.ask("GET", "/v1/account/ledger?limit=2")
    tour.ask("GET", "/v1/account/ledger?cursor=x")
    accounts, first = "/v1/admin/accounts", {"name": "bob", "plan": "free"}
    tour.ask("POST", accounts, json=first)
    bob = tour.ask("POST", accounts, json=first, headers=operator).json["id"]
    tour.ask("POST", accounts, json=first, headers=operator)
    tour.ask("POST", accounts, json={}, headers=operator)
    tour.ask("GET", accounts, headers=operator)
    tour.ask("GET", f"{accounts}?limit=0", headers=operator)
    tour.ask("GET", f"{accounts}/{bob}", headers=operator)
    tour.ask("GET", f"{accounts}/unknown", headers=operator)
    tour.ask("PATCH", f"{accounts}/{bob}", json={"plan": "pro"}, headers=operator)
    tour.ask("PATCH", f"{accounts}/{bob}", json={"plan": "gold"}, headers=operator)
    for amount in (7, -8, 0):
        credit = {"amount": amount, "note": "a present"}
        tour.ask("POST", f"{accounts}/{bob}/credits", json=credit, headers=operator)
        credit["amount"] = -(10**12)
        tour.ask("POST", f"{accounts}/{bob}/credits", json=credit, headers=operator)
    for what in ("suspend", "resume"):
        tour.ask("POST", f"{accounts}/{bob}/{what}", headers=operator)
    for keys in ("/v1/keys", f"{accounts}/{bob}/keys"):
        key = tour.ask("POST", keys, json={"expires_at": "1d"}, headers=operator).json["id"]
        tour.ask("POST", keys, json={"scopes": []}, headers=operator)
        tour.ask("GET", keys, headers=operator)
        tour.ask("DELETE", f"{keys}/{key}", headers=operator)
        tour.ask("DELETE", f"{keys}/unknown", headers=operator)


def be_told(tour: Tour) -> None:
    """Make, test, change and remove a webhook endpoint, and send again what it got."""
    all_of_them, log = "/v1/webhook-endpoints", "/v1/webhook-deliveries"
    wanted = {"url": "https://example.org/", "events": ["webhook.exhausted"]}
    endpoint = tour.ask("POST", all_of_them, json=wanted).json["id"]
    one = f"{all_of_them}/{endpoint}"
    tour.ask("POST", all_of_them, json={})
    tour.ask("GET", all_of_them)
    tour.ask("GET", one)
    tour.ask("GET", f"{all_of_them}/unknown")
    tour.ask("POST", f"{one}/rotate")
    sent = tour.ask("POST", f"{one}/test").json["id"]
    tour.ask("GET", f"{one}/deliveries")
    tour.ask("POST", f"{one}/recover", json={"since": "2026-01-01T00:00:00Z"})
    tour.ask("POST", f"{one}/recover", json={"since": "yesterday"})
    tour.ask("POST", f"{log}/recover", json={})
    tour.ask("POST", f"{log}/recover", json={"until": 7})
    tour.ask("GET", log)
    tour.ask("GET", f"{log}?status=lost")
    tour.ask("GET", f"{log}/{sent}")
    tour.ask("POST", f"{log}/{sent}/resend")
    tour.ask("POST", f"{log}/unknown/resend")
    tour.ask("PATCH", one, json={"enabled": False})
    tour.ask("PATCH", one, json={"url": "nowhere"})
    tour.ask("POST", f"{one}/test")
    tour.ask("DELETE", one)
    tour.ask("DELETE", one)


def let_go(tour: Tour, job_id: str, file: str) -> None:
    """Delete what a job made, and then the job."""
    artifact = file.partition("/content")[0]
    tour.ask("DELETE", artifact)
    tour.ask("GET", file, key=False)
    tour.ask("GET", f"/v1/jobs/{job_id}")
    tour.ask("DELETE", "/v1/artifacts/art_unknown")
    tour.ask("DELETE", f"/v1/jobs/{a_queued_one(tour)}")
    tour.ask("DELETE", f"/v1/jobs/{job_id}")
    tour.ask("DELETE", f"/v1/jobs/{job_id}")
    tour.ask("DELETE", f"/v1/jobs/{job_id}", key=False)


def upload(tour: Tour) -> None:
    """Hand files in, read them and let go of them."""
    png, uploads = picture(), "/v1/uploads"
    whole = tour.ask("POST", uploads, data=png, headers={"Content-Type": "image/png"}).json
    file = whole["url"].removeprefix(PUBLIC_URL)
    tour.ask("POST", uploads, data=b"<html>")
    tour.ask("POST", uploads, json={})
    tour.ask("POST", uploads, json={}, key=False)
    one = {"content_type": "image/png", "bytes": len(png)}
    pending = tour.ask("POST", uploads, json=one).json
    path, door = f"{uploads}/{pending['id']}", pending["put"]["url"].removeprefix(PUBLIC_URL)
    tour.ask("POST", f"{path}/complete")
    tour.ask("GET", f"{path}/content")
    tour.ask("PUT", door, data=b"<html>", key=False)
    tour.ask("PUT", door, data=png * 2, key=False)
    tour.ask("PUT", door, data=png, key=False)
    tour.ask("PUT", door, data=png, key=False)
    tour.ask("PUT", f"{uploads}/upl_unknown/content", data=png)
    tour.ask("POST", f"{path}/complete")
    tour.ask("POST", f"{uploads}/upl_unknown/complete")
    tour.ask("GET", path)
    tour.ask("GET", f"{uploads}?limit=1&status=complete")
    tour.ask("GET", f"{uploads}?limit=0")
    tag = tour.ask("GET", file, key=False).headers["ETag"]
    tour.ask("GET", file, key=False, headers={"Range": "bytes=0-3"})
    tour.ask("GET", file, key=False, headers={"Range": "bytes=99999999-"})
    tour.ask("GET", file, key=False, headers={"If-None-Match": tag})
    tour.ask("GET", f"{path}/content", key=False)
    tour.ask("DELETE", path)
    tour.ask("DELETE", path)
    tour.ask("GET", path)


def follow(tour: Tour, api: Api, job_id: str) -> None:
    """Follow a job that is over."""
    events = f"/v1/jobs/{job_id}/events"
    told = tour.ask("GET", events).get_data(as_text=True)
    last = re.findall(r"^id: (\d+)$", told, re.MULTILINE)[-1]
    tour.ask("GET", events, headers={"Last-Event-ID": last})
    tour.ask("GET", events, headers={"Last-Event-ID": "x"})
    tour.ask("GET", "/v1/events", headers={"Last-Event-ID": "x"})
    tour.ask("GET", "/v1/jobs/job_unknown/events")


def test_every_answer_on_a_tour_is_one_that_the_contract_names(
    api: Api, worker: WorkerProcess, contract: dict[str, Any], operator: Caller
) -> None:
    tour = Tour(contract, api)

    first = tour.ask("POST", "/v1/jobs", json=FOX | {"metadata": {"reference": "a"}}).json["id"]
    worker.hear(Queue.IMAGE)
    assert eventually(lambda: api.job(first)["status"] in OVER)
    second = tour.ask("POST", "/v1/jobs", json=FOX | {"webhook": "http://127.0.0.1/"}).json["id"]
    tour.ask("POST", "/v1/jobs", json=[])
    tour.ask("POST", "/v1/jobs?dry_run=true", json=FOX)
    tour.ask("POST", "/v1/jobs?dry_run=perhaps", json=FOX)
    tour.ask("POST", "/v1/jobs/batch?dry_run=true", json={"jobs": [FOX, {}]})
    tour.ask("POST", "/v1/jobs", data=b"{")
    tour.ask("POST", "/v1/jobs", json=FOX, key=False)
    tour.ask("GET", "/v1/jobs?limit=1&status=queued,succeeded")
    tour.ask("GET", "/v1/jobs?limit=0")
    tour.ask("GET", "/v1/jobs", key=False)
    link = tour.ask("GET", f"/v1/jobs/{first}").json["artifacts"][0]["url"]
    tour.ask("GET", "/v1/jobs/job_unknown")
    follow(tour, api, first)
    tour.ask("GET", f"/v1/jobs/{first}", key=False)
    tour.ask("POST", f"/v1/jobs/{second}/cancel")
    tour.ask("POST", f"/v1/jobs/{second}/cancel")
    tour.ask("POST", "/v1/jobs/job_unknown/cancel")
    tour.ask("POST", f"/v1/jobs/{first}/cancel", key=False)
    tour.ask("POST", f"/v1/jobs/{second}/retry")
    tour.ask("POST", f"/v1/jobs/{a_queued_one(tour)}/retry")
    tour.ask("POST", "/v1/jobs/job_unknown/retry")
    tour.ask("POST", f"/v1/jobs/{first}/retry", key=False)
    tour.ask("POST", "/v1/jobs/batch", json={"jobs": [FOX, {}]}, headers={"Idempotency-Key": "a"})
    tour.ask("POST", "/v1/jobs/batch", json={"jobs": [FOX, {}]}, headers={"Idempotency-Key": "a"})
    tour.ask("POST", "/v1/jobs/batch", json={"jobs": [{}], "all_or_nothing": True})
    tour.ask("POST", "/v1/jobs/batch", data=b"{")
    tour.ask("POST", "/v1/jobs/batch", json={}, key=False)
    tour.ask("POST", "/v1/jobs/cancel", json={"all": True})
    tour.ask("POST", "/v1/jobs/cancel", json={})
    tour.ask("POST", "/v1/jobs/cancel", json={}, key=False)
    tour.ask("POST", "/v1/jobs/retry", json={"status": ["canceled"]})
    tour.ask("POST", "/v1/jobs/retry", json={})
    tour.ask("POST", "/v1/jobs/retry", json={}, key=False)
    file = link.removeprefix(PUBLIC_URL)
    tag = tour.ask("GET", file, key=False).headers["ETag"]
    tour.ask("GET", file, key=False, headers={"Range": "bytes=0-3"})
    tour.ask("GET", file, key=False, headers={"Range": "bytes=99999999-"})
    tour.ask("GET", file, key=False, headers={"If-None-Match": tag})
    tour.ask("GET", file + "0", key=False)
    tour.ask("GET", "/v1/artifacts/art_unknown/content")
    let_go(tour, first, file)
    upload(tour)
    tour.ask("GET", "/v1/models")
    tour.ask("GET", "/v1/models", key=False)
    tour.ask("GET", "/v1/webhooks/default/secret")
    tour.ask("GET", "/v1/webhooks/default/secret", key=False)
    manage(tour, operator.headers)
    be_told(tour)

    visited = {(method, path) for method, path, _ in tour.seen}
    assert visited == {(method, path) for method, path, _ in operations(contract)}
    assert {status for _, _, status in tour.seen} >= {
        "200", "202", "204", "206", "304", "400", "401", "403", "404", "409",
        "410", "413", "415", "416", "422",
    }  # fmt: skip


def test_the_page_is_served_with_all_that_it_needs_from_here(http: FlaskClient) -> None:
    response = http.get("/docs")

    page = response.get_data(as_text=True)
    assets = re.findall(r'(?:href|src)="([^"]*)"', page)
    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert re.findall(r"(?:https?:)?//\w", page) == []
    assert len(assets) >= 4
    for asset in assets:
        assert asset.startswith("/docs/")
        found = http.get(asset, buffered=True)
        assert (found.status_code, bool(found.data)) == (200, True), asset


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/docs/start.js", "text/javascript"),
        ("/docs/assets/swagger-ui-bundle.js", "text/javascript"),
        ("/docs/assets/swagger-ui.css", "text/css"),
    ],
)
def test_an_asset_is_told_as_what_it_is(http: FlaskClient, path: str, content_type: str) -> None:
    response = http.get(path, buffered=True)

    assert (response.status_code, response.mimetype) == (200, content_type)


def test_the_page_shows_this_contract_and_asks_nobody_else(http: FlaskClient) -> None:
    start = http.get("/docs/start.js").get_data(as_text=True)

    assert '"/openapi.json"' in start
    assert "validatorUrl: null" in start
    assert re.findall(r"(?:https?:)?//\w", start) == []


@pytest.mark.parametrize("name", ["nothing.js", "../api/docs.py", "%2e%2e/__init__.py"])
def test_the_page_serves_nothing_but_its_assets(http: FlaskClient, name: str) -> None:
    response = http.get(f"/docs/assets/{name}")

    assert (response.status_code, response.json and response.json["code"]) == (404, "not_found")


def test_the_page_can_show_this_version_of_openapi() -> None:
    # Swagger UI reads OpenAPI 3.1 since its version 5; the package has the same numbers.
    assert int(version("flask-swagger-ui").split(".")[0]) >= 5
