"""A job in MayanIO's words: what its addresses answer, and what its callbacks carry."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shared import ids
from shared.jobs.status import Kind, Role, Status
from shared.jobs.tables import Artifact, Job
from shared.storage.links import Links

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
# Width and height of the pictures that their image model makes, in pixels.
SIZES = {
    "21:9": (1536, 672),
    "16:9": (1344, 768),
    "3:2": (1248, 832),
    "4:3": (1184, 864),
    "5:4": (1152, 896),
    "1:1": (1024, 1024),
    "4:5": (896, 1152),
    "3:4": (864, 1184),
    "2:3": (832, 1248),
    "9:16": (768, 1344),
}

# Their ids have 96 bits, ours 128: theirs leave the last ones out. Two jobs share one only if an
# account submits them within one millisecond and 42 random bits are alike.
_LEFT_OUT = 32
_THEIR_ID = re.compile(r"[0-9a-f]{24}")
_MILLISECOND = timedelta(milliseconds=1)


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
    return f"req_{_number(job)}"


def receipt(job: Job) -> dict[str, Any]:
    """Say under which id a job is found, and how it stands."""
    return {
        "generation_id": generation_id(job),
        "status": STATUSES[Status(job.status)],
        "request_id": request_id(job),
    }


def generation(job: Job, links: Links, *, remaining_points: int) -> dict[str, Any]:
    """Turn a job that has succeeded, loaded with its artifacts, into what they answer."""
    made = results(job)
    name: dict[str, Any] = {"generation_id": generation_id(job)}
    shown: dict[str, Any]
    match job.kind:
        case Kind.VIDEO:
            shown = {"video": _video(job, made[0], links) | name}
        case Kind.MODEL_3D:
            shown = {"model": _model(job, made[0], links) | name}
        case _:
            pictures = [_image(job, one, at, links) for at, one in enumerate(made, start=1)]
            shown = {"images": pictures, **name}
    return shown | {
        "generation_time": milliseconds(job),
        "remaining_points": remaining_points,
        "request_id": request_id(job),
    }


def results(job: Job) -> Sequence[Artifact]:
    """Return the files that were asked for, without the pictures that come along."""
    return [one for one in job.artifacts if one.role == Role.RESULT]


def picture_of(job: Job) -> Artifact | None:
    """Return a picture that shows what was made, the smallest that there is."""
    pictures = [one for one in job.artifacts if one.content_type.startswith("image/")]
    return min(pictures, key=lambda one: one.bytes, default=None)


def link(file: Artifact | None, links: Links) -> str | None:
    """Return an address of a file, unless it is no longer kept."""
    if file is None or not file.is_kept:
        return None
    return links.to_artifact(file.id, file.key, file.content_type)


def texture_quality(job: Job) -> str:
    """Return what they call a 3D model with or without a texture."""
    return "standard" if job.input.get("texture", True) else "no"


def shape_of(job: Job, file: Artifact) -> str | None:
    """Return the ratio of a picture's sides, by the name that is nearest to it."""
    if job.kind == Kind.VIDEO and "aspect_ratio" in job.input:
        return str(job.input["aspect_ratio"])
    if not (file.width and file.height):
        return None
    wanted = math.log(file.width / file.height)
    return min(SIZES, key=lambda name: abs(math.log(SIZES[name][0] / SIZES[name][1]) - wanted))


def resolution_of(job: Job, file: Artifact) -> str | None:
    """Return the resolution of a video as it is in the file: ``720p``."""
    if file.width and file.height:
        return f"{min(file.width, file.height)}p"
    return job.input.get("resolution")


def duration_of(job: Job, file: Artifact) -> float | None:
    """Return how long a video plays, in seconds, as it is in the file."""
    seconds = file.duration or job.input.get("duration")
    return int(seconds) if isinstance(seconds, float) and seconds.is_integer() else seconds


def milliseconds(job: Job) -> int | None:
    """Return how long a job took from its acceptance to its end."""
    if job.finished_at is None:
        return None
    return (job.finished_at - job.created_at) // _MILLISECOND


def timestamp(moment: datetime) -> str:
    """Write a moment as they do: UTC, whole seconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def why(job: Job) -> str | None:
    """Return what went wrong with a job, if something did."""
    return "The generation was canceled." if job.status == Status.CANCELED else job.error_message


def _image(job: Job, file: Artifact, at: int, links: Links) -> dict[str, Any]:
    name = f"generated-image-{_number(job)}-{at}.{_ending(file)}"
    return _file(file, name, links) | {
        "width": file.width,
        "height": file.height,
        "aspect_ratio": shape_of(job, file),
    }


def _video(job: Job, file: Artifact, links: Links) -> dict[str, Any]:
    return _file(file, f"generated-video-{_number(job)}.{_ending(file)}", links) | {
        "width": file.width,
        "height": file.height,
        "duration": duration_of(job, file),
        "resolution": resolution_of(job, file),
        "aspect_ratio": shape_of(job, file),
        "model": job.model,
    }


def _model(job: Job, file: Artifact, links: Links) -> dict[str, Any]:
    preview = next((one for one in job.artifacts if one.role == Role.PREVIEW), None)
    shown = _file(file, f"3d-model-{_number(job)}.glb", links)
    return {
        "url": shown.pop("url"),
        "preview_image": link(preview, links),
        **shown,
        "texture_quality": texture_quality(job),
    }


def _file(file: Artifact, name: str, links: Links) -> dict[str, Any]:
    return {
        "url": link(file, links),
        "content_type": file.content_type,
        "file_name": name,
        "file_size": file.bytes,
    }


def _ending(file: Artifact) -> str:
    return file.content_type.partition("/")[2]


def _number(job: Job) -> str:
    """Return nine digits that belong to a job."""
    return f"{ids.number_of(job.id) % 10**9:09d}"
