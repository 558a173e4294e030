"""What a key opens: by its scopes, its time, its networks, and the state of its account."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, update

from api.app import create_app
from shared import clock
from shared.accounts import keys, register
from shared.accounts.access import USUAL, Scope
from shared.accounts.keys import Powers
from shared.accounts.tables import Account, ApiKey
from shared.ground import Ground
from tests.conftest import Api, Caller
from tests.integration.conftest import MakeGround

MakeKey = Callable[..., dict[str, str]]


@pytest.fixture
def make_key(ground: Ground, caller: Caller) -> MakeKey:
    """Makes keys of the caller's account; returns the headers of a request with it."""

    def make(**powers: Any) -> dict[str, str]:
        with ground.transaction() as session:
            account = register.get_account(session, caller.account.id)
            _, text = keys.create(session, account, name="", powers=Powers(**powers))
        return {"Authorization": f"Bearer {text}"}

    return make


def change_keys(ground: Ground, **values: Any) -> None:
    with ground.transaction() as session:
        session.execute(update(ApiKey).values(**values))


def last_use(ground: Ground) -> Any:
    with ground.transaction() as session:
        return session.query(ApiKey.last_used_at).scalar()


def test_a_key_says_at_its_beginning_what_it_is_for(make_key: MakeKey) -> None:
    assert make_key()["Authorization"].startswith("Bearer lim_live_")
    assert make_key(is_test=True)["Authorization"].startswith("Bearer lim_test_")


def test_a_key_without_the_scope_is_told_which_one_it_lacks(
    http: FlaskClient, make_key: MakeKey
) -> None:
    answer: Any = http.post("/v1/jobs", json={}, headers=make_key(scopes=[Scope.READ]))

    assert (answer.status_code, answer.json["code"]) == (403, "scope_missing")
    assert "'submit'" in answer.json["detail"]
    assert 'error="insufficient_scope", scope="submit"' in answer.headers["WWW-Authenticate"]


def test_a_usual_key_may_do_everything_but_manage() -> None:
    assert set(USUAL) == set(Scope) - {Scope.ADMIN}


def test_a_revoked_key_opens_nothing_from_the_next_request_on(api: Api, ground: Ground) -> None:
    assert api.get("/v1/models").status_code == 200

    with ground.transaction() as session:
        keys.revoke(session, keys.list_keys(session)[0].id)

    answer = api.get("/v1/models")
    assert (answer.status_code, answer.json["code"]) == (401, "key_revoked")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_key_opens_until_it_expires(http: FlaskClient, make_key: MakeKey, ground: Ground) -> None:
    headers = make_key(expires_at=clock.now() + timedelta(hours=1))
    assert http.get("/v1/models", headers=headers).status_code == 200

    change_keys(ground, expires_at=clock.now())

    answer: Any = http.get("/v1/models", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (401, "key_expired")


def test_a_suspended_account_is_let_in_again_once_it_is_resumed(api: Api, ground: Ground) -> None:
    with ground.transaction() as session:
        register.suspend(session, api.caller.account.id)
    answer = api.get("/v1/models")
    assert (answer.status_code, answer.json["code"]) == (403, "account_suspended")

    with ground.transaction() as session:
        register.resume(session, api.caller.account.id)
    assert api.get("/v1/models").status_code == 200


@pytest.mark.parametrize(
    ("networks", "address", "is_let_in"),
    [
        (["10.0.0.0/8"], "10.1.2.3", True),
        (["10.0.0.0/8", "192.0.2.7/32"], "192.0.2.7", True),
        (["10.0.0.0/8"], "::ffff:10.1.2.3", True),
        (["fd00::/8"], "fd00::1", True),
        (["10.0.0.0/8"], "11.0.0.1", False),
        (["10.0.0.0/8"], "fd00::1", False),
        (["0.0.0.0/0"], "somewhere", False),
        ([], "somewhere", True),
    ],
)
def test_a_key_with_networks_opens_from_there_only(
    http: FlaskClient, make_key: MakeKey, networks: list[str], address: str, is_let_in: bool
) -> None:
    answer: Any = http.get(
        "/v1/models",
        headers=make_key(networks=networks),
        environ_overrides={"REMOTE_ADDR": address},
    )

    assert answer.status_code == (200 if is_let_in else 403)
    assert is_let_in or answer.json["code"] == "address_not_allowed"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "is_let_in"),
    [
        (0, "10.1.2.3", False),
        (1, "10.1.2.3", True),
        (1, "10.1.2.3, 203.0.113.9", False),
        (2, "10.1.2.3, 203.0.113.9", True),
        (2, "10.1.2.3", False),
    ],
)
def test_only_as_many_proxies_are_believed_as_there_are(
    make_ground: MakeGround, make_key: MakeKey, proxies: int, forwarded: str, is_let_in: bool
) -> None:
    http = create_app(make_ground(LIMNER_TRUSTED_PROXIES=str(proxies))).test_client()

    headers = make_key(networks=["10.0.0.0/8"]) | {"X-Forwarded-For": forwarded}
    answer: Any = http.get(
        "/v1/models", headers=headers, environ_overrides={"REMOTE_ADDR": "198.51.100.1"}
    )

    assert answer.status_code == (200 if is_let_in else 403)


def test_the_last_use_is_written_down_once_a_minute(api: Api, ground: Ground) -> None:
    assert last_use(ground) is None
    api.get("/v1/models")
    first = last_use(ground)
    assert first is not None

    api.get("/v1/models")
    assert last_use(ground) == first

    change_keys(ground, last_used_at=clock.now() - timedelta(seconds=61))
    api.get("/v1/models")
    assert last_use(ground) > first


def test_the_last_use_waits_for_nobody(api: Api, ground: Ground) -> None:
    with ground.transaction() as session:
        session.execute(update(ApiKey).values(name="renamed"))
        session.execute(update(Account).values(name="renamed"))

        assert api.get("/v1/models").status_code == 200


def test_a_key_is_looked_up_in_one_statement(api: Api, ground: Ground) -> None:
    api.get("/v1/models")
    asked: list[str] = []
    engine = ground.database._engine

    def listen(*said: Any) -> None:
        asked.append(said[2])

    event.listen(engine, "before_cursor_execute", listen)
    try:
        api.get("/v1/models")
    finally:
        event.remove(engine, "before_cursor_execute", listen)

    assert len(asked) == 1
