"""How jobs are found again: always within one account."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from shared import ids
from shared.errors import ArtifactNotFound, JobNotFound
from shared.jobs.tables import Artifact, Job

# Put together once: SQLAlchemy takes longer over the statement than Postgres over the answer.
_ONE_JOB = (
    select(Job)
    .where(Job.id == bindparam("job_id"), Job.account_id == bindparam("account_id"))
    .options(joinedload(Job.artifacts), joinedload(Job.attempts))
)


def get_job(session: Session, *, account_id: str, job_id: str) -> Job:
    """Return the account's job, artifacts and attempts, or raise :class:`JobNotFound`."""
    if not ids.is_id(job_id, "job"):
        raise JobNotFound
    found = session.scalars(_ONE_JOB, {"job_id": job_id, "account_id": account_id})
    job = found.unique().one_or_none()
    if job is None:
        raise JobNotFound(f"There is no job {job_id!r}.")
    return job


def list_jobs(
    session: Session,
    *,
    account_id: str,
    limit: int,
    before: str | None = None,
    filters: Mapping[str, Any],
) -> Sequence[Job]:
    """Return the account's jobs with their artifacts, newest first.

    ``before`` is the id of the last job that was seen; for the filters see :func:`matching`.
    """
    query = select(Job).where(Job.account_id == account_id)
    if before is not None:
        query = query.where(Job.id < before)
    query = query.where(matching(filters)).order_by(Job.id.desc()).limit(limit)
    return session.scalars(query.options(selectinload(Job.artifacts))).all()


def matching(filters: Mapping[str, Any]) -> ColumnElement[bool]:
    """Return the condition of jobs that meet every filter, of whatever account.

    Filters: ``ids``, ``status`` and ``kind`` (lists), ``created_after``, ``created_before``,
    ``reference`` (as in the job's metadata).
    """
    return and_(true(), *(_CONDITIONS[name](value) for name, value in filters.items()))


def any_job(session: Session, *, account_id: str, condition: ColumnElement[bool]) -> bool:
    """Say whether any job of the account meets a condition."""
    found = exists().where(Job.account_id == account_id, condition)
    return bool(session.scalar(select(found)))


def get_artifact(session: Session, artifact_id: str) -> Artifact:
    """Return an artifact that a signed link names, or raise :class:`ArtifactNotFound`."""
    artifact = session.get(Artifact, artifact_id) if ids.is_id(artifact_id, "art") else None
    if artifact is None:
        raise ArtifactNotFound
    return artifact


_CONDITIONS: Mapping[str, Any] = {
    "ids": lambda values: Job.id.in_(values),
    "status": lambda values: Job.status.in_(values),
    "kind": lambda values: Job.kind.in_(values),
    "created_after": lambda moment: Job.created_at > moment,
    "created_before": lambda moment: Job.created_at < moment,
    "reference": lambda text: Job.job_metadata["reference"].astext == text,
}
