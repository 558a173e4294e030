"""Files that unfinished jobs start from: they are kept until those have ended.

Ask with the files' rows locked, in a statement of its own: who names a file holds its row until
that is written, and a statement sees what was written before it began.
"""

from collections.abc import Iterable

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from shared.jobs.tables import Job, JobInput


def uploads_in_use(session: Session, upload_ids: Iterable[str]) -> set[str]:
    """Return which of these uploads unfinished jobs start from."""
    used = JobInput.upload_id.in_(list(upload_ids))
    return {str(one) for one in session.scalars(_in_use(JobInput.upload_id).where(used))}


def artifacts_in_use(session: Session, artifact_ids: Iterable[str]) -> set[str]:
    """Return which of these artifacts unfinished jobs start from."""
    used = JobInput.artifact_id.in_(list(artifact_ids))
    return {str(one) for one in session.scalars(_in_use(JobInput.artifact_id).where(used))}


def _in_use(what: InstrumentedAttribute[str | None]) -> Select[str | None]:
    return select(what).join(Job, Job.id == JobInput.job_id).where(Job.finished_at.is_(None))
