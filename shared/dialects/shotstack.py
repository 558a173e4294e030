"""A render in Shotstack's words: what its addresses answer, and what its callbacks carry."""

from typing import Any
from uuid import UUID

from shared import ids
from shared.clock import rfc3339
from shared.dialects.reasons import reason
from shared.jobs.status import Role, Status
from shared.jobs.tables import Job
from shared.storage.links import Links

NAME = "shotstack"


def status_of(job: Job) -> str:
    """Return how a job stands; before it has moved, its sources are being fetched."""
    match job.status:
        case Status.QUEUED:
            return "queued"
        case Status.RUNNING:
            return "rendering" if job.progress else "fetching"
        case Status.SUCCEEDED:
            return "done"
    return "failed"


def render(job: Job, links: Links) -> dict[str, Any]:
    """Turn a render, loaded with its artifacts, into their object."""
    made = _link(job, Role.RESULT, links)
    moved = job.finished_at or job.started_at or job.created_at
    return {
        "id": their_id(job),
        "owner": job.account_id,
        "plan": None,
        "status": status_of(job),
        "error": reason(job, canceled="The render was canceled."),
        "duration": next((one.duration for one in job.artifacts if one.role == Role.RESULT), None),
        "renderTime": _milliseconds(job),
        "url": made,
        "poster": _link(job, Role.POSTER, links),
        "thumbnail": _link(job, Role.THUMBNAIL, links),
        "created": rfc3339(job.created_at),
        "updated": rfc3339(moved),
    }


def told(job: Job, links: Links) -> dict[str, Any]:
    """Turn a render that is over into what its callback gets."""
    return {
        "type": "edit",
        "action": "render",
        "id": their_id(job),
        "owner": job.account_id,
        "status": status_of(job),
        "url": _link(job, Role.RESULT, links),
        "error": reason(job, canceled="The render was canceled."),
        "completed": job.finished_at and rfc3339(job.finished_at),
    }


def their_id(job: Job) -> str:
    """Return the id under which they know a job: its 128 bits as a UUID."""
    return str(UUID(int=ids.number_of(job.id)))


def our_id(their_id: str) -> str | None:
    """Return our id for one of theirs, if it is one."""
    try:
        number = UUID(their_id).int
    except ValueError:
        return None
    return ids.of_number("job", number)


def _link(job: Job, role: Role, links: Links) -> str | None:
    file = next((one for one in job.artifacts if one.role == role and one.is_kept), None)
    return links.to_artifact(file.id, file.key, file.content_type) if file else None


def _milliseconds(job: Job) -> int | None:
    if job.started_at is None or job.finished_at is None:
        return None
    return round((job.finished_at - job.started_at).total_seconds() * 1000)
