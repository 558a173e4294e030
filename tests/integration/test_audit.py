"""What should never be is found and named, not looped over."""

import pytest
from sqlalchemy import text

from shared.ground import Ground
from shared.jobs import attempts, lifecycle
from shared.jobs.audit import oddities
from tests.conftest import Caller
from tests.support import jobs


def found(ground: Ground) -> list[str]:
    with ground.transaction() as session:
        return [one.what for one in oddities(session, ground.catalog)]


def test_jobs_in_every_state_make_sense(ground: Ground, caller: Caller) -> None:
    for _ in range(4):
        jobs.submit(ground, caller.account.id)
    running, done, canceled = jobs.claim(ground, limit=3)
    with ground.transaction() as session:
        attempts.intend(session, running, provider="fal", route_model="x")
        lifecycle.succeed(session, done, provider="sketch", artifacts=[])
        lifecycle.abort(session, canceled)

    assert found(ground) == []


@pytest.mark.parametrize(
    ("nonsense", "what"),
    [
        (
            "UPDATE jobs SET due_at = now() - interval '1 hour'",
            "unfinished jobs that were due long ago",
        ),
        (
            "UPDATE jobs SET status = 'succeeded'",
            "jobs whose status and end do not agree",
        ),
        (
            "UPDATE jobs SET model = 'nobody'",
            "unfinished jobs of a kind or a model that is not known",
        ),
        ("UPDATE jobs SET status = 'running'", "parked jobs with no attempt to ask for"),
        ("UPDATE accounts SET active = 7", "accounts whose places do not add up"),
        (
            "UPDATE accounts SET balance = 7",
            "accounts whose credits are not what their ledger says",
        ),
        (
            "UPDATE accounts SET held = 7",
            "accounts that hold other than what their unfinished jobs may cost",
        ),
        (
            "INSERT INTO ledger_entries (id, account_id, job_id, verb, balance, held, at)"
            " SELECT id, account_id, id, 'release', 0, -price, now() FROM jobs",
            "jobs settled or released other than once",
        ),
        (
            "UPDATE api_keys SET spending_cap = 10, spent = 3",
            "keys that have spent other than what the ledger says",
        ),
    ],
)
def test_a_row_edited_into_nonsense_is_named(
    ground: Ground, caller: Caller, nonsense: str, what: str
) -> None:
    jobs.submit(ground, caller.account.id)
    with ground.transaction() as session:
        session.execute(text(nonsense))

    assert what in found(ground)


def test_an_attempt_that_outlives_its_job_is_named(ground: Ground, caller: Caller) -> None:
    jobs.submit(ground, caller.account.id)
    [job] = jobs.claim(ground)
    with ground.transaction() as session:
        attempts.intend(session, job, provider="fal", route_model="x")
        lifecycle.abort(session, job)

    assert found(ground) == ["open attempts of jobs that are over"]
