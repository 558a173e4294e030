"""A job in VidiKing's words: what its addresses answer, and what its callbacks carry."""

from datetime import UTC, datetime
from typing import Any

from shared.dialects.reasons import reason
from shared.jobs.status import Kind, Role, Status
from shared.jobs.tables import Artifact, Job
from shared.storage.links import Links

NAME = "vidiking"

STATUSES = {
    Status.QUEUED: "QUEUED",
    Status.RUNNING: "PROCESSING",
    Status.SUCCEEDED: "COMPLETE",
    Status.FAILED: "FAILED",
    Status.CANCELED: "FAILED",
}
_PREFIXES = {"image": "img", "stitch": "job_stitch", "trim": "job_trim"}


def job(job: Job, links: Links) -> dict[str, Any]:
    """Turn any job, loaded with its artifacts, into their job object."""
    made = result_of(job)
    return {
        "id": their_id(job),
        "type": _type(job),
        "status": STATUSES[Status(job.status)],
        "progress": round(job.progress),
        "url": link(made, links),
        "poster": link(_first(job, Role.POSTER), links),
        "thumbnail": link(_thumbnail(job), links),
        "width": made and made.width,
        "height": made and made.height,
        "duration": made and made.duration,
        "credits_used": job.cost or 0,
        "error": reason(job, canceled="The job was canceled."),
        "error_code": _code(job),
        "warnings": [one["message"] for one in job.warnings],
        "metadata": job.job_metadata,
        "created_at": timestamp(job.created_at),
        "started_at": job.started_at and timestamp(job.started_at),
        "completed_at": job.finished_at and timestamp(job.finished_at),
    }


def result_of(job: Job) -> Artifact | None:
    """Return the file that was asked for, without the pictures that come along."""
    return _first(job, Role.RESULT)


def link(file: Artifact | None, links: Links) -> str | None:
    """Return an address of a file, unless there is none, or it is no longer kept."""
    if file is None or not file.is_kept:
        return None
    return links.to_artifact(file.id, file.key, file.content_type)


def their_id(job: Job) -> str:
    """Return the id under which they know a job: ours with a prefix of theirs."""
    return f"{_PREFIXES.get(_type(job), 'job')}_{job.id.removeprefix('job_')}"


def our_id(their_id: str) -> str:
    """Return our id for one of theirs."""
    return f"job_{their_id.rpartition('_')[2]}"


def timestamp(moment: datetime) -> str:
    """Write a moment as they do: UTC, whole seconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _type(job: Job) -> str:
    is_part = job.kind == Kind.RENDER and job.operation in _PREFIXES
    return job.operation if is_part else job.kind


def _first(job: Job, role: Role) -> Artifact | None:
    return next((one for one in job.artifacts if one.role == role), None)


def _thumbnail(job: Job) -> Artifact | None:
    """Return a small picture of what was made; one that is small itself is its own."""
    made = result_of(job)
    is_picture = made is not None and made.content_type.startswith("image/")
    return _first(job, Role.THUMBNAIL) or (made if is_picture else None)


def _code(job: Job) -> str | None:
    return job.error_code or ("canceled" if job.status == Status.CANCELED else None)
