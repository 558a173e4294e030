"""Keys and accounts, managed through the API: by their owners, and by those who run the server."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from shared import clock
from shared.accounts import keys
from shared.accounts.access import Scope
from shared.accounts.tables import ApiKey
from shared.ground import Ground
from tests.conftest import Api, Caller, MakeCaller
from tests.integration.conftest import CountRows

ACCOUNTS = "/v1/admin/accounts"


@pytest.fixture
def owner(caller: Caller, ground: Ground, http: FlaskClient) -> Api:
    """Somebody who manages an account, and not the server."""
    with ground.transaction() as session:
        powers = keys.Powers(scopes=[Scope.ADMIN])
        account = keys.open_account(session, caller.account.name)
        _, key = keys.create(session, account, name="", powers=powers)
    return Api(http, Caller(caller.account, key))


@pytest.fixture
def ops(operator: Caller, http: FlaskClient) -> Api:
    """Somebody who runs the server."""
    return Api(http, operator)


def patch(api: Api, path: str, **change: Any) -> Any:
    return api.http.patch(path, json=change, headers=api.caller.headers)


def delete(api: Api, path: str) -> Any:
    return api.http.delete(path, headers=api.caller.headers)


def bearer(key: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {key['key']}"}


def test_a_new_key_is_shown_once_and_opens_what_was_wished(owner: Api) -> None:
    made = owner.post("/v1/keys", json={"name": "ci", "scopes": ["read"], "networks": ["::/0"]})

    key = made.json
    text = key.pop("key")
    assert made.status_code == 201
    assert text.startswith("lim_live_")
    assert (key["name"], key["scopes"], key["networks"]) == ("ci", ["read"], ["::/0"])
    listed = owner.get("/v1/keys")
    assert listed.json["data"][0] == key
    assert text not in listed.get_data(as_text=True)


@pytest.mark.parametrize(("test", "prefix"), [(False, "live_"), (True, "test_")])
def test_a_key_may_begin_as_some_clients_demand(owner: Api, *, test: bool, prefix: str) -> None:
    key = owner.post("/v1/keys", json={"test": test, "plain_prefix": True}).json

    assert key["key"].startswith(prefix)
    assert key["hint"] == f"{key['key'][:9]}…{key['key'][-4:]}"
    assert owner.http.get("/v1/models", headers=bearer(key)).status_code == 200


def test_what_a_wish_leaves_open_is_as_usual(owner: Api) -> None:
    key = owner.post("/v1/keys", json={}).json

    assert key["scopes"] == ["read", "submit", "webhooks"]
    assert (key["test"], key["networks"], key["expires_at"], key["spending_cap"]) == (
        False,
        [],
        None,
        None,
    )
    assert owner.http.get("/v1/models", headers=bearer(key)).status_code == 200


def test_every_fault_of_a_wish_is_told_with_its_place(owner: Api, count_rows: CountRows) -> None:
    before = count_rows()
    wish = {
        "scopes": ["read", "write"],
        "networks": ["10.0.0.1/8"],
        "expires_at": "yesterday",
        "spending_cap": -1,
        "nam": "x",
    }

    answer = owner.post("/v1/keys", json=wish)

    assert answer.status_code == 422
    assert {one["path"] for one in answer.json["errors"]} == {
        "$.scopes[1]",
        "$.networks[0]",
        "$.expires_at",
        "$.spending_cap",
        "$.nam",
    }
    assert count_rows() == before


@pytest.mark.parametrize("bound", [{"test": True}, {"spending_cap": 5}])
def test_a_key_for_tests_or_with_a_cap_cannot_make_others(
    owner: Api, bound: dict[str, Any]
) -> None:
    answer = owner.post("/v1/keys", json=bound | {"scopes": ["admin"]})

    assert answer.status_code == 422
    assert answer.json["errors"][0]["path"] == "$.scopes"


def test_a_revoked_key_is_listed_and_opens_nothing(owner: Api) -> None:
    key = owner.post("/v1/keys", json={}).json

    assert [delete(owner, f"/v1/keys/{key['id']}").status_code for _ in range(2)] == [204, 204]

    answer: Any = owner.http.get("/v1/models", headers=bearer(key))
    assert answer.json["code"] == "key_revoked"
    assert owner.get("/v1/keys").json["data"][0]["revoked_at"] is not None


def test_keys_are_not_made_to_have_more_requests(owner: Api, ops: Api, ground: Ground) -> None:
    own = f"{ACCOUNTS}/{owner.caller.account.id}"
    patch(ops, own, overrides={"max_keys": 4})  # two of which there are
    made = [owner.post("/v1/keys", json={}).json["id"] for _ in range(2)]
    for key_id in made:
        delete(owner, f"/v1/keys/{key_id}")

    for path in ("/v1/keys", f"{own}/keys"):
        answer = owner.post(path, json={})
        assert (answer.status_code, answer.json["code"]) == (409, "too_many_keys")
    assert ops.post(f"{own}/keys", json={}).status_code == 201

    with ground.transaction() as session:
        session.execute(update(ApiKey).values(created_at=clock.now() - timedelta(days=2)))
    assert owner.post("/v1/keys", json={}).status_code == 201
    assert owner.post("/v1/keys", json={}).status_code == 409


def test_the_keys_of_another_account_are_not_there(
    owner: Api, make_caller: MakeCaller, ground: Ground
) -> None:
    bob = make_caller("bob")
    with ground.transaction() as session:
        theirs = keys.list_keys(session, bob.account.id)[0].id

    assert theirs not in owner.get("/v1/keys").get_data(as_text=True)
    assert delete(owner, f"/v1/keys/{theirs}").status_code == 404
    assert delete(owner, f"{ACCOUNTS}/{owner.caller.account.id}/keys/{theirs}").status_code == 404
    assert owner.http.get("/v1/models", headers=bob.headers).status_code == 200


def test_an_account_sees_itself_with_its_limits(api: Api) -> None:
    account = api.get("/v1/account").json

    assert account["id"] == api.caller.account.id
    assert account["limits"] == {
        "requests_per_hour": 1_000_000,
        "concurrency": 1000,
        "jobs_per_day": 0,
        "max_keys": 0,
        "artifact_days": 0,
        "job_days": 0,
        "upload_days": 0,
        "upload_megabytes": 0,
    }


def test_to_an_owner_there_is_one_account_and_it_cannot_be_changed(
    owner: Api, operator: Caller
) -> None:
    own, other = owner.caller.account.id, operator.account.id

    assert [one["id"] for one in owner.get(ACCOUNTS).json["data"]] == [own]
    assert owner.get(f"{ACCOUNTS}/{own}").status_code == 200
    for answer in (
        owner.post(ACCOUNTS, json={"name": "x", "plan": "pro"}),
        patch(owner, f"{ACCOUNTS}/{own}", plan="pro"),
        owner.post(f"{ACCOUNTS}/{own}/suspend"),
        owner.post(f"{ACCOUNTS}/{own}/resume"),
    ):
        assert (answer.status_code, answer.json["code"]) == (403, "operator_only")
    for answer in (
        owner.get(f"{ACCOUNTS}/{other}"),
        patch(owner, f"{ACCOUNTS}/{other}", plan="pro"),
        owner.post(f"{ACCOUNTS}/{other}/suspend"),
        owner.post(f"{ACCOUNTS}/{other}/resume"),
        owner.get(f"{ACCOUNTS}/{other}/keys"),
        owner.post(f"{ACCOUNTS}/{other}/keys", json={}),
        owner.get(f"{ACCOUNTS}/ops"),
    ):
        assert (answer.status_code, answer.json["code"]) == (404, "account_not_found")


def test_an_operator_opens_an_account_and_gives_it_its_first_key(ops: Api) -> None:
    account = ops.post(ACCOUNTS, json={"name": "bob", "plan": "free"}).json

    key = ops.post(f"{ACCOUNTS}/{account['id']}/keys", json={}).json

    assert account["limits"]["requests_per_hour"] == 100
    answer = ops.http.get("/v1/account", headers=bearer(key))
    assert answer.json == account
    assert answer.headers["X-RateLimit-Limit"] == "100"


def test_another_plan_changes_every_limit_at_once(ops: Api) -> None:
    account = ops.post(ACCOUNTS, json={"name": "bob", "plan": "free"}).json
    path = f"{ACCOUNTS}/{account['id']}"
    key = ops.post(f"{path}/keys", json={}).json

    limits = patch(ops, path, plan="pro", overrides={"jobs_per_day": 7}).json["limits"]

    assert limits == {
        "requests_per_hour": 500,
        "concurrency": 20,
        "jobs_per_day": 7,
        "max_keys": 20,
        "artifact_days": 30,
        "job_days": 180,
        "upload_days": 7,
        "upload_megabytes": 100,
    }
    answer = ops.http.get("/v1/models", headers=bearer(key))
    assert answer.headers["X-RateLimit-Limit"] == "500"
    taken_back = patch(ops, path, overrides={"jobs_per_day": None}).json
    assert (taken_back["limits"]["jobs_per_day"], taken_back["overrides"]) == (1_000, {})


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"plan": "gold"}, "$.plan"),
        ({"overrides": {"concurrency": 0}}, "$.overrides.concurrency"),
        ({"overrides": {"speed": 1}}, "$.overrides.speed"),
        ({"name": "x"}, "$.name"),
    ],
)
def test_a_change_that_makes_no_sense_changes_nothing(
    ops: Api, change: dict[str, Any], path: str
) -> None:
    account = ops.post(ACCOUNTS, json={"name": "bob", "plan": "free"}).json

    answer = patch(ops, f"{ACCOUNTS}/{account['id']}", **change)

    assert answer.status_code == 422
    assert [one["path"] for one in answer.json["errors"]] == [path]
    assert ops.get(f"{ACCOUNTS}/{account['id']}").json == account


def test_a_suspended_account_is_kept_out_until_it_is_resumed(ops: Api, caller: Caller) -> None:
    path = f"{ACCOUNTS}/{caller.account.id}"

    assert ops.post(f"{path}/suspend").json["suspended_at"] is not None
    answer: Any = ops.http.get("/v1/models", headers=caller.headers)
    assert (answer.status_code, answer.json["code"]) == (403, "account_suspended")

    assert ops.post(f"{path}/resume").json["suspended_at"] is None
    assert ops.http.get("/v1/models", headers=caller.headers).status_code == 200


def test_accounts_are_listed_page_by_page(ops: Api) -> None:
    for name in "abc":
        ops.post(ACCOUNTS, json={"name": name, "plan": "free"})

    first = ops.get(f"{ACCOUNTS}?limit=3").json
    second = ops.get(f"{ACCOUNTS}?limit=3&cursor={first['next_cursor']}").json

    names = [one["name"] for page in (first, second) for one in page["data"]]
    assert (names, second["next_cursor"]) == (["c", "b", "a", "ops"], None)


def test_an_account_that_is_not_there_is_told_so(ops: Api) -> None:
    unknown = f"{ACCOUNTS}/acc_01jd3k8v9xf6tq2m5c7h0w4ezr"

    for answer in (
        ops.get(unknown),
        ops.get(f"{unknown}/keys"),
        patch(ops, unknown, plan="pro"),
        ops.post(f"{unknown}/suspend"),
        ops.post(f"{unknown}/keys", json={}),
    ):
        assert (answer.status_code, answer.json["code"]) == (404, "account_not_found")
