"""Every dialect answers in its own words, and keeps what our own contract keeps."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api import dialects as packages
from shared import errors
from shared.accounts import keys, ledger, register
from shared.accounts.access import Scope
from shared.accounts.keys import Powers
from shared.accounts.tables import Account
from shared.ground import Ground
from shared.jobs.audit import oddities
from shared.jobs.status import Queue
from tests.conftest import PUBLIC_URL, Api, Caller, MakeCaller
from tests.contract.conformance.described import DIALECTS
from tests.contract.conformance.dialect import Dialect, Told
from tests.integration.conftest import AtWork, CountRows, MakeApi, MakeGround
from tests.support.emulator import Emulator, running
from tests.support.patience import eventually
from workers.process import WorkerProcess

PROBES = ("GET", "POST", "PUT", "PATCH", "DELETE")

# What it makes are renders, and what it keeps is tested by itself.
MAKES_NO_PICTURES = {"shotstack"}

MakeKey = Callable[..., Api]


@pytest.fixture(params=DIALECTS, ids=lambda one: one.name)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """One dialect after the other."""
    found: Dialect = request.param
    return found


@pytest.fixture
def busy_api(api: Api, ground: Ground, at_work: AtWork) -> Iterator[Api]:
    """The API, with a worker behind it."""
    with at_work(ground):
        yield api


@pytest.fixture
def make_key(http: FlaskClient, ground: Ground, caller: Caller) -> MakeKey:
    """Makes the caller further keys."""

    def make(**powers: Any) -> Api:
        with ground.transaction() as session:
            owner = session.get_one(Account, caller.account.id)
            _, key = keys.create(session, owner, name="", powers=Powers(**powers))
        return Api(http, Caller(caller.account, key))

    return make


@pytest.fixture
def hasty_http(dialect: Dialect, make_ground: MakeGround, make_api: MakeApi) -> FlaskClient:
    """The API of a server that holds nobody, with no worker behind it."""
    return make_api(make_ground(**dialect.held_for(0))).http


@pytest.fixture(scope="module")
def provider() -> Iterator[Emulator]:
    with running(seconds=0.1) as found:
        yield found


def told(dialect: Dialect, response: Any, what: str) -> Told:
    """Check that this is an error of the dialect, with the status that it has for it."""
    assert response.status_code == dialect.status(what), response.get_data(as_text=True)
    return told_somehow(dialect, response)


def told_somehow(dialect: Dialect, response: Any) -> Told:
    """Check that this is an error of the dialect."""
    assert response.content_type == dialect.errors
    found = dialect.told(response)
    assert found.message
    assert found.code
    return found


def change(ground: Ground, caller: Caller, **overrides: int | None) -> None:
    with ground.transaction() as session:
        register.change(session, caller.account.id, ground.plans, overrides=overrides)


def give(ground: Ground, caller: Caller, credits: int) -> None:
    """Leave the account exactly so many credits."""
    with ground.transaction() as session:
        account = register.get_account(session, caller.account.id)
        ledger.credit(session, account.id, credits - account.balance, note="for the test")


def available(api: Api) -> int:
    return int(api.get("/v1/account").json["available"])


def adds_up(ground: Ground) -> bool:
    with ground.transaction() as session:
        return list(oddities(session, ground.catalog)) == []


def find(dialect: Dialect, api: Api, their_id: str) -> Any:
    return api.get(dialect.found_at.format(their_id))


def is_done(dialect: Dialect, api: Api, their_id: str) -> bool:
    response = find(dialect, api, their_id)
    if dialect.hides_unfinished and response.status_code == dialect.status("not_found"):
        return False
    assert response.status_code == 200
    return dialect.is_done(dialect.pick(response.json, their_id))


def is_unknown(dialect: Dialect, api: Api, their_id: str) -> bool:
    """Check that nothing is found under an id."""
    response = find(dialect, api, their_id)
    if dialect.has_list:
        return response.status_code == 200 and dialect.pick(response.json, their_id) is None
    return bool(told(dialect, response, "not_found"))


def routes_of(app: Flask, dialect: Dialect) -> Iterator[tuple[str, str, str]]:
    """Yield method, rule and an address of every route whose code lies in its package."""
    for rule in app.url_map.iter_rules():
        if app.view_functions[rule.endpoint].__module__.startswith(f"api.dialects.{dialect.name}."):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield method, rule.rule, re.sub(r"<[^>]+>", "x", rule.rule)


def test_every_dialect_is_described_here() -> None:
    there = {path.parent.name for path in Path(packages.__path__[0]).glob("*/__init__.py")}

    assert {one.name for one in DIALECTS} == there - MAKES_NO_PICTURES


def test_what_was_asked_for_is_answered_finished_and_found_again(
    dialect: Dialect, busy_api: Api, ground: Ground
) -> None:
    before = available(busy_api)

    response = dialect.ask(busy_api)

    assert response.status_code == dialect.status("made"), response.json
    for url in dialect.files(response.json):
        file = busy_api.http.get(url.removeprefix(PUBLIC_URL))
        assert (file.status_code, file.content_type[:6]) == (200, "image/")
        assert len(file.data) > 100
    assert is_done(dialect, busy_api, dialect.id_of(response.json))
    [job] = busy_api.get("/v1/jobs").json["data"]
    assert (job["status"], job["cost"]) == ("succeeded", before - available(busy_api))
    assert job["cost"] > 0
    assert adds_up(ground)


def test_every_answer_to_a_key_says_how_often_it_may_still_ask(
    dialect: Dialect, api: Api, ground: Ground
) -> None:
    change(ground, api.caller, requests_per_hour=10)

    answers = [dialect.ask(api, fields=dialect.faulty[0][0]), find(dialect, api, "none")]

    for left, answer in zip(("9", "8"), answers, strict=True):
        assert answer.headers["X-RateLimit-Limit"] == "10"
        assert answer.headers["X-RateLimit-Remaining"] == left


@pytest.mark.parametrize("key", [None, "Bearer x", "x", "Bearer ", "\u00e9"])
def test_nobody_comes_in_without_a_key(
    dialect: Dialect, http: FlaskClient, key: str | None
) -> None:
    headers = {} if key is None else {dialect.key_header: key}
    answers = [
        http.post(dialect.path, json=dialect.body, headers=headers),
        http.get(dialect.found_at.format("x"), headers=headers),
    ]

    for answer in answers:
        told(dialect, answer, "no_key")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_needs_the_right(dialect: Dialect, make_key: MakeKey) -> None:
    reader, submitter = make_key(scopes=[Scope.READ]), make_key(scopes=[Scope.SUBMIT])

    told(dialect, dialect.ask(reader), "no_scope")
    told(dialect, find(dialect, submitter, "x"), "no_scope")


def test_every_faulty_field_is_named_and_nothing_is_kept(
    dialect: Dialect, api: Api, count_rows: CountRows
) -> None:
    before = count_rows()

    for form in dialect.forms:
        for fields, named in form.faulty:
            response = form.ask(api, fields)
            error = told(dialect, response, "faulty")
            assert error.fields == named, (form.path, fields)
            assert all(one in error.message for one in named)

    assert count_rows() == before


def test_every_field_is_taken_at_its_limits(
    dialect: Dialect, hasty_http: FlaskClient, make_caller: MakeCaller
) -> None:
    for number, form in enumerate(dialect.forms):
        for at, fields in enumerate([{}, *form.taken]):
            api = Api(hasty_http, make_caller(f"{number} {at}"))
            response = form.ask(api, fields)
            assert response.status_code in {dialect.status("late"), 202}, (fields, response.json)
            jobs = api.get("/v1/jobs").json["data"]
            assert jobs, fields
            assert {one["status"] for one in jobs} == {"queued"}


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"[" * 100_000], ids=lambda one: one[:9])
def test_what_is_not_json_is_told(dialect: Dialect, api: Api, body: bytes) -> None:
    told(dialect, api.post(dialect.path, data=body), "malformed")


@pytest.mark.parametrize("body", ["[]", "null", "7", '"a"'])
def test_what_is_not_an_object_is_told(dialect: Dialect, api: Api, body: str) -> None:
    told(dialect, api.post(dialect.path, data=body), "not_an_object")


def test_a_body_that_is_too_large_is_told(
    dialect: Dialect, make_ground: MakeGround, make_api: MakeApi
) -> None:
    api = make_api(make_ground(LIMNER_MAX_BODY_BYTES="1024"))

    told(dialect, dialect.ask(api, fields={"prompt": "x" * 1024}), "too_large")


def test_another_method_is_told_with_the_right_one(dialect: Dialect, api: Api) -> None:
    response = api.http.open(dialect.path, method=dialect.wrong_method, headers=api.caller.headers)

    told(dialect, response, "wrong_method")
    assert "POST" in response.headers["Allow"]


def test_every_address_tells_its_methods(dialect: Dialect, api: Api) -> None:
    app: Flask = api.http.application
    addresses = {address for *_, address in routes_of(app, dialect)}

    assert addresses
    for address in addresses:
        allowed = {*app.url_map.bind("").allowed_methods(address)}
        for method in {*PROBES} - allowed:
            response = api.http.open(address, method=method, headers=api.caller.headers)
            told(dialect, response, "wrong_method")
            assert {*response.headers["Allow"].split(", ")} == allowed


def test_every_address_wants_a_key_with_its_right(
    dialect: Dialect, api: Api, make_key: MakeKey
) -> None:
    app: Flask = api.http.application
    weak = make_key(scopes=[Scope.ADMIN])
    routes = list(routes_of(app, dialect))

    assert dialect.open_rules <= {rule for _, rule, _ in routes}
    for method, rule, address in routes:
        if rule not in dialect.open_rules:
            told(dialect, app.test_client().open(address, method=method), "no_key")
            response = weak.http.open(address, method=method, headers=weak.caller.headers)
            told(dialect, response, "no_scope")


def test_an_address_that_leads_to_nothing_is_told(dialect: Dialect, api: Api) -> None:
    for address in dialect.nowhere:
        told(dialect, api.get(address), "not_found")


@pytest.mark.parametrize("name", ["x", "0" * 24, "%00", "job_" + "0" * 26])
def test_what_never_was_is_not_there(dialect: Dialect, api: Api, name: str) -> None:
    assert is_unknown(dialect, api, name)


def test_nobody_sees_what_another_account_has_made(
    dialect: Dialect, busy_api: Api, make_caller: MakeCaller
) -> None:
    their_id = dialect.id_of(dialect.ask(busy_api).json)
    bob = Api(busy_api.http, make_caller("bob"))

    assert is_unknown(dialect, bob, their_id)
    assert is_done(dialect, busy_api, their_id)


def test_who_has_no_credits_left_is_told_and_owes_nothing(
    dialect: Dialect, api: Api, ground: Ground, count_rows: CountRows
) -> None:
    give(ground, api.caller, 1)
    before = count_rows()

    told(dialect, dialect.ask(api), "no_credits")

    assert count_rows() == before
    assert available(api) == 1


def test_the_cap_of_a_key_holds(dialect: Dialect, make_key: MakeKey, ground: Ground) -> None:
    told(dialect, dialect.ask(make_key(spending_cap=1)), "no_credits")

    assert adds_up(ground)


def test_who_asks_too_often_is_told_when_to_come_again(
    dialect: Dialect, api: Api, ground: Ground
) -> None:
    change(ground, api.caller, requests_per_hour=1)
    find(dialect, api, "x")

    response = dialect.ask(api)

    assert told(dialect, response, "too_often").code == dialect.spelt("rate_limited")
    assert int(response.headers["Retry-After"]) > 0
    assert response.headers["X-RateLimit-Remaining"] == "0"
    assert api.http.get("/healthz").status_code == 200


def test_the_number_of_jobs_a_day_holds(
    dialect: Dialect, busy_api: Api, ground: Ground, count_rows: CountRows
) -> None:
    change(ground, busy_api.caller, jobs_per_day=1)
    assert dialect.ask(busy_api).status_code == dialect.status("made")

    code = told(dialect, dialect.ask(busy_api), "too_often").code
    assert code == dialect.spelt("daily_limit_reached")
    assert count_rows()["jobs"] == 1


def test_a_failure_is_told_and_costs_nothing(
    dialect: Dialect, make_ground: MakeGround, make_api: MakeApi, at_work: AtWork, tmp_path: Path
) -> None:
    no_folder = tmp_path / "a file"
    no_folder.write_text("no folder")
    ground = make_ground(LIMNER_STORAGE_URL=f"folder://{no_folder}", LIMNER_MAX_ATTEMPTS="1")
    api = make_api(ground)
    before = available(api)

    with at_work(ground):
        response = dialect.ask(api)

    assert told(dialect, response, "failed").code == dialect.spelt("storage_unavailable")
    assert str(tmp_path) not in response.get_data(as_text=True)
    assert available(api) == before
    assert adds_up(ground)


def test_what_a_provider_refuses_is_told_and_costs_nothing(
    dialect: Dialect,
    make_ground: MakeGround,
    make_api: MakeApi,
    at_work: AtWork,
    provider: Emulator,
) -> None:
    provider.reset()
    provider.fault("status", code=422)
    settings = {
        "LIMNER_FAL_KEY": provider.key,
        "LIMNER_FAL_QUEUE_URL": provider.url,
        "LIMNER_FAL_API_URL": provider.api_url,
        "LIMNER_PROVIDER_ALLOW_NETWORKS": "127.0.0.0/8",
    }
    ground = make_ground(**settings)
    api = make_api(ground)
    before = available(api)

    with at_work(ground):
        response = dialect.ask(api)

    assert told(dialect, response, "refused").code == dialect.spelt("provider_refused")
    assert available(api) == before
    assert adds_up(ground)


def test_what_is_canceled_while_it_is_held_is_told(dialect: Dialect, api: Api) -> None:
    app: Flask = api.http.application
    with ThreadPoolExecutor(1) as executor:
        answer = executor.submit(dialect.ask, Api(app.test_client(), api.caller))
        assert eventually(lambda: len(api.get("/v1/jobs").json["data"]) == 1)
        [job] = api.get("/v1/jobs").json["data"]
        api.post(f"/v1/jobs/{job['id']}/cancel")

        error = told(dialect, answer.result(30), "canceled")

    assert error.code == dialect.spelt("canceled")


def samples() -> Iterator[errors.ServiceError]:
    """Yield one of every error that anybody may raise."""
    special: dict[type, errors.ServiceError] = {
        errors.InvalidRequest: errors.InvalidRequest([errors.Fault("$.x", "Must be y.")]),
        errors.ScopeMissing: errors.ScopeMissing("read"),
        errors.InsufficientCredits: errors.InsufficientCredits(2, 1),
        errors.SpendingCapReached: errors.SpendingCapReached(2, 1),
        errors.MaxCostExceeded: errors.MaxCostExceeded(2, 1),
        errors.RangeNotSatisfiable: errors.RangeNotSatisfiable(7),
        errors.ImageNotFound: errors.ImageNotFound("image_x"),
    }
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.ServiceError):
            yield special.get(kind) or kind()


def test_every_error_has_the_shape_of_the_dialect(dialect: Dialect, http: FlaskClient) -> None:
    app: Flask = http.application

    for error in samples():
        with app.test_request_context(dialect.path, method="POST"):
            response = app.make_response(app.handle_user_exception(error))
        assert 400 <= response.status_code < 600
        told_somehow(dialect, response)
        assert ("Retry-After" in response.headers) == isinstance(error, errors.Temporary), error
        is_challenge = isinstance(error, errors.NotAuthenticated | errors.ScopeMissing)
        assert ("WWW-Authenticate" in response.headers) == is_challenge, error


def test_a_database_that_is_away_is_told(
    dialect: Dialect, make_ground: MakeGround, make_api: MakeApi
) -> None:
    nobody = "postgresql+psycopg://nobody:nothing@127.0.0.1:1/none"
    api = make_api(make_ground(LIMNER_DATABASE_URL=nobody))

    for response in (dialect.ask(api), find(dialect, api, "x")):
        error = told(dialect, response, "unavailable")
        assert error.code == dialect.spelt("database_unavailable")
        assert response.headers["Retry-After"]
        assert "127.0.0.1" not in response.get_data(as_text=True)


def test_what_nobody_here_can_make_is_told(
    dialect: Dialect, make_ground: MakeGround, make_api: MakeApi
) -> None:
    api = make_api(make_ground(LIMNER_LOCAL_ENGINES="off"))

    response = dialect.ask(api)

    assert told(dialect, response, "unavailable").code == dialect.spelt("model_unavailable")
    assert response.headers["Retry-After"]


def test_what_takes_too_long_goes_on_and_is_found_later(
    dialect: Dialect, make_ground: MakeGround, make_api: MakeApi, worker: WorkerProcess
) -> None:
    api = make_api(make_ground(**dialect.held_for(0)))

    response = dialect.ask(api)

    assert response.status_code == dialect.status("late")
    their_id = dialect.late_id(response.json)
    assert not is_done(dialect, api, their_id)
    worker.hear(Queue.IMAGE)
    assert eventually(lambda: is_done(dialect, api, their_id))


def test_a_request_is_held_until_its_job_is_over(
    dialect: Dialect, api: Api, worker: WorkerProcess
) -> None:
    app: Flask = api.http.application
    with ThreadPoolExecutor(1) as executor:
        answer = executor.submit(dialect.ask, Api(app.test_client(), api.caller))
        assert eventually(lambda: len(api.get("/v1/jobs").json["data"]) == 1)
        assert not answer.done()
        worker.hear(Queue.IMAGE)

        assert answer.result(30).status_code == dialect.status("made")


def test_who_finds_no_place_to_be_held_is_told_where_to_look_later(
    dialect: Dialect,
    make_ground: MakeGround,
    make_api: MakeApi,
    make_caller: MakeCaller,
    worker: WorkerProcess,
) -> None:
    app: Flask = make_api(make_ground(LIMNER_WEB_THREADS="2")).http.application
    with ThreadPoolExecutor(2) as executor:
        # Two accounts: one may not ask twice at a time everywhere.
        answers = {
            executor.submit(dialect.ask, api): api
            for api in (Api(app.test_client(), make_caller(name)) for name in ("bob", "carol"))
        }
        finished, held = wait(answers, 30, FIRST_COMPLETED)
        assert [one.result().status_code for one in finished] == [dialect.status("late")]
        assert len(held) == 1
        worker.hear(Queue.IMAGE)

        assert [one.result(30).status_code for one in held] == [dialect.status("made")]
    [refused] = finished
    their_id = dialect.late_id(refused.result().json)
    assert eventually(lambda: is_done(dialect, answers[refused], their_id))


def test_a_request_sent_again_makes_nothing_anew(
    dialect: Dialect, busy_api: Api, count_rows: CountRows
) -> None:
    headers = {"Idempotency-Key": "once"}

    first, second = (dialect.ask(busy_api, headers=headers) for _ in range(2))

    assert (first.status_code, first.json) == (second.status_code, second.json)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert count_rows()["jobs"] == 1


def test_a_key_for_tests_costs_nothing(dialect: Dialect, busy_api: Api, make_key: MakeKey) -> None:
    tester = make_key(is_test=True)
    before = available(busy_api)

    assert dialect.ask(tester).status_code == dialect.status("made")

    assert available(busy_api) == before
