"""How often callers may ask, and what becomes of that while Redis is away."""

import re
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from api.app import create_app
from deploy.embedded.servers.valkey import Valkey
from shared.accounts import keys, register
from shared.accounts.windows import Windows
from shared.ground import Ground
from shared.jobs.tables import Job
from shared.settings import BrokerSettings
from tests.conftest import Api, Caller
from tests.integration.conftest import CountRows, MakeApi, MakeGround
from tests.support.hanging import hanging
from tests.support.patience import eventually

FOX = {"kind": "image", "input": {"prompt": "a red fox"}}


@pytest.fixture
def limit(ground: Ground, caller: Caller) -> Callable[[int], None]:
    """Limits how many requests each key of the caller may send in an hour."""

    def set_limit(requests: int) -> None:
        with ground.transaction() as session:
            register.change(
                session,
                caller.account.id,
                ground.plans,
                overrides={"requests_per_hour": requests},
            )

    return set_limit


Limit = Callable[[int], None]


def test_every_answer_to_a_key_says_how_it_stands(api: Api, limit: Limit) -> None:
    limit(10)

    answers = [api.get("/v1/models"), api.get("/v1/jobs/none"), api.post("/v1/ai/image", json={})]

    assert [one.status_code for one in answers] == [200, 404, 422]
    for left, answer in zip((9, 8, 7), answers, strict=True):
        headers = answer.headers
        assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("10", str(left))
        until = int(headers["X-RateLimit-Reset"]) - time.time()
        assert 0 < until <= 3602
        assert headers["RateLimit-Policy"] == '"requests";q=10;w=3600'
        assert re.fullmatch(rf'"requests";r={left};t=\d+', headers["RateLimit"])


def test_one_request_too_many_is_told_when_to_come_again(api: Api, limit: Limit) -> None:
    limit(2)
    assert [api.get("/v1/models").status_code for _ in range(2)] == [200, 200]

    answer = api.get("/v1/models")

    assert (answer.status_code, answer.json["code"]) == (429, "rate_limited")
    assert answer.content_type == "application/problem+json"
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    assert answer.headers["X-RateLimit-Remaining"] == "0"


def test_a_dialect_says_it_in_its_own_shape(api: Api, limit: Limit) -> None:
    limit(1)
    api.get("/v1/models")

    answer = api.post("/v1/ai/image", json={"prompt": "a red fox"})

    assert (answer.status_code, answer.json["error"]["code"]) == (429, "rate_limited")
    assert {"Retry-After", "X-RateLimit-Limit"} <= set(answer.headers.keys())


def test_each_key_has_a_limit_of_its_own(api: Api, limit: Limit, ground: Ground) -> None:
    limit(1)
    with ground.transaction() as session:
        account = register.get_account(session, api.caller.account.id)
        _, other = keys.create(session, account, name="")
    assert [api.get("/v1/models").status_code for _ in range(2)] == [200, 429]

    answer = api.http.get("/v1/models", headers={"Authorization": f"Bearer {other}"})

    assert answer.status_code == 200


def test_another_limit_holds_from_the_next_request_on(api: Api, limit: Limit) -> None:
    limit(1)
    assert [api.get("/v1/models").status_code for _ in range(2)] == [200, 429]

    limit(5)
    answer = api.get("/v1/models")

    assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (200, "3")


def test_without_a_limit_nothing_is_said(api: Api, limit: Limit) -> None:
    limit(0)

    assert "X-RateLimit-Limit" not in api.get("/v1/models").headers


def test_all_processes_count_together(
    api: Api, limit: Limit, make_ground: MakeGround, make_api: MakeApi
) -> None:
    limit(20)
    others = [api, *(make_api(make_ground()) for _ in range(3))]

    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda turn: others[turn % 4].get("/v1/models"), range(40))

    assert sorted(one.status_code for one in answers) == [200] * 20 + [429] * 20


def test_a_window_gives_back_what_was_used(ground: Ground) -> None:
    windows = Windows(ground.settings.broker)
    first = [windows.take("a", limit=2, window=1) for _ in range(3)]
    assert [one and one.is_within for one in first] == [True, True, False]

    def is_let_in() -> bool:
        standing = windows.take("a", limit=2, window=1)
        return standing is not None and standing.is_within

    assert eventually(is_let_in)
    windows.close()


def test_who_guesses_keys_is_told_to_stop_and_nobody_else_is(
    make_ground: MakeGround, make_api: MakeApi
) -> None:
    api = make_api(make_ground(LIMNER_FAILURES_PER_MINUTE="3"))

    def guess(address: str = "192.0.2.1", **headers: str) -> Any:
        return api.http.get(
            "/v1/models", headers=headers, environ_overrides={"REMOTE_ADDR": address}
        )

    guesses = [guess(Authorization=f"Bearer lim_live_{turn}") for turn in range(3)]
    assert [one.status_code for one in guesses] == [401, 401, 401]
    last = guess()
    assert (last.status_code, last.json["code"]) == (429, "too_many_failures")
    assert 0 < int(last.headers["Retry-After"]) <= 60
    assert guess("192.0.2.2").status_code == 401
    assert guess(**api.caller.headers).status_code == 200


def test_who_guesses_from_ever_other_addresses_of_one_network_is_one(
    make_ground: MakeGround, make_api: MakeApi
) -> None:
    http = make_api(make_ground(LIMNER_FAILURES_PER_MINUTE="3")).http

    def guess(address: str) -> int:
        return http.get("/v1/models", environ_overrides={"REMOTE_ADDR": address}).status_code

    assert [guess(f"2001:db8::{turn}") for turn in range(5)] == [401, 401, 401, 429, 429]
    assert guess("2001:db8:0:1::1") == 401
    assert guess("no address: a socket") == 401


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey of our own, that may be stopped."""
    folder, password = tmp_path / "valkey", secrets.token_urlsafe(16)
    found = Valkey(folder, log=tmp_path / "valkey.log", port=None, password=password)
    with found:
        yield found


def test_while_redis_is_away_requests_pass_and_jobs_are_taken(
    valkey: Valkey,
    make_ground: MakeGround,
    make_api: MakeApi,
    limit: Limit,
    count_rows: CountRows,
) -> None:
    limit(3)
    ground = make_ground(LIMNER_BROKER_URL=valkey.url)
    api = make_api(ground)
    assert "X-RateLimit-Limit" in api.post("/v1/jobs", json=FOX).headers

    valkey.stop()
    answers = [api.post("/v1/jobs", json=FOX) for _ in range(10)]
    assert [one.status_code for one in answers] == [202] * 10
    assert not any("X-RateLimit-Limit" in one.headers for one in answers)
    assert api.http.get("/v1/models").status_code == 401
    assert count_rows()["jobs"] == 11
    with ground.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 11

    valkey.start()
    assert eventually(lambda: "X-RateLimit-Limit" in api.get("/v1/models").headers)


def test_a_redis_that_hangs_is_asked_once_in_a_while() -> None:
    with hanging() as server:
        windows = Windows(BrokerSettings(url=server.redis_url))
        assert [windows.take("a", limit=1, window=60) for _ in range(500)] == [None] * 500
        windows.close()

        assert server.asked < 5


def test_the_application_does_not_ask_for_redis_to_start(make_ground: MakeGround) -> None:
    app = create_app(make_ground(LIMNER_BROKER_URL="redis://127.0.0.1:1/0"))

    assert app.test_client().get("/healthz").status_code == 200
