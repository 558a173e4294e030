"""Jobs and files that go because their owner says so."""

from collections.abc import Collection

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.errors import ArtifactNotFound, JobIsNotOver, JobNotFound
from shared.jobs.tables import Artifact, Job
from shared.retention import unwanted


def delete_job(session: Session, *, account_id: str, job_id: str) -> None:
    """Delete a finished job of the account; raises :class:`JobNotFound`, :class:`JobIsNotOver`."""
    if not ids.is_id(job_id, "job"):
        raise JobNotFound
    mine = select(Job).where(Job.id == job_id, Job.account_id == account_id)
    job = session.scalars(mine.with_for_update()).one_or_none()
    if job is None:
        raise JobNotFound(f"There is no job {job_id!r}.")
    if job.finished_at is None:
        raise JobIsNotOver("The job has not ended yet: cancel it first.")
    delete_jobs(session, [job.id])


def delete_jobs(session: Session, job_ids: Collection[str]) -> list[Artifact]:
    """Delete jobs that are over and locked; returns what they made and was still kept."""
    files = session.scalars(
        select(Artifact).where(Artifact.job_id.in_(job_ids)).order_by(Artifact.id).with_for_update()
    ).all()
    kept = [one for one in files if one.is_kept]
    unwanted.doom(session, [one.key for one in kept])
    # What else names a job goes with it or lets go of it, as each table's foreign key says.
    session.execute(
        delete(Job).where(Job.id.in_(job_ids)), execution_options={"synchronize_session": False}
    )
    return kept


def delete_artifact(session: Session, *, account_id: str, artifact_id: str) -> None:
    """Let go of a file of the account; its row stays and says so. Said again, it stays so.

    Raises :class:`ArtifactNotFound`.
    """
    if not ids.is_id(artifact_id, "art"):
        raise ArtifactNotFound
    mine = (Artifact.id == artifact_id) & (Artifact.account_id == account_id)
    keys = session.scalars(
        update(Artifact)
        .where(mine, Artifact.expired_at.is_(None), Artifact.deleted_at.is_(None))
        .values(deleted_at=clock.now())
        .returning(Artifact.key),
        execution_options={"synchronize_session": False},
    ).all()
    if not keys and session.scalar(select(Artifact.id).where(mine)) is None:
        raise ArtifactNotFound
    unwanted.doom(session, keys)
