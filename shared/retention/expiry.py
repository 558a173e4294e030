"""What accounts keep no longer, by their plans: found through an index, let go in batches.

Every batch is a transaction of its own, so a round may end anywhere; the next one goes on. Rounds
that are made at the same time pass over what the other one has in hand.
"""

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.accounts import register
from shared.accounts.plans import Plans
from shared.accounts.tables import Account
from shared.ground import Ground
from shared.jobs.tables import Artifact
from shared.library.tables import LibraryImage
from shared.retention import deletion, unwanted, usage
from shared.uploads.tables import Upload

_ACCOUNTS = 1_000
_BATCH = 500
# A round ends after so many for a thousand accounts; the next one goes on.
_MOST_BATCHES = 20

# One probe of ix_artifacts_kept for each account.
_OLD_ARTIFACTS = text("""
WITH terms AS (
    SELECT * FROM jsonb_to_recordset(CAST(:terms AS jsonb))
    AS terms (account_id text, artifacts_since timestamptz)
)
SELECT found.id FROM terms CROSS JOIN LATERAL (
    SELECT id FROM artifacts
    WHERE artifacts.account_id = terms.account_id
        AND expired_at IS NULL AND deleted_at IS NULL
        AND created_at < terms.artifacts_since
        AND NOT EXISTS (
            SELECT FROM job_inputs JOIN jobs ON jobs.id = job_inputs.job_id
            WHERE artifact_id = artifacts.id AND finished_at IS NULL
        )
    ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED
) AS found
LIMIT :limit
""")

# Ids sort by time, and no job ends before it was made: the index on (account_id, id) will do.
# A job waits for its webhook, if that is still owed, and for jobs that start from what it made.
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
        AND NOT EXISTS (
            SELECT FROM artifacts JOIN job_inputs ON artifact_id = artifacts.id
            JOIN jobs AS users ON users.id = job_inputs.job_id
            WHERE artifacts.job_id = jobs.id AND users.finished_at IS NULL
        )
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
) AS found
LIMIT :limit
""")

_OLD_UPLOADS = text("""
WITH terms AS (
    SELECT * FROM jsonb_to_recordset(CAST(:terms AS jsonb))
    AS terms (account_id text, uploads_since timestamptz)
)
SELECT found.id FROM terms CROSS JOIN LATERAL (
    SELECT id FROM uploads
    WHERE uploads.account_id = terms.account_id
        AND completed_at IS NOT NULL AND used_at < terms.uploads_since
        AND NOT EXISTS (
            SELECT FROM job_inputs JOIN jobs ON jobs.id = job_inputs.job_id
            WHERE upload_id = uploads.id AND finished_at IS NULL
        )
    ORDER BY used_at LIMIT :limit FOR UPDATE SKIP LOCKED
) AS found
LIMIT :limit
""")

# An image whose file others start from now waits for them, as files do.
_OLD_IMAGES = text("""
SELECT id, job_id FROM library_images
WHERE expires_at < :now
    AND EXISTS (SELECT FROM jobs WHERE jobs.id = job_id AND finished_at IS NOT NULL)
    AND NOT EXISTS (
        SELECT FROM artifacts JOIN job_inputs ON artifact_id = artifacts.id
        JOIN jobs AS users ON users.id = job_inputs.job_id
        WHERE artifacts.job_id = library_images.job_id AND users.finished_at IS NULL
    )
ORDER BY expires_at LIMIT :limit
""")

_COUNT_IMAGES = text("""
SELECT count(*) AS artifacts, CAST(COALESCE(sum(bytes), 0) AS bigint) AS bytes
FROM library_images JOIN artifacts USING (job_id)
WHERE expires_at < :now AND expired_at IS NULL AND deleted_at IS NULL
    AND NOT EXISTS (
        SELECT FROM job_inputs JOIN jobs AS users ON users.id = job_inputs.job_id
        WHERE artifact_id = artifacts.id AND users.finished_at IS NULL
    )
""")

# Their files, if there are any, are doomed since they were opened.
_GIVE_UP_UPLOADS = text("""
DELETE FROM uploads WHERE id IN (
    SELECT id FROM uploads WHERE completed_at IS NULL AND expires_at < :now
    ORDER BY expires_at LIMIT :limit FOR UPDATE SKIP LOCKED
)
RETURNING id
""")

_COUNT = text("""
WITH terms AS (
    SELECT * FROM jsonb_to_recordset(CAST(:terms AS jsonb)) AS terms (
        account_id text, artifacts_since timestamptz, uploads_since timestamptz,
        jobs_since timestamptz, jobs_since_id text
    )
), old_jobs AS (
    SELECT jobs.id FROM jobs JOIN terms USING (account_id)
    WHERE jobs.id < jobs_since_id AND finished_at < jobs_since
        AND NOT EXISTS (
            SELECT FROM webhook_events JOIN webhook_deliveries ON event_id = webhook_events.id
            WHERE webhook_events.job_id = jobs.id AND webhook_deliveries.due_at IS NOT NULL
        )
        AND NOT EXISTS (
            SELECT FROM artifacts JOIN job_inputs ON artifact_id = artifacts.id
            JOIN jobs AS users ON users.id = job_inputs.job_id
            WHERE artifacts.job_id = jobs.id AND users.finished_at IS NULL
        )
), old_artifacts AS (
    SELECT bytes FROM artifacts JOIN terms USING (account_id)
    WHERE expired_at IS NULL AND deleted_at IS NULL
        AND (created_at < artifacts_since OR job_id IN (SELECT id FROM old_jobs))
        AND NOT EXISTS (
            SELECT FROM job_inputs JOIN jobs ON jobs.id = job_inputs.job_id
            WHERE artifact_id = artifacts.id AND finished_at IS NULL
        )
), old_uploads AS (
    SELECT bytes FROM uploads JOIN terms USING (account_id)
    WHERE completed_at IS NOT NULL AND used_at < uploads_since
        AND NOT EXISTS (
            SELECT FROM job_inputs JOIN jobs ON jobs.id = job_inputs.job_id
            WHERE upload_id = uploads.id AND finished_at IS NULL
        )
)
SELECT (SELECT count(*) FROM old_jobs) AS jobs,
    (SELECT count(*) FROM old_artifacts) AS artifacts,
    (SELECT count(*) FROM old_uploads) AS uploads,
    CAST((SELECT COALESCE(sum(bytes), 0) FROM old_artifacts)
        + (SELECT COALESCE(sum(bytes), 0) FROM old_uploads) AS bigint) AS bytes
""")


@dataclass(frozen=True, kw_only=True)
class Let:
    """How much was let go, or would be; ``bytes`` is of the files."""

    jobs: int = 0
    artifacts: int = 0
    uploads: int = 0
    bytes: int = 0

    def __add__(self, other: "Let") -> "Let":
        return Let(
            jobs=self.jobs + other.jobs,
            artifacts=self.artifacts + other.artifacts,
            uploads=self.uploads + other.uploads,
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
        for let_go in (_let_artifacts_go, _let_uploads_go, _let_jobs_go):
            gone += _in_batches(ground, terms, let_go)
    gone += _in_batches(ground, "[]", _let_images_go)
    return gone + _in_batches(ground, "[]", _give_uploads_up)


def overdue(ground: Ground, *, late_by: timedelta = timedelta()) -> Let:
    """Return how much should have been let go for longer than this; nothing is changed."""
    found = Let()
    for terms in _terms(ground, late_by=late_by):
        with ground.reading() as session:
            found += Let(**session.execute(_COUNT, {"terms": terms}).mappings().one())
    with ground.reading() as session:
        given = {"now": clock.now() - late_by}
        return found + Let(**session.execute(_COUNT_IMAGES, given).mappings().one())


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
    if limits.upload_days:
        term["uploads_since"] = (now - timedelta(days=limits.upload_days)).isoformat()
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
    old = session.scalars(_OLD_ARTIFACTS, {"terms": terms, "limit": _BATCH}).all()
    return _expire(session, set(old) - usage.artifacts_in_use(session, old))


def _let_images_go(session: Session, _: str) -> Let:
    """Let go of images of the library whose time is over, of whatever account."""
    given: dict[str, Any] = {"now": clock.now(), "limit": _BATCH}
    old = session.execute(_OLD_IMAGES, given).all()
    # Files before the images that name them, as when jobs are deleted: nobody waits in a circle.
    made = session.execute(
        select(Artifact.id, Artifact.job_id)
        .where(Artifact.job_id.in_([one.job_id for one in old]))
        .order_by(Artifact.id)
        .with_for_update()
    ).all()
    in_use = usage.artifacts_in_use(session, [one.id for one in made])
    stay = {one.job_id for one in made if one.id in in_use}
    session.execute(
        delete(LibraryImage).where(
            LibraryImage.id.in_([one.id for one in old if one.job_id not in stay])
        ),
        execution_options={"synchronize_session": False},
    )
    return _expire(session, {one.id for one in made if one.job_id not in stay})


def _expire(session: Session, artifact_ids: Collection[str]) -> Let:
    """Let go of files that are locked and that nobody starts from."""
    found = session.execute(
        update(Artifact)
        .where(
            Artifact.id.in_(artifact_ids),
            Artifact.expired_at.is_(None),
            Artifact.deleted_at.is_(None),
        )
        .values(expired_at=clock.now())
        .returning(Artifact.key, Artifact.bytes),
        execution_options={"synchronize_session": False},
    ).all()
    unwanted.doom(session, [one.key for one in found])
    return Let(artifacts=len(found), bytes=sum(one.bytes for one in found))


def _let_uploads_go(session: Session, terms: str) -> Let:
    old = session.scalars(_OLD_UPLOADS, {"terms": terms, "limit": _BATCH}).all()
    go = set(old) - usage.uploads_in_use(session, old)
    found = session.execute(
        delete(Upload).where(Upload.id.in_(go)).returning(Upload.key, Upload.bytes),
        execution_options={"synchronize_session": False},
    ).all()
    unwanted.doom(session, [str(one.key) for one in found])
    return Let(uploads=len(found), bytes=sum(one.bytes or 0 for one in found))


def _give_uploads_up(session: Session, _: str) -> Let:
    """Forget uploads whose file did not come in time, of whatever account."""
    given: dict[str, Any] = {"now": clock.now(), "limit": _BATCH}
    return Let(uploads=len(session.execute(_GIVE_UP_UPLOADS, given).all()))


def _let_jobs_go(session: Session, terms: str) -> Let:
    job_ids = session.scalars(_OLD_JOBS, {"terms": terms, "limit": _BATCH}).all()
    if not job_ids:
        return Let()
    gone = deletion.delete_jobs(session, job_ids)
    size = sum(one.bytes for one in gone.artifacts)
    return Let(jobs=len(gone.job_ids), artifacts=len(gone.artifacts), bytes=size)
