"""Jobs as MayanIO's projects: pure."""

from typing import Any

from shared.dialects import mayanio, mayanio_media
from shared.jobs import prompts
from shared.jobs.status import Kind, Status
from shared.jobs.tables import Artifact, Job
from shared.storage.links import Links


def project(job: Job, links: Links) -> dict[str, Any]:
    """Turn a job, loaded with its artifacts, into an entry of their list."""
    made = next(iter(mayanio_media.results(job)), None)
    return {
        "id": mayanio.generation_id(job),
        "type": mayanio.TYPES[Kind(job.kind)],
        "prompt": prompts.shown(job.input) or None,
        "created_at": mayanio.timestamp(job.created_at),
        "url": mayanio_media.link(made, links),
        "thumbnail": mayanio_media.link(mayanio_media.picture_of(job), links),
        "metadata": _about(job, made) if made else {},
    }


def whole_project(job: Job, links: Links, *, remaining_points: int) -> dict[str, Any]:
    """Turn a job as it stands into one project: with what was made, or why it was not."""
    shown = project(job, links) | mayanio.receipt(job)
    if job.status == Status.SUCCEEDED:
        return shown | mayanio_media.generation(job, links, remaining_points=remaining_points)
    return shown | {"error": mayanio.why(job), "remaining_points": remaining_points}


def _about(job: Job, file: Artifact) -> dict[str, Any]:
    is_sized = bool(file.width and file.height)
    size = {
        "file_size": file.bytes,
        "dimensions": f"{file.width}x{file.height}" if is_sized else None,
    }
    match job.kind:
        case Kind.VIDEO:
            return {
                "duration": mayanio_media.duration_of(job, file),
                "resolution": mayanio_media.resolution_of(job, file),
                "aspect_ratio": mayanio_media.shape_of(job, file),
                "model": job.model,
                **size,
            }
        case Kind.MODEL_3D:
            return {"texture_quality": mayanio_media.texture_quality(job), "file_size": file.bytes}
    return {"aspect_ratio": mayanio_media.shape_of(job, file), **size}
