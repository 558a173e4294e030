"""What accounts keep no longer, by their plans: found through an index, let go in batches.

Every batch is a transaction of its own, so a round may end anywhere; the next one goes on. Rounds
that are made at the same time pass over what the other one has in hand.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.accounts import register
from shared.accounts.plans import Plans
from shared.accounts.tables import Account
from shared.ground import Ground
from shared.retention import deletion, unwanted

_ACCOUNTS = 1_000
_BATCH = 500
# A round ends after so many for a thousand accounts; the next one goes on.
_MOST_BATCHES = 20

# One probe of ix_artifacts_kept for each account.
_EXPIRE_ARTIFACTS = text("""
WITH terms AS (
    SELECT * FROM jsonb_to_recordset(CAST(:terms AS jsonb))
    AS terms (account_id text, artifacts_since timestamptz)
), old AS (
    SELECT found.id FROM terms CROSS JOIN LATERAL (
        SELECT id FROM artifacts
        WHERE artifacts.account_id = terms.account_id
            AND expired_at IS NULL AND deleted_at IS NULL
            AND created_at < terms.artifacts_since
        ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ) AS found
    LIMIT :limit
)
UPDATE artifacts SET expired_at = :now FROM old WHERE artifacts.id = old.id
RETURNING key, bytes
""")

# Ids sort by time, and no job ends before it was made: the index on (account_id, id) will do.
# A job whose webhook is still owed waits for that.
_OLD_JOBS = text("""
WITH terms AS (
    SELECT * FROM jsonb_to_recordset(CAST(:terms AS jsonb))
    AS terms (account_id text, jobs_since timestamptz, jobs_since_id text)
)
SELECT found.id FROM terms CROSS JOIN LATERAL (
    SELECT id FROM jobs
    WHERE jobs.account_id = terms.account_id
        AND id < terms.jobs_since_id AND finished_at < terms.jobs_since
        AND NOT EXISTS (
            SELECT FROM webhook_events JOIN webhook_deliveries ON event_id = webhook_events.id
            WHERE webhook_events.job_id = jobs.id AND webhook_deliveries.due_at IS NOT NULL
        )
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
) AS found
LIMIT :limit
""")

_COUNT = text("""
WITH terms AS (
    SELECT * FROM jsonb_to_recordset(CAST(:terms AS jsonb)) AS terms (
        account_id text, artifacts_since timestamptz, jobs_since timestamptz, jobs_since_id text
    )
), old_jobs AS (
    SELECT jobs.id FROM jobs JOIN terms USING (account_id)
    WHERE jobs.id < jobs_since_id AND finished_at < jobs_since
        AND NOT EXISTS (
            SELECT FROM webhook_events JOIN webhook_deliveries ON event_id = webhook_events.id
            WHERE webhook_events.job_id = jobs.id AND webhook_deliveries.due_at IS NOT NULL
        )
), old_artifacts AS (
    SELECT bytes FROM artifacts JOIN terms USING (account_id)
    WHERE expired_at IS NULL AND deleted_at IS NULL
        AND (created_at < artifacts_since OR job_id IN (SELECT id FROM old_jobs))
)
SELECT (SELECT count(*) FROM old_jobs) AS jobs,
    (SELECT count(*) FROM old_artifacts) AS artifacts,
    (SELECT CAST(COALESCE(sum(bytes), 0) AS bigint) FROM old_artifacts) AS bytes
""")


@dataclass(frozen=True, kw_only=True)
class Let:
    """How much was let go, or would be; ``bytes`` is of the artifacts."""

    jobs: int = 0
    artifacts: int = 0
    bytes: int = 0

    def __add__(self, other: "Let") -> "Let":
        return Let(
            jobs=self.jobs + other.jobs,
            artifacts=self.artifacts + other.artifacts,
            bytes=self.bytes + other.bytes,
        )

    @property
    def is_anything(self) -> bool:
        """Say whether there was anything."""
        return self != Let()


def go_round(ground: Ground) -> Let:
    """Let go what accounts keep no longer, up to so much; returns how much that was."""
    gone = Let()
    for terms in _terms(ground, late_by=timedelta()):
        for let_go in (_let_artifacts_go, _let_jobs_go):
            gone += _in_batches(ground, terms, let_go)
    return gone


def overdue(ground: Ground, *, late_by: timedelta = timedelta()) -> Let:
    """Return how much should have been let go for longer than this; nothing is changed."""
    found = Let()
    for terms in _terms(ground, late_by=late_by):
        with ground.reading() as session:
            found += Let(**session.execute(_COUNT, {"terms": terms}).mappings().one())
    return found


def _terms(ground: Ground, *, late_by: timedelta) -> Iterator[str]:
    """Yield since when accounts keep what, as JSON, for so many accounts at a time."""
    now, last = clock.now() - late_by, None
    while True:
        with ground.reading() as session:
            page = register.list_accounts(session, limit=_ACCOUNTS, before=last)
        terms = [term for one in page if len(term := _term(one, ground.plans, now)) > 1]
        if terms:
            yield json.dumps(terms)
        if len(page) < _ACCOUNTS:
            return
        last = page[-1].id


def _term(account: Account, plans: Plans, now: datetime) -> dict[str, str]:
    limits = register.limits_of(account, plans)
    term = {"account_id": account.id}
    if limits.artifact_days:
        term["artifacts_since"] = (now - timedelta(days=limits.artifact_days)).isoformat()
    if limits.job_days:
        since = now - timedelta(days=limits.job_days)
        term |= {"jobs_since": since.isoformat(), "jobs_since_id": ids.first("job", since)}
    return term


def _in_batches(ground: Ground, terms: str, let_go: Callable[[Session, str], Let]) -> Let:
    gone = Let()
    for _ in range(_MOST_BATCHES):
        with ground.transaction() as session:
            batch = let_go(session, terms)
        if not batch.is_anything:
            break
        gone += batch
    return gone


def _let_artifacts_go(session: Session, terms: str) -> Let:
    given: dict[str, Any] = {"terms": terms, "limit": _BATCH, "now": clock.now()}
    found = session.execute(_EXPIRE_ARTIFACTS, given).all()
    unwanted.doom(session, [one.key for one in found])
    return Let(artifacts=len(found), bytes=sum(one.bytes for one in found))


def _let_jobs_go(session: Session, terms: str) -> Let:
    job_ids = session.scalars(_OLD_JOBS, {"terms": terms, "limit": _BATCH}).all()
    if not job_ids:
        return Let()
    files = deletion.delete_jobs(session, job_ids)
    return Let(jobs=len(job_ids), artifacts=len(files), bytes=sum(one.bytes for one in files))
