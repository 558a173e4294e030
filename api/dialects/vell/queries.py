"""How their images are found again."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.dialects.vell.faults import FileNotFound
from shared import ids
from shared.jobs.status import Kind
from shared.jobs.tables import Artifact, Job


def newest_images(
    session: Session, *, account_id: str, limit: int
) -> Sequence[tuple[Job, Artifact]]:
    """Return the account's images that are still kept, by whatever way they came; newest first."""
    kept = (Artifact.expired_at.is_(None), Artifact.deleted_at.is_(None))
    query = (
        select(Job, Artifact)
        .join(Artifact, Artifact.job_id == Job.id)
        .where(Artifact.account_id == account_id, *kept, Job.kind == Kind.IMAGE)
        .order_by(Artifact.created_at.desc(), Artifact.id.desc())
        .limit(limit)
    )
    return [(job, artifact) for job, artifact in session.execute(query)]


def get_image(session: Session, job_id: str, position: int) -> Artifact:
    """Return the image that a name of ours names, or raise :class:`FileNotFound`."""
    if not ids.is_id(job_id, "job"):
        raise FileNotFound
    query = select(Artifact).where(Artifact.job_id == job_id, Artifact.position == position)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise FileNotFound
    return found
