"""Jobs and files that go because their owner says so."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.errors import ArtifactNotFound, FileInUse, JobIsNotOver, JobNotFound
from shared.jobs import usage as used
from shared.jobs.tables import Artifact, Job
from shared.retention import unwanted, usage


def delete_job(session: Session, *, account_id: str, job_id: str) -> None:
    """Delete a finished job of the account; raises :class:`JobNotFound`, :class:`JobIsNotOver`.

    Raises :class:`FileInUse` if an unfinished job starts from what it made.
    """
    if not ids.is_id(job_id, "job"):
        raise JobNotFound
    mine = select(Job).where(Job.id == job_id, Job.account_id == account_id)
    job = session.scalars(mine.with_for_update()).one_or_none()
    if job is None:
        raise JobNotFound(f"There is no job {job_id!r}.")
    if job.finished_at is None:
        raise JobIsNotOver("The job has not ended yet: cancel it first.")
    if not delete_jobs(session, [job.id]).job_ids:
        raise FileInUse


@dataclass(frozen=True)
class Deleted:
    """Jobs that are gone, and what they made and was still kept."""

    job_ids: Sequence[str]
    artifacts: Sequence[Artifact]


def delete_jobs(session: Session, job_ids: Collection[str]) -> Deleted:
    """Delete jobs that are over and locked, but those from whose files others start now."""
    made = session.scalars(
        select(Artifact).where(Artifact.job_id.in_(job_ids)).order_by(Artifact.id).with_for_update()
    ).all()
    in_use = usage.artifacts_in_use(session, [one.id for one in made])
    stay = {one.job_id for one in made if one.id in in_use}
    go = [job_id for job_id in job_ids if job_id not in stay]
    kept = [one for one in made if one.is_kept and one.job_id not in stay]
    unwanted.doom(session, [one.key for one in kept])
    used.keep(session, go)
    # What else names a job goes with it or lets go of it, as each table's foreign key says.
    session.execute(
        delete(Job).where(Job.id.in_(go)), execution_options={"synchronize_session": False}
    )
    return Deleted(go, kept)


def delete_artifact(session: Session, *, account_id: str, artifact_id: str) -> None:
    """Let go of a file of the account and of the pictures of it; their rows stay and say so.

    Said again, it stays so. Raises :class:`ArtifactNotFound`, and :class:`FileInUse` if an
    unfinished job starts from one of them.
    """
    if not ids.is_id(artifact_id, "art"):
        raise ArtifactNotFound
    it_and_its_pictures = or_(Artifact.id == artifact_id, Artifact.of_id == artifact_id)
    mine = select(Artifact).where(it_and_its_pictures, Artifact.account_id == account_id)
    found = session.scalars(mine.order_by(Artifact.id).with_for_update()).all()
    if not found:
        raise ArtifactNotFound
    kept = [one for one in found if one.is_kept]
    if usage.artifacts_in_use(session, [one.id for one in kept]):
        raise FileInUse
    for one in kept:
        one.deleted_at = clock.now()
    unwanted.doom(session, [one.key for one in kept])
