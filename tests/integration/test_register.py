"""The register of accounts, through the command line."""

import pytest

from shared.accounts import keys, register
from shared.accounts.tables import Account
from shared.ground import Ground
from tests.conftest import Caller
from tests.integration.conftest import Run
from tests.support import jobs


def read(ground: Ground, name: str) -> Account:
    with ground.transaction() as session:
        return register.get_account(session, name)


def astray(ground: Ground) -> list[str]:
    with ground.transaction() as session:
        return list(register.astray(session, ground.plans))


def test_an_account_is_opened_on_a_plan_and_has_its_places(run: Run, ground: Ground) -> None:
    result = run("accounts", "create", "alice", "--plan", "pro", "--operator")

    account = read(ground, "alice")
    assert (result.exit_code, result.output) == (0, f"{account.id}\n")
    assert (account.plan, account.concurrency, account.is_operator) == ("pro", 20, True)


def test_a_name_is_given_once(run: Run) -> None:
    run("accounts", "create", "alice")

    again = run("accounts", "create", "alice")

    assert again.exit_code == 1
    assert again.output == "There is an account 'alice' already.\n"


def test_a_name_that_could_be_an_id_is_refused(run: Run) -> None:
    other = run("accounts", "create", "alice").output.strip()

    assert run("accounts", "create", other).exit_code == 1


def test_another_plan_and_limits_of_its_own_hold_at_once(run: Run, ground: Ground) -> None:
    run("accounts", "create", "alice", "--plan", "free")

    run("accounts", "plan", "alice", "pro")
    assert read(ground, "alice").concurrency == 20

    told = run("accounts", "override", "alice", "concurrency=7", "jobs_per_day=0").output
    assert told.startswith(
        "alice: requests_per_hour 500, concurrency 7*, jobs_per_day 0*, max_keys"
    )
    assert read(ground, "alice").concurrency == 7

    run("accounts", "plan", "alice", "free")
    assert read(ground, "alice").concurrency == 7

    run("accounts", "override", "alice", "concurrency=plan")
    assert (read(ground, "alice").concurrency, read(ground, "alice").overrides) == (
        2,
        {"jobs_per_day": 0},
    )


@pytest.mark.parametrize("pair", ["concurrency=0", "speed=1", "concurrency", "concurrency=many"])
def test_a_limit_that_makes_no_sense_changes_nothing(run: Run, ground: Ground, pair: str) -> None:
    run("accounts", "create", "alice", "--plan", "free")

    result = run("accounts", "override", "alice", "jobs_per_day=1", pair)

    assert (result.exit_code, read(ground, "alice").overrides) == (1, {})


def test_more_places_are_given_to_the_jobs_that_wait(
    run: Run, ground: Ground, caller: Caller
) -> None:
    run("accounts", "override", "alice", "concurrency=1")
    for _ in range(3):
        jobs.submit(ground, caller.account.id)
    assert len(jobs.claim(ground, limit=9)) == 1

    run("accounts", "override", "alice", "concurrency=plan")

    assert len(jobs.claim(ground, limit=9)) == 2


def test_a_changed_list_of_plans_is_applied_to_those_who_are_on_them(
    run: Run, ground: Ground, caller: Caller
) -> None:
    with ground.transaction() as session:
        session.get_one(Account, caller.account.id).concurrency = 3

    assert astray(ground) == ["alice"]
    assert run("plans", "apply").output == "Accounts changed: 1.\n"
    assert read(ground, "alice").concurrency == 1000
    assert run("plans", "apply").output == "Accounts changed: 0.\n"
    assert astray(ground) == []


def test_what_there_is_can_be_seen(run: Run, caller: Caller) -> None:
    run("accounts", "suspend", "alice")

    assert "internal" in run("plans").output
    assert "suspended" in run("accounts", "list").output
    assert caller.account.id in run("accounts", "show", "alice").output
    run("accounts", "resume", caller.account.id)
    assert "suspended" not in run("accounts", "list").output


def test_a_key_is_made_as_it_was_wished(run: Run, ground: Ground) -> None:
    result = run(
        "keys", "create", "--account", "bob", "--scope", "read", "--test", "--expires", "90d",
        "--network", "10.0.0.0/8", "--spending-cap", "50",
    )  # fmt: skip

    with ground.transaction() as session:
        key = keys.list_keys(session)[0]
    assert result.stdout.startswith("lim_test_")
    assert (key.scopes, key.is_test, key.networks, key.spending_cap) == (
        ["read"],
        True,
        ["10.0.0.0/8"],
        50,
    )
    assert "in use until" in run("keys", "list", "--account", "bob").output


def test_a_key_is_made_with_a_plain_prefix(run: Run, ground: Ground) -> None:
    result = run("keys", "create", "--account", "bob", "--plain-prefix")

    assert result.stdout.startswith("live_")


@pytest.mark.parametrize(
    "words",
    [
        ["--network", "10.0.0.0/33"],
        ["--expires", "yesterday"],
        ["--expires", "2020-01-01T00:00:00Z"],
        ["--test", "--scope", "admin"],
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(run: Run, ground: Ground, words: list[str]) -> None:
    result = run("keys", "create", *words)

    assert result.exit_code == 1
    assert words[0].strip("-").rstrip("s") in result.output or "scopes" in result.output
    with ground.transaction() as session:
        assert keys.list_keys(session) == []


def test_a_key_is_revoked_once_and_stays_so(run: Run, ground: Ground, caller: Caller) -> None:
    with ground.transaction() as session:
        key_id = keys.list_keys(session)[0].id

    assert run("keys", "revoke", key_id).exit_code == 0
    assert run("keys", "revoke", key_id).exit_code == 0
    assert "revoked" in run("keys", "list").output
    assert run("keys", "revoke", "key_unknown").exit_code == 1


def test_an_account_that_is_not_there_ends_the_command(run: Run) -> None:
    result = run("accounts", "show", "nobody")

    assert (result.exit_code, result.output) == (1, "There is no account 'nobody'.\n")


def test_credits_are_given_and_taken(run: Run, ground: Ground, caller: Caller) -> None:
    given = run("accounts", "credit", "alice", "5000", "--note", "invoice 1009")
    taken = run("accounts", "credit", caller.account.id, "-1000", "--note", "a mistake")

    assert given.output == "alice: 1005000 left, 0 held by jobs.\n"
    assert taken.output == "alice: 1004000 left, 0 held by jobs.\n"
    assert "1004000 left" in run("accounts", "show", "alice").output


@pytest.mark.parametrize("amount", ["0", "-1000001", "many", "1.5"])
def test_credits_that_there_are_not_are_not_taken(
    run: Run, ground: Ground, caller: Caller, amount: str
) -> None:
    assert run("accounts", "credit", "alice", amount, "--note", "x").exit_code in {1, 2}
    assert read(ground, "alice").balance == 1_000_000


def test_an_account_is_opened_with_credits_by_every_door(run: Run, ground: Ground) -> None:
    run("accounts", "create", "bob")
    run("keys", "create", "--account", "carol")

    assert read(ground, "bob").balance == 1_000_000
    assert read(ground, "carol").balance == 1_000_000
