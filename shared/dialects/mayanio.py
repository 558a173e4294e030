"""MayanIO's names for a job: its id, its number, how it stands."""

import re
from datetime import UTC, datetime
from typing import Any

from shared import ids
from shared.jobs.status import Kind, Status
from shared.jobs.tables import Job

NAME = "mayanio"

# What is a project of theirs, and how they call it.
TYPES = {Kind.IMAGE: "image", Kind.VIDEO: "video", Kind.MODEL_3D: "3d"}
STATUSES = {
    Status.QUEUED: "queued",
    Status.RUNNING: "processing",
    Status.SUCCEEDED: "completed",
    Status.FAILED: "failed",
    Status.CANCELED: "failed",
}
# Their ids have 96 bits, ours 128: theirs leave the last ones out. Two jobs share one only if an
# account submits them within one millisecond and 42 random bits are alike.
_LEFT_OUT = 32
_THEIR_ID = re.compile(r"[0-9a-f]{24}")


def generation_id(job: Job) -> str:
    """Return the id under which they know a job: 24 hexadecimal digits."""
    return f"{ids.number_of(job.id) >> _LEFT_OUT:024x}"


def our_ids(their_id: str) -> tuple[str, str] | None:
    """Return the first and the last of our ids that one of theirs may stand for."""
    if not _THEIR_ID.fullmatch(their_id):
        return None
    first = int(their_id, 16) << _LEFT_OUT
    return ids.of_number("job", first), ids.of_number("job", first + (1 << _LEFT_OUT) - 1)


def request_id(job: Job) -> str:
    """Return the number under which a request is known that made a job: always the same."""
    return f"req_{number(job)}"


def receipt(job: Job) -> dict[str, Any]:
    """Say under which id a job is found, and how it stands."""
    return {
        "generation_id": generation_id(job),
        "status": STATUSES[Status(job.status)],
        "request_id": request_id(job),
    }


def timestamp(moment: datetime) -> str:
    """Write a moment as they do: UTC, whole seconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def why(job: Job) -> str | None:
    """Return what went wrong with a job, if something did."""
    return "The generation was canceled." if job.status == Status.CANCELED else job.error_message


def number(job: Job) -> str:
    """Return nine digits that belong to a job."""
    return f"{ids.number_of(job.id) % 10**9:09d}"
