"""Credits: held when a job is accepted, settled or released when it ends, and never twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import ProgrammingError

from shared import clock, ids
from shared.accounts import keys, ledger, register
from shared.accounts.keys import Powers
from shared.accounts.tables import Account, ApiKey, LedgerEntry
from shared.errors import LeaseLost, Permanent
from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.audit import oddities
from shared.jobs.status import OVER, Queue
from shared.jobs.tables import Artifact, Job
from tests.conftest import Api, Caller
from tests.integration.conftest import CountRows, MakeApi, MakeGround
from tests.support import jobs
from tests.support.patience import eventually
from workers.process import WorkerProcess

FOX = {"kind": "image", "input": {"prompt": "a red fox", "width": 64, "height": 64}}
FOUR = FOX | {"input": FOX["input"] | {"num_images": 4}}  # type: ignore[operator]
LONG_AGO = timedelta(seconds=-1)


def give(ground: Ground, caller: Caller, credits: int) -> None:
    """Leave the account exactly so many credits."""
    with ground.transaction() as session:
        account = register.get_account(session, caller.account.id)
        ledger.credit(session, account.id, credits - account.balance, note="for the test")


def purse(ground: Ground, caller: Caller) -> tuple[int, int]:
    """Return the account's balance, and what is held of it."""
    with ground.transaction() as session:
        account = register.get_account(session, caller.account.id)
        return account.balance, account.held


def entries(ground: Ground, job_id: str) -> list[tuple[str, int, int]]:
    with ground.transaction() as session:
        found = session.scalars(
            select(LedgerEntry).where(LedgerEntry.job_id == job_id).order_by(LedgerEntry.id)
        )
        return [(one.verb, one.balance, one.held) for one in found]


def adds_up(ground: Ground) -> bool:
    with ground.transaction() as session:
        return list(oddities(session, ground.catalog)) == []


def made(job: Job, count: int) -> list[Artifact]:
    return [
        Artifact(
            id=ids.new("art"),
            job_id=job.id,
            account_id=job.account_id,
            position=position,
            key=f"{job.id}-{position}",
            sha256="0" * 64,
            bytes=1,
            content_type="image/png",
            width=64,
            height=64,
            seed=1,
            role="result",
            created_at=clock.now(),
        )
        for position in range(count)
    ]


# --- held


def test_a_job_holds_what_it_costs(api: Api, ground: Ground) -> None:
    give(ground, api.caller, 100)

    job = api.post("/v1/jobs", json=FOUR).json

    assert (job["price"], job["cost"]) == (20, None)
    assert purse(ground, api.caller) == (100, 20)
    assert entries(ground, job["id"]) == [("hold", 0, 20)]
    assert adds_up(ground)


def test_what_cannot_be_paid_is_refused_and_leaves_nothing(
    api: Api, ground: Ground, count_rows: CountRows
) -> None:
    give(ground, api.caller, 19)
    before = count_rows()

    answer = api.post("/v1/jobs", json=FOUR, headers={"Idempotency-Key": "a"})

    assert (answer.status_code, answer.json["code"]) == (402, "insufficient_credits")
    assert (answer.json["price"], answer.json["available"]) == (20, 19)
    assert answer.json["detail"] == "This costs 20 credits, and the account has 19 left."
    assert count_rows() == before
    assert purse(ground, api.caller) == (19, 0)


def test_what_is_held_cannot_be_spent_again(api: Api, ground: Ground) -> None:
    give(ground, api.caller, 9)
    api.submit()

    assert api.post("/v1/jobs", json=FOX).json["available"] == 4


def test_twenty_at_once_with_credits_for_seven(
    api: Api, ground: Ground, count_rows: CountRows
) -> None:
    give(ground, api.caller, 7 * 5 + 4)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: api.post("/v1/jobs", json=FOX), range(20)))

    assert sorted(one.status_code for one in answers) == [202] * 7 + [402] * 13
    assert count_rows()["jobs"] == 7
    assert purse(ground, api.caller) == (39, 35)
    assert adds_up(ground)


def test_jobs_and_batches_and_ends_at_once_add_up(api: Api, ground: Ground) -> None:
    give(ground, api.caller, 300)

    def work(number: int) -> None:
        match number % 4:
            case 0:
                api.post("/v1/jobs", json=FOUR)
            case 1:
                api.post("/v1/jobs/batch", json={"jobs": [FOX, FOUR, FOX]})
            case 2:
                for job in jobs.claim(ground, limit=3):
                    with ground.transaction() as session:
                        lifecycle.succeed(session, job, provider="x", artifacts=made(job, 1))
            case _:
                api.post("/v1/jobs/cancel", json={"all": True})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))

    balance, held = purse(ground, api.caller)
    assert 0 <= held <= balance
    assert adds_up(ground)
    api.post("/v1/jobs/cancel", json={"all": True})
    assert purse(ground, api.caller) == (balance, 0)


def test_jobs_of_keys_for_tests_are_free(
    ground: Ground, make_api: MakeApi, caller: Caller, count_rows: CountRows
) -> None:
    give(ground, caller, 0)
    with ground.transaction() as session:
        account = register.get_account(session, caller.account.id)
        _, key = keys.create(session, account, name="", powers=Powers(is_test=True))
    trying = Api(make_api(ground).http, Caller(caller.account, key))
    before = count_rows()["ledger_entries"]

    job = trying.submit()
    again = trying.post(f"/v1/jobs/{job['id']}/cancel").json
    anew = trying.post(f"/v1/jobs/{job['id']}/retry").json
    many = trying.post("/v1/jobs/batch", json={"jobs": [FOUR], "all_or_nothing": True})

    assert (job["price"], again["cost"], anew["price"], many.status_code) == (0, 0, 0, 202)
    assert count_rows()["ledger_entries"] == before
    assert adds_up(ground)


def test_a_retry_is_paid_anew(api: Api, ground: Ground) -> None:
    give(ground, api.caller, 9)
    job = api.submit()
    api.post(f"/v1/jobs/{job['id']}/cancel")

    assert api.post(f"/v1/jobs/{job['id']}/retry").json["price"] == 5
    assert api.post(f"/v1/jobs/{job['id']}/retry").status_code == 402


def test_jobs_that_cannot_be_paid_anew_are_refused_one_by_one(api: Api, ground: Ground) -> None:
    ids = [api.submit()["id"] for _ in range(3)]
    api.post("/v1/jobs/cancel", json={"all": True})
    give(ground, api.caller, 10)

    answer = api.post("/v1/jobs/retry", json={"all": True}).json

    assert [one["retry_of"] for one in answer["data"]] == ids[:2]
    assert [(one["id"], one["error"]["code"]) for one in answer["refused"]] == [
        (ids[2], "insufficient_credits")
    ]


# --- many


def test_a_batch_is_paid_in_its_order_as_far_as_it_goes(api: Api, ground: Ground) -> None:
    give(ground, api.caller, 12)

    answer = api.post("/v1/jobs/batch", json={"jobs": [FOX, FOUR, FOX, {}, FOX]})

    became = answer.json["data"]
    assert answer.status_code == 202
    assert [one["status"] for one in became] == [202, 402, 202, 422, 402]
    assert (became[1]["error"]["price"], became[1]["error"]["available"]) == (20, 7)
    assert (became[4]["error"]["price"], became[4]["error"]["available"]) == (5, 2)
    assert purse(ground, api.caller) == (12, 10)
    assert adds_up(ground)


def test_all_or_nothing_is_paid_whole_or_not_at_all(
    api: Api, ground: Ground, count_rows: CountRows
) -> None:
    give(ground, api.caller, 29)
    body = {"jobs": [FOX, FOUR, FOX], "all_or_nothing": True}

    answer = api.post("/v1/jobs/batch", json=body)

    assert (answer.status_code, answer.json["price"], answer.json["available"]) == (402, 30, 29)
    assert count_rows()["jobs"] == 0
    give(ground, api.caller, 30)
    assert api.post("/v1/jobs/batch", json=body).status_code == 202
    assert purse(ground, api.caller) == (30, 30)


# --- ended


Way = Callable[[Ground, Job], Any]


def succeed(ground: Ground, job: Job) -> None:
    with ground.transaction() as session:
        lifecycle.succeed(session, job, provider="sketch", artifacts=made(job, 4))


def succeed_in_part(ground: Ground, job: Job) -> None:
    with ground.transaction() as session:
        lifecycle.succeed(session, job, provider="sketch", artifacts=made(job, 3))


def fail(ground: Ground, job: Job) -> None:
    with ground.transaction() as session:
        lifecycle.fail(session, job, Permanent())


def abort(ground: Ground, job: Job) -> None:
    with ground.transaction() as session:
        lifecycle.abort(session, job)


def lose(ground: Ground, job: Job) -> None:
    with ground.transaction() as session:
        session.execute(update(Job).values(due_at=clock.now() + LONG_AGO))
    with ground.transaction() as session:
        lifecycle.rescue(session, limit=10, most_losses=1)


def cancel(ground: Ground, job: Job) -> None:
    with ground.transaction() as session:
        lifecycle.cancel(session, session.get_one(Job, job.id))


def cancel_many(ground: Ground, job: Job) -> None:
    with ground.transaction() as session:
        lifecycle.cancel_many(session, Job.id == job.id, account_id=job.account_id, limit=9)


def expire(ground: Ground, job: Job) -> None:
    with ground.transaction() as session:
        session.execute(update(Job).values(deadline=clock.now() + LONG_AGO))
    with ground.transaction() as session:
        lifecycle.expire(session, limit=10)


RUNNING: list[tuple[Way, int]] = [
    (succeed, 20), (succeed_in_part, 15), (fail, 0), (abort, 0), (lose, 0)
]  # fmt: skip
QUEUED: list[tuple[Way, int]] = [(cancel, 0), (cancel_many, 0), (expire, 0)]


@pytest.mark.parametrize(
    ("end", "cost", "claimed"),
    [*((*one, True) for one in RUNNING), *((*one, False) for one in QUEUED)],
)
def test_every_end_settles_or_releases_once(
    ground: Ground, caller: Caller, end: Way, cost: int, claimed: bool
) -> None:
    give(ground, caller, 100)
    job = jobs.submit(ground, caller.account.id, input={"num_images": 4})
    if claimed:
        [job] = jobs.claim(ground)

    end(ground, job)

    ended = jobs.read(ground, job.id)
    verb = "settle" if cost else "release"
    assert (ended.status in OVER, ended.price, ended.cost) == (True, 20, cost)
    assert entries(ground, job.id) == [("hold", 0, 20), (verb, -cost, -20)]
    assert purse(ground, caller) == (100 - cost, 0)
    assert adds_up(ground)


def test_a_job_without_a_place_releases_too(ground: Ground, caller: Caller) -> None:
    with ground.transaction() as session:
        session.get_one(Account, caller.account.id).concurrency = 1
    first, second = (jobs.submit(ground, caller.account.id) for _ in range(2))

    cancel(ground, second)

    assert purse(ground, caller)[1] == first.price
    assert adds_up(ground)


@pytest.mark.parametrize("first", [succeed, fail, abort])
@pytest.mark.parametrize("second", [succeed, fail, abort])
def test_a_stale_worker_moves_no_credits(
    ground: Ground, caller: Caller, first: Way, second: Way
) -> None:
    job = jobs.submit(ground, caller.account.id, input={"num_images": 4})
    [stale] = jobs.claim(ground, lease=LONG_AGO)
    with ground.transaction() as session:
        lifecycle.rescue(session, limit=10, most_losses=5)
    [current] = jobs.claim(ground)

    with pytest.raises(LeaseLost):
        second(ground, stale)
    assert len(entries(ground, job.id)) == 1
    first(ground, current)
    told = entries(ground, job.id), purse(ground, caller)
    with pytest.raises(LeaseLost):
        second(ground, stale)
    with pytest.raises(LeaseLost):
        second(ground, current)

    assert (entries(ground, job.id), purse(ground, caller)) == told
    assert adds_up(ground)


def test_a_whole_job_is_paid_for(api: Api, ground: Ground, worker: WorkerProcess) -> None:
    give(ground, api.caller, 100)
    job_id = api.post("/v1/jobs", json=FOUR).json["id"]

    worker.hear(Queue.IMAGE)

    assert eventually(lambda: api.job(job_id)["cost"] == 20)
    assert purse(ground, api.caller) == (80, 0)


def test_a_changed_catalogue_does_not_change_what_was_agreed(
    ground: Ground, caller: Caller
) -> None:
    job = jobs.submit(ground, caller.account.id, input={"num_images": 4})
    with ground.transaction() as session:
        session.execute(update(Job).values(price=8))
        session.execute(update(Account).values(held=8))
    [job] = jobs.claim(ground)

    succeed_in_part(ground, job)

    assert jobs.read(ground, job.id).cost == 6


def test_a_job_from_before_the_ledger_ends_without_an_entry(ground: Ground, caller: Caller) -> None:
    with ground.transaction() as session:
        account = session.get_one(Account, caller.account.id)
        balance = account.balance
    job = jobs.submit(ground, caller.account.id)
    with ground.transaction() as session:
        session.execute(update(Job).values(price=0))
        session.execute(update(Account).values(held=0))
        session.execute(text("ALTER TABLE ledger_entries DISABLE TRIGGER append_only"))
        session.execute(text("DELETE FROM ledger_entries WHERE verb = 'hold'"))
        session.execute(text("ALTER TABLE ledger_entries ENABLE TRIGGER append_only"))
    [job] = jobs.claim(ground)

    succeed(ground, job)

    assert entries(ground, job.id) == []
    assert purse(ground, caller) == (balance, 0)
    assert adds_up(ground)


@pytest.mark.parametrize(
    "change", ["UPDATE ledger_entries SET balance = 1", "DELETE FROM ledger_entries"]
)
def test_no_entry_is_ever_changed(ground: Ground, caller: Caller, change: str) -> None:
    with pytest.raises(ProgrammingError, match="append-only"), ground.transaction() as session:
        session.execute(text(change))


# --- keys with a cap


@pytest.fixture
def capped(ground: Ground, api: Api) -> Api:
    """The same caller, with a key that may spend twelve credits in its life."""
    with ground.transaction() as session:
        account = register.get_account(session, api.caller.account.id)
        _, key = keys.create(session, account, name="", powers=Powers(spending_cap=12))
    return Api(api.http, Caller(api.caller.account, key))


def spent(ground: Ground) -> int:
    with ground.transaction() as session:
        return session.scalars(select(ApiKey.spent).where(ApiKey.spending_cap.is_not(None))).one()


def test_a_key_spends_no_more_than_its_cap(api: Api, capped: Api, ground: Ground) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: capped.post("/v1/jobs", json=FOX), range(8)))

    refused = next(one.json for one in answers if one.status_code == 402)
    assert sorted(one.status_code for one in answers) == [202] * 2 + [402] * 6
    assert (refused["code"], refused["available"]) == ("spending_cap_reached", 2)
    assert spent(ground) == 10
    assert api.post("/v1/jobs", json=FOX).status_code == 202
    assert adds_up(ground)


def test_what_a_key_did_not_spend_is_given_back(capped: Api, ground: Ground) -> None:
    two = FOX | {"input": FOX["input"] | {"num_images": 2}}  # type: ignore[operator]
    capped.post("/v1/jobs", json=two)
    [job] = jobs.claim(ground)

    with ground.transaction() as session:
        lifecycle.succeed(session, job, provider="sketch", artifacts=made(job, 1))

    assert spent(ground) == 5
    job_id = capped.submit()["id"]
    assert spent(ground) == 10
    capped.post(f"/v1/jobs/{job_id}/cancel")
    assert spent(ground) == 5
    assert adds_up(ground)


@pytest.mark.parametrize(("all_or_nothing", "status"), [(False, 202), (True, 402)])
def test_a_batch_keeps_to_the_cap(
    capped: Api, ground: Ground, all_or_nothing: bool, status: int
) -> None:
    body = {"jobs": [FOX] * 3, "all_or_nothing": all_or_nothing}

    answer = capped.post("/v1/jobs/batch", json=body)

    assert answer.status_code == status
    assert spent(ground) == (0 if all_or_nothing else 10)
    assert adds_up(ground)


# --- opened


def test_a_server_that_sells_credits_opens_accounts_without(
    make_ground: MakeGround, make_api: MakeApi, operator: Caller
) -> None:
    seller = make_api(make_ground(LIMNER_OPENING_CREDITS="0")).http

    answer = seller.post(
        "/v1/admin/accounts", json={"name": "bob", "plan": "free"}, headers=operator.headers
    )

    opened: Any = answer.json
    assert (opened["balance"], opened["held"], opened["available"]) == (0, 0, 0)


def test_an_account_begins_with_credits_that_are_entered(
    http: Any, operator: Caller, ground: Ground
) -> None:
    opened = http.post(
        "/v1/admin/accounts", json={"name": "bob", "plan": "free"}, headers=operator.headers
    ).json

    assert opened["available"] == ground.settings.accounts.opening_credits == 1_000_000
    assert adds_up(ground)


# --- given and taken by those who run the server


def credit(http: Any, operator: Caller, account_id: str, **body: Any) -> Any:
    headers = operator.headers | body.pop("headers", {})
    return http.post(f"/v1/admin/accounts/{account_id}/credits", json=body, headers=headers)


def test_credits_are_given_and_entered(api: Api, operator: Caller, ground: Ground) -> None:
    give(ground, api.caller, 10)

    answer = credit(api.http, operator, api.caller.account.id, amount=7, note="invoice 1009")

    assert answer.status_code == 201
    assert answer.json["account"] == {"balance": 17, "held": 0, "available": 17}
    newest = api.get("/v1/account/ledger?limit=1").json["data"][0]
    assert answer.json == newest | {"account": answer.json["account"]}
    assert (newest["verb"], newest["balance"], newest["note"]) == ("top_up", 7, "invoice 1009")
    assert adds_up(ground)


def test_credits_are_taken_unless_jobs_hold_them(
    api: Api, operator: Caller, ground: Ground, count_rows: CountRows
) -> None:
    give(ground, api.caller, 12)
    api.submit()
    before = count_rows()

    refused = credit(api.http, operator, api.caller.account.id, amount=-8, note="a mistake")
    assert (refused.status_code, refused.json["code"]) == (409, "credits_in_use")
    assert count_rows() == before

    taken = credit(api.http, operator, api.caller.account.id, amount=-7, note="a mistake")
    assert (taken.json["verb"], taken.json["account"]["available"]) == ("adjust", 0)
    assert adds_up(ground)


def test_credits_are_given_once_however_often_it_is_sent(
    api: Api, operator: Caller, ground: Ground
) -> None:
    give(ground, api.caller, 0)
    once: dict[str, Any] = {"amount": 7, "note": "x", "headers": {"Idempotency-Key": "a"}}

    answers = [credit(api.http, operator, api.caller.account.id, **once) for _ in range(3)]

    assert {one.status_code for one in answers} == {201}
    assert answers[0].json == answers[2].json
    assert answers[2].headers["Idempotent-Replayed"] == "true"
    assert purse(ground, api.caller) == (7, 0)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"amount": 0, "note": "x"}, "$.amount"),
        ({"amount": 1.5, "note": "x"}, "$.amount"),
        ({"amount": 10**13, "note": "x"}, "$.amount"),
        ({"amount": 1}, "$.note"),
        ({"amount": 1, "note": ""}, "$.note"),
    ],
)
def test_an_amount_that_makes_no_sense_is_refused(
    api: Api, operator: Caller, body: dict[str, Any], path: str
) -> None:
    answer = credit(api.http, operator, api.caller.account.id, **body)

    assert [one["path"] for one in answer.json["errors"]] == [path]


def test_nobody_gives_credits_to_himself(api: Api, ground: Ground, operator: Caller) -> None:
    with ground.transaction() as session:
        account = register.get_account(session, api.caller.account.id)
        _, key = keys.create(session, account, name="", powers=Powers(scopes=["admin"]))
    himself = Caller(api.caller.account, key)

    own = credit(api.http, himself, api.caller.account.id, amount=1, note="x")
    unknown = credit(api.http, operator, ids.new("acc"), amount=1, note="x")

    assert (own.status_code, own.json["code"]) == (403, "operator_only")
    assert (unknown.status_code, unknown.json["code"]) == (404, "account_not_found")
