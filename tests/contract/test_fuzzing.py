"""Whatever is made of our contract, its answer is one that the contract describes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from api.app import create_app
from shared.accounts import register
from shared.jobs.status import OVER, Queue
from tests.conftest import Api, Caller
from tests.integration.conftest import MakeGround, make_ground
from tests.support.media import picture
from tests.support.patience import eventually
from workers.process import WorkerProcess

__all__ = ["make_ground"]

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    # Not of a stream: until OpenAPI 3.2 its schema is of the whole, which here counts for an event.
    checks.response_schema_conformance,
]
# Requests for each operation, by how they are made.
EXAMPLES = {GenerationMode.POSITIVE: 7, GenerationMode.NEGATIVE: 4}
# The first of them have nothing but a path and a body.
PLAIN = 3
# Whoever follows an account is let go after a second.
SLOW = {"GET /v1/events"}

FOX = {"kind": "image", "input": {"prompt": "a red fox", "width": 64, "height": 64}}
HOOK = {"url": "https://example.org/", "events": ["job.succeeded"]}

# Bodies that are right: what is made up is put in the place of some of their fields.
BODIES: Mapping[str, Any] = {
    "POST /v1/jobs": FOX,
    "POST /v1/jobs/batch": {"jobs": [FOX, {}]},
    "POST /v1/jobs/cancel": {"all": True},
    "POST /v1/jobs/retry": {"status": ["canceled"]},
    "POST /v1/uploads": {"content_type": "image/png", "bytes": 100},
    "PUT /v1/uploads/{upload_id}/content": picture(),
    "POST /v1/webhook-endpoints": HOOK,
    "PATCH /v1/webhook-endpoints/{endpoint_id}": {"enabled": False},
    "POST /v1/webhook-endpoints/{endpoint_id}/recover": {"since": "2026-01-01T00:00:00Z"},
    "POST /v1/webhook-deliveries/recover": {},
    "POST /v1/keys": {"name": "another"},
    "PATCH /v1/account": {"low_credits": 500},
    "POST /v1/admin/accounts": {"name": "carol", "plan": "free"},
    "PATCH /v1/admin/accounts/{account_id}": {"plan": "pro"},
    "POST /v1/admin/accounts/{account_id}/credits": {"amount": 7, "note": "a present"},
    "POST /v1/admin/accounts/{account_id}/keys": {"name": "another"},
}

Ids = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Answered:
    """How often each status was answered, and what was not as the contract says."""

    statuses: Counter[int]
    faults: list[str]


@pytest.fixture
def fuzzed_api(make_ground: MakeGround, operator: Caller) -> Api:
    """The API, called by an operator who may ask as often as it takes."""
    quick = {"LIMNER_STREAM_SECONDS": "1", "LIMNER_MAX_WAIT_SECONDS": "0"}
    ground = make_ground(**quick, LIMNER_WEBHOOK_ENDPOINTS="1000")
    with ground.transaction() as session:
        overrides = {"requests_per_hour": None}
        register.change(session, operator.account.id, ground.plans, overrides=overrides)
    return Api(create_app(ground).test_client(), operator)


def what_there_is(api: Api, worker: WorkerProcess) -> Ids:
    """Make something of everything; returns ids by the parameters of paths."""
    finished = api.submit()["id"]
    worker.hear(Queue.IMAGE)
    assert eventually(lambda: api.job(finished)["status"] in OVER)
    canceled = api.submit()["id"]
    api.post(f"/v1/jobs/{canceled}/cancel")
    image = {"Content-Type": "image/png"}
    uploads = [
        api.post("/v1/uploads", data=picture(), headers=image),
        api.post("/v1/uploads", json={"content_type": "image/png", "bytes": len(picture())}),
    ]
    endpoint = api.post("/v1/webhook-endpoints", json=HOOK).json["id"]
    account = api.post("/v1/admin/accounts", json={"name": endpoint, "plan": "free"}).json["id"]
    key = api.post("/v1/keys", json={"name": "another"}).json["id"]
    return {
        "job_id": [finished, canceled, api.submit()["id"]],
        "artifact_id": [api.job(finished)["artifacts"][0]["id"]],
        "upload_id": [one.json["id"] for one in uploads],
        "endpoint_id": [endpoint],
        "delivery_id": [api.post(f"/v1/webhook-endpoints/{endpoint}/test").json["id"]],
        "account_id": [account],
        "key_id": [key, api.post(f"/v1/admin/accounts/{account}/keys", json={}).json["id"]],
    }


def fuzz(operation: Any, mode: GenerationMode, api: Api, ids: Ids) -> Answered:
    """Send requests that are made up after the contract, or against it, some of known things."""
    answered = Answered(Counter(), [])
    number = 0

    # Nothing is raised inside: a second request like a faulty one may find another world.
    @settings(
        max_examples=2 if operation.label in SLOW else EXAMPLES[mode],
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Case[Any]) -> None:
        nonlocal number
        if number % 4 != 3:
            case.path_parameters |= {
                name: ids[name][number % len(ids[name])] for name in case.path_parameters
            }
        if mode is GenerationMode.POSITIVE:
            case.body = mixed(case, number)
            if number < PLAIN:
                case.query.clear()
                case.headers.clear()
        number += 1
        response = case.call(headers=api.caller.headers)
        answered.statuses[response.status_code] += 1
        is_stream = "text/event-stream" in str(response.headers.get("content-type"))
        try:
            case.validate_response(response, checks=CHECKS[:-1] if is_stream else CHECKS)
        except FailureGroup as failure:
            answered.faults.append(f"{operation.label}: {failure}")

    send()
    return answered


def mixed(case: Case[Any], number: int) -> Any:
    """Return a body that is right, then in turns with one field made up, and all made up."""
    known, made_up = BODIES.get(case.operation.label), case.body
    if known is None or not (number == 0 or number % 2):
        return made_up
    if number == 0 or not isinstance(made_up, dict) or not made_up:
        return known
    name = sorted(made_up)[number % len(made_up)]
    return {**known, name: made_up[name]}


def test_whatever_is_asked_is_answered_as_the_contract_says(
    fuzzed_api: Api, worker: WorkerProcess
) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", fuzzed_api.http.application)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    faults: list[str] = []
    never_done = []

    for operation in operations:
        ids = what_there_is(fuzzed_api, worker) if "{" in operation.path else {}
        of_mode = {mode: fuzz(operation, mode, fuzzed_api, ids) for mode in EXAMPLES}
        faults += [fault for one in of_mode.values() for fault in one.faults]
        if not any(status < 400 for status in of_mode[GenerationMode.POSITIVE].statuses):
            never_done.append((operation.label, of_mode[GenerationMode.POSITIVE].statuses))

    assert len(operations) == schema.statistic.operations.total > 40
    assert faults == []
    assert never_done == []
