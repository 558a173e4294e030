"""Jobs end: one statement for any number of an account's jobs, whatever it is that ends them.

It closes the jobs, appends their events, gives their places back, and settles what was held for
them: what was really made is paid for, the rest is released.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from shared import clock, ids
from shared.errors import LeaseLost, ServiceError
from shared.jobs import pricing, turns
from shared.jobs.status import TRANSITIONS, Role, Status
from shared.jobs.tables import Artifact, Job
from shared.signals import JobMoved, after_commit
from shared.webhooks import outbox

# What a job that is over does not have.
_GONE = ("due_at", "deadline", "attempt_id", "worker", "stage", "waiting_for")

_END = text("""
WITH given AS (
    SELECT *, changes ? 'error_code' AS says_why
    FROM jsonb_to_recordset(CAST(:endings AS jsonb)) AS given (
        id text, lease integer, verb text, source text, target text, changes jsonb, artifacts jsonb,
        entry text
    )
), ended AS (
    UPDATE jobs
    SET status = target,
        finished_at = :now,
        cancel_requested_at = CASE source WHEN 'queued' THEN :now ELSE cancel_requested_at END,
        provider = COALESCE(changes ->> 'provider', provider),
        progress = COALESCE(CAST(changes ->> 'progress' AS float), progress),
        warnings = COALESCE(changes -> 'warnings', warnings),
        error_code = CASE WHEN says_why THEN changes ->> 'error_code' ELSE error_code END,
        error_message = CASE WHEN says_why THEN changes ->> 'error_message' ELSE error_message END,
        cost = COALESCE(CAST(changes ->> 'cost' AS bigint), 0),
        due_at = NULL, deadline = NULL, attempt_id = NULL,
        worker = NULL, stage = NULL, waiting_for = NULL
    FROM given
    WHERE jobs.id = given.id AND status = source
        AND (given.lease IS NULL OR jobs.lease = given.lease)
    RETURNING jobs.id, is_ready, verb, price, cost, key_id, entry
), made AS (
    INSERT INTO artifacts
    SELECT artifact.* FROM ended JOIN given USING (id)
        CROSS JOIN jsonb_populate_recordset(CAST(NULL AS artifacts), artifacts) AS artifact
), told AS (
    INSERT INTO job_events (job_id, account_id, at, verb)
    SELECT id, :account_id, :now, verb FROM ended
), entered AS (
    INSERT INTO ledger_entries (id, account_id, job_id, key_id, verb, balance, held, at)
    SELECT entry, :account_id, id, key_id,
        CASE verb WHEN 'succeed' THEN 'settle' ELSE 'release' END, -cost, -price, :now
    FROM ended WHERE price > 0
), leaving AS (
    SELECT count(*) FILTER (WHERE is_ready) AS places, sum(price) AS released, sum(cost) AS paid
    FROM ended
), room AS (
    UPDATE accounts
    SET active = active - places,
        held = held - released,
        balance = balance - paid,
        -- Whoever has nothing left begins anew: what it had before does not count against it.
        turn = CASE WHEN active <= places THEN :now ELSE turn END
    FROM leaving
    WHERE accounts.id = :account_id AND (places > 0 OR released > 0)
    RETURNING places, places > 0 AND active + places >= concurrency AS was_full
), left_over AS (
    SELECT key_id, sum(price - cost) AS credits FROM ended WHERE price > cost GROUP BY key_id
), given_back AS (
    UPDATE api_keys
    SET spent = spent - credits
    FROM left_over, room  -- the account's row is locked before those of its keys
    WHERE api_keys.id = key_id AND spending_cap IS NOT NULL
)
SELECT ended.id, COALESCE(was_full, false) AS was_full, COALESCE(places, 0) AS places,
    EXISTS (
        SELECT FROM webhook_endpoints WHERE account_id = :account_id AND is_enabled
    ) AS is_heard
FROM ended LEFT JOIN room ON true
""")


def succeed(
    session: Session,
    job: Job,
    *,
    provider: str,
    artifacts: Sequence[Artifact],
    warnings: Sequence[Mapping[str, str]] = (),
) -> Job:
    """Close a job whose artifacts are stored; raises :class:`LeaseLost`."""
    changes = {
        "provider": provider,
        "progress": 100.0,
        "cost": pricing.cost(job.price, job.input, made=_results(artifacts)),
        "warnings": list(warnings),
        # It may have been too late for its deadline, and yet was finished.
        "error_code": None,
        "error_message": None,
    }
    done = _end_held(session, Ending(job, "succeed", job.lease, changes, artifacts))
    set_committed_value(done, "artifacts", list(artifacts))
    return done


def fail(session: Session, job: Job, error: ServiceError) -> Job:
    """Close a job that cannot be carried out, and say why; raises :class:`LeaseLost`."""
    changes = {"error_code": error.code, "error_message": error.message}
    return _end_held(session, Ending(job, "fail", job.lease, changes))


def abort(session: Session, job: Job) -> Job:
    """Close a running job that is no longer wanted, once nothing of it runs any more.

    Raises :class:`LeaseLost`.
    """
    return _end_held(session, Ending(job, "abort", job.lease))


@dataclass(frozen=True)
class Ending:
    """The end of one job: by which verb, under which lease, and what is to be said of it.

    Without a lease it is no worker that ends the job. ``changes`` may hold ``provider``,
    ``progress``, ``warnings``, and ``error_code`` with ``error_message``; what they do not name
    stays. With no ``cost`` in them it costs nothing. ``artifacts`` are what it made.
    """

    job: Job
    verb: str
    lease: int | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Sequence[Artifact] = ()


def end(session: Session, endings: Iterable[Ending]) -> list[Job]:
    """End jobs that still stand where their verbs begin; returns those that did end."""
    # In the order of the accounts, whose rows are locked: two that do this never wait in a circle.
    by_account = sorted(endings, key=lambda one: one.job.account_id)
    return [
        job
        for account_id, of_account in groupby(by_account, key=lambda one: one.job.account_id)
        for job in _end(session, account_id, list(of_account))
    ]


def _end(session: Session, account_id: str, endings: Sequence[Ending]) -> list[Job]:
    now = clock.now()
    rows = json.dumps([_row(one) for one in endings], default=datetime.isoformat)
    found = session.execute(_END, {"endings": rows, "now": now, "account_id": account_id}).all()
    if found and found[0].was_full:
        turns.pass_on(session, account_id, count=found[0].places)
    over = {row.id for row in found}
    ended = [one for one in endings if one.job.id in over]
    for one in ended:
        _show(one, now)
    jobs = [one.job for one in ended]
    _tell(session, jobs, is_heard=bool(found) and found[0].is_heard)
    return jobs


def _end_held(session: Session, ending: Ending) -> Job:
    if not end(session, [ending]):
        raise LeaseLost
    return ending.job


def _tell(session: Session, jobs: Sequence[Job], *, is_heard: bool) -> None:
    outbox.fan_out(session, jobs, is_heard=is_heard)
    for job in jobs:
        after_commit(session, JobMoved(job.id, job.account_id, is_over=True))


def _results(artifacts: Sequence[Artifact]) -> int:
    """Count what is paid for; pictures of it come along."""
    return sum(one.role == Role.RESULT for one in artifacts)


def _columns(artifact: Artifact) -> dict[str, Any]:
    return {one.name: getattr(artifact, one.key) for one in Artifact.__table__.c}


def _row(one: Ending) -> dict[str, Any]:
    source, target = TRANSITIONS[one.verb]
    row = {"id": one.job.id, "lease": one.lease, "verb": one.verb, "changes": dict(one.changes)}
    made = [_columns(artifact) for artifact in one.artifacts]
    return row | {"source": source, "target": target, "artifacts": made, "entry": ids.new("led")}


def _show(one: Ending, now: datetime) -> None:
    """Let the job in hand look as its row does now, without reading it again."""
    source, target = TRANSITIONS[one.verb]
    shown = {**dict.fromkeys(_GONE), "cost": 0, **one.changes}
    shown |= {"status": target, "finished_at": now}
    if source is Status.QUEUED:
        shown["cancel_requested_at"] = now
    for name, value in shown.items():
        set_committed_value(one.job, name, value)
