"""A job in VidiKing's words: what its addresses answer, and what its callbacks carry."""

from datetime import UTC, datetime
from typing import Any

from shared.jobs.status import Status
from shared.jobs.tables import Job
from shared.storage.links import Links

NAME = "vidiking"

STATUSES = {
    Status.QUEUED: "QUEUED",
    Status.RUNNING: "PROCESSING",
    Status.SUCCEEDED: "COMPLETE",
    Status.FAILED: "FAILED",
    Status.CANCELED: "FAILED",
}
_PREFIX_OF_KIND = {"image": "img"}


def job(job: Job, links: Links, *, credits_used: int) -> dict[str, Any]:
    """Turn any job, loaded with its artifacts, into their job object."""
    made = job.artifacts[0] if job.artifacts else None
    return {
        "id": their_id(job),
        "type": job.kind,
        "status": STATUSES[Status(job.status)],
        "progress": round(job.progress),
        "url": made and links.to_artifact(made.id, made.key, made.content_type),
        "width": made and made.width,
        "height": made and made.height,
        "credits_used": credits_used if made else 0,
        "error": _why(job),
        "error_code": job.error_code,
        "metadata": job.job_metadata,
        "created_at": timestamp(job.created_at),
        "started_at": job.started_at and timestamp(job.started_at),
        "completed_at": job.finished_at and timestamp(job.finished_at),
    }


def their_id(job: Job) -> str:
    """Return the id under which they know a job: ours with a prefix of theirs."""
    prefix = _PREFIX_OF_KIND.get(job.kind, "job")
    return f"{prefix}_{job.id.removeprefix('job_')}"


def our_id(their_id: str) -> str:
    """Return our id for one of theirs."""
    return f"job_{their_id.rpartition('_')[2]}"


def timestamp(moment: datetime) -> str:
    """Write a moment as they do: UTC, whole seconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _why(job: Job) -> str | None:
    return "The job was canceled." if job.status == Status.CANCELED else job.error_message
