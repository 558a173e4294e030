"""What a job has made, in MayanIO's words: in its answers, and in its callbacks."""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from shared.dialects import mayanio
from shared.jobs.status import Kind, Role
from shared.jobs.tables import Artifact, Job
from shared.storage.links import Links

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
_MILLISECOND = timedelta(milliseconds=1)


def generation(job: Job, links: Links, *, remaining_points: int) -> dict[str, Any]:
    """Turn a job that has succeeded, loaded with its artifacts, into what they answer."""
    made = results(job)
    name: dict[str, Any] = {"generation_id": mayanio.generation_id(job)}
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
        "request_id": mayanio.request_id(job),
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


def _image(job: Job, file: Artifact, at: int, links: Links) -> dict[str, Any]:
    name = f"generated-image-{mayanio.number(job)}-{at}.{_ending(file)}"
    return _file(file, name, links) | {
        "width": file.width,
        "height": file.height,
        "aspect_ratio": shape_of(job, file),
    }


def _video(job: Job, file: Artifact, links: Links) -> dict[str, Any]:
    return _file(file, f"generated-video-{mayanio.number(job)}.{_ending(file)}", links) | {
        "width": file.width,
        "height": file.height,
        "duration": duration_of(job, file),
        "resolution": resolution_of(job, file),
        "aspect_ratio": shape_of(job, file),
        "model": job.model,
    }


def _model(job: Job, file: Artifact, links: Links) -> dict[str, Any]:
    preview = next((one for one in job.artifacts if one.role == Role.PREVIEW), None)
    shown = _file(file, f"3d-model-{mayanio.number(job)}.glb", links)
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
