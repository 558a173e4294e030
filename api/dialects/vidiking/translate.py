"""Theirs to ours and ours to theirs: pure."""

from dataclasses import dataclass
from typing import Any

from api.dialects.vidiking.shapes import ImageRequestSchema
from shared import faults
from shared.dialects.vidiking import their_id, timestamp
from shared.jobs.tables import Job
from shared.storage.links import Links

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
    if "callback" in theirs:
        ours["webhook"] = theirs.pop("callback")
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
