"""Theirs to ours and ours to theirs: pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.dialects.vidiking.shapes import ImageRequestSchema
from shared import faults
from shared.jobs.status import Status
from shared.jobs.tables import Job
from shared.storage.links import Links

_STATUSES = {
    Status.QUEUED: "QUEUED",
    Status.RUNNING: "PROCESSING",
    Status.SUCCEEDED: "COMPLETE",
    Status.FAILED: "FAILED",
    Status.CANCELED: "FAILED",
}
_PREFIX_OF_KIND = {"image": "img"}
# DALL-E 3 knows no negative prompt and no artistic style: both are left out, with a word.
_LIMITED_MODEL = "dall-e-3"


@dataclass(frozen=True)
class Wanted:
    """A request in our terms, and what their caller should know about it."""

    request: dict[str, Any]
    warnings: dict[str, list[str]]


def image_request(body: Any) -> Wanted:
    """Turn their body into ours; raises :class:`shared.errors.InvalidRequest`."""
    schema = ImageRequestSchema()
    theirs = faults.load(schema, body, root="")
    warnings = [f"{name}: unknown field, ignored" for name in body if name not in schema.fields]
    model = theirs.pop("model")
    if model == _LIMITED_MODEL:
        warnings += _leave_out(theirs)
    theirs["negative_prompt"] = theirs.get("negative_prompt") or ""
    ours = {"kind": "image", "operation": "generate", "model": model}
    return Wanted(
        {**ours, "input": {**theirs, "format": "png"}}, {"warnings": warnings} if warnings else {}
    )


def _leave_out(theirs: dict[str, Any]) -> list[str]:
    warnings = []
    if theirs["negative_prompt"]:
        theirs["negative_prompt"] = ""
        warnings.append(f"negative_prompt: {_LIMITED_MODEL} does not support it, ignored")
    if theirs["style"] == "artistic":
        theirs["style"] = "natural"
        warnings.append(f"style: {_LIMITED_MODEL} does not support 'artistic', ignored")
    return warnings


def finished_image(job: Job, links: Links, *, credits_used: int) -> dict[str, Any]:
    """Turn a finished image job into their answer."""
    made = job.artifacts[0]
    return {
        "id": their_id(job),
        "url": links.to_artifact(made.id, made.key, made.content_type),
        "model": job.model,
        "width": made.width,
        "height": made.height,
        "credits_used": credits_used,
        "created_at": timestamp(job.created_at),
    }


def unfinished_image(job: Job) -> dict[str, Any]:
    """Say that the image takes longer, and under which id it will be found."""
    return {
        "id": their_id(job),
        "status": "PROCESSING",
        "created_at": timestamp(job.created_at),
    }


def job(job: Job, links: Links, *, credits_used: int) -> dict[str, Any]:
    """Turn any job into their job object."""
    made = job.artifacts[0] if job.artifacts else None
    return {
        "id": their_id(job),
        "type": job.kind,
        "status": _STATUSES[Status(job.status)],
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


def _why(job: Job) -> str | None:
    return "The job was canceled." if job.status == Status.CANCELED else job.error_message


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
