"""How their images are found again."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from api.dialects.vell.faults import FileNotFound
from shared import ids
from shared.jobs.status import Kind, Role
from shared.jobs.tables import Artifact, Job

_IS_RESULT = Artifact.role == Role.RESULT


def newest_images(
    session: Session, *, account_id: str, limit: int
) -> Sequence[tuple[Job, Artifact, int]]:
    """Return the account's images that are still kept, by whatever way they came; newest first.

    Each comes with its job, and how many results of that came before it.
    """
    kept = (Artifact.expired_at.is_(None), Artifact.deleted_at.is_(None))
    earlier = aliased(Artifact)
    place = (
        select(func.count())
        .where(
            earlier.job_id == Artifact.job_id,
            earlier.role == Role.RESULT,
            earlier.position < Artifact.position,
        )
        .scalar_subquery()
    )
    query = (
        select(Job, Artifact, place)
        .join(Artifact, Artifact.job_id == Job.id)
        .where(Artifact.account_id == account_id, _IS_RESULT, *kept, Job.kind == Kind.IMAGE)
        .order_by(Artifact.created_at.desc(), Artifact.id.desc())
        .limit(limit)
    )
    return [(job, artifact, before) for job, artifact, before in session.execute(query)]


def get_image(session: Session, job_id: str, place: int) -> Artifact:
    """Return the result of a job at this place among all, or raise :class:`FileNotFound`."""
    if not ids.is_id(job_id, "job"):
        raise FileNotFound
    results = select(Artifact).where(Artifact.job_id == job_id, _IS_RESULT)
    query = results.order_by(Artifact.position).offset(place).limit(1)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise FileNotFound
    return found
