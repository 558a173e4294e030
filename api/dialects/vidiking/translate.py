"""Theirs to ours and ours to theirs, for what models make: pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema

from api.dialects.vidiking.shapes import ImageRequestSchema, VideoRequestSchema
from shared import faults
from shared.dialects.vidiking import link, result_of, their_id, timestamp
from shared.errors import Fault
from shared.jobs.status import Kind
from shared.jobs.tables import Job
from shared.storage.links import Links

# DALL-E 3 knows no negative prompt and no artistic style: both are left out, with a word.
_LIMITED_MODEL = "dall-e-3"
_MOST_WARNINGS = 100


@dataclass(frozen=True)
class Wanted:
    """A request in our terms, and what their caller should know about it.

    ``fields`` are places of theirs by those of ours, where they are called otherwise. ``wrong`` is
    what they do not take, and we would.
    """

    request: dict[str, Any]
    warnings: tuple[str, ...] = ()
    wrong: tuple[Fault, ...] = ()
    fields: Mapping[str, str] = field(default_factory=lambda: {"webhook": "callback"})

    @property
    def remarks(self) -> dict[str, list[str]]:
        """Return what an answer says of it besides."""
        return {"warnings": self.told} if self.warnings else {}

    @property
    def told(self) -> list[str]:
        """Return the warnings, but for the rest of very many."""
        rest = len(self.warnings) - _MOST_WARNINGS
        words = [*self.warnings[:_MOST_WARNINGS]]
        return words if rest <= 0 else [*words, f"and {rest} more"]


def image_request(body: Any) -> Wanted:
    """Turn their body into ours; raises :class:`shared.errors.InvalidRequest`."""
    theirs, warnings = _read(ImageRequestSchema(), body)
    if theirs["model"] == _LIMITED_MODEL:
        warnings += _leave_out(theirs)
    theirs["negative_prompt"] = theirs.get("negative_prompt") or ""
    request = _request(Kind.IMAGE, "generate", theirs, {"format": "png"})
    return Wanted(request, tuple(warnings))


def video_request(body: Any) -> Wanted:
    """Turn their body into ours; with an image the video begins with it."""
    theirs, warnings = _read(VideoRequestSchema(), body)
    image = theirs.pop("image_url", None)
    operation, given = ("generate", {}) if image is None else ("from_image", {"image": image})
    request = _request(Kind.VIDEO, operation, theirs, given)
    fields = {"webhook": "callback", "image": "image_url"}
    return Wanted(request, tuple(warnings), fields=fields)


def _read(schema: Schema, body: Any) -> tuple[dict[str, Any], list[str]]:
    theirs = faults.load(schema, body, root="")
    return theirs, [ignored(name) for name in body if name not in schema.fields]


def ignored(place: str) -> str:
    """Return the word on a field that nobody here knows."""
    return f"{place}: unknown field, ignored"


def _request(
    kind: Kind, operation: str, theirs: dict[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    told = {"webhook": theirs.pop("callback")} if "callback" in theirs else {}
    model = theirs.pop("model")
    made = {"kind": kind, "operation": operation, "model": model, "input": {**theirs, **given}}
    return {**made, **told}


def _leave_out(theirs: dict[str, Any]) -> list[str]:
    warnings = []
    if theirs["negative_prompt"]:
        theirs["negative_prompt"] = ""
        warnings.append(f"negative_prompt: {_LIMITED_MODEL} does not support it, ignored")
    if theirs["style"] == "artistic":
        theirs["style"] = "natural"
        warnings.append(f"style: {_LIMITED_MODEL} does not support 'artistic', ignored")
    return warnings


def finished_image(job: Job, links: Links) -> dict[str, Any]:
    """Turn a finished image job into their answer."""
    made = result_of(job)
    return {
        "id": their_id(job),
        "url": link(made, links),
        "model": job.model,
        "width": made and made.width,
        "height": made and made.height,
        "credits_used": job.cost or 0,
        "created_at": timestamp(job.created_at),
    }


def unfinished_image(job: Job) -> dict[str, Any]:
    """Say that the image takes longer, and under which id it will be found."""
    return {
        "id": their_id(job),
        "status": "PROCESSING",
        "created_at": timestamp(job.created_at),
    }


def accepted(job: Job) -> dict[str, Any]:
    """Say that a job was taken on, and under which id it is found."""
    return {"id": their_id(job), "status": "QUEUED", "created_at": timestamp(job.created_at)}
