"""The public shape of a job: what the API answers and webhooks carry."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema
from marshmallow.fields import Boolean, Dict, Float, Integer, List, Nested, String
from marshmallow.validate import OneOf

from shared import clock
from shared.clock import rfc3339
from shared.jobs.attempts import Outcome
from shared.jobs.outlook import Estimate, Outlook
from shared.jobs.status import Kind, Role, Status
from shared.jobs.tables import Artifact, Attempt, Job
from shared.storage.links import Links


class WarningSchema(Schema):
    """Something about the job that its caller should know."""

    code = String(required=True)
    message = String(required=True)


class ArtifactSchema(Schema):
    """One file that the job made. ``url`` opens for a limited time; reading the job renews it."""

    id = String(required=True)
    url = String(
        required=True,
        allow_none=True,
        metadata={"format": "uri", "description": "Null once the file is no longer kept."},
    )
    content_type = String(required=True)
    bytes = Integer(required=True)
    sha256 = String(required=True)
    width = Integer(allow_none=True, metadata={"description": "Pixels."})
    height = Integer(allow_none=True, metadata={"description": "Pixels."})
    seed = Integer(allow_none=True)
    role = String(
        required=True,
        validate=OneOf([Role.RESULT, Role.POSTER, Role.PREVIEW]),
        metadata={"description": "What was asked for, or a picture of it that comes along."},
    )
    duration = Float(allow_none=True, metadata={"description": "Seconds, as in the file."})
    frame_rate = Float(allow_none=True, metadata={"description": "Frames a second."})
    thumbnail_url = String(
        required=True,
        allow_none=True,
        metadata={
            "format": "uri",
            "description": "A picture of at most 320 pixels a side, for lists; null where none is.",
        },
    )
    expired_at = String(
        allow_none=True,
        metadata={"format": "date-time", "description": "When its plan's time for files was over."},
    )
    deleted_at = String(
        allow_none=True,
        metadata={"format": "date-time", "description": "When its owner had it deleted."},
    )


class JobErrorSchema(Schema):
    """Why a job failed; the code never changes, the message may."""

    code = String(required=True)
    message = String(required=True)


class AttemptSchema(Schema):
    """One try at one remote provider."""

    number = Integer(required=True)
    provider = String(required=True)
    started_at = String(required=True, metadata={"format": "date-time"})
    ended_at = String(allow_none=True, metadata={"format": "date-time"})
    outcome = String(
        allow_none=True,
        validate=OneOf(list(Outcome)),
        metadata={"description": "Null while it is under way."},
    )
    error = Nested(JobErrorSchema, allow_none=True)
    cost = Dict(
        keys=String(),
        values=Float(),
        allow_none=True,
        metadata={
            "description": "What the provider says that it charged whoever runs this server, by "
            "its own units, as `credits`, `usd` or `output_tokens`. Null where it does not say."
        },
    )


class EstimateSchema(Schema):
    """When the job is likely to start and to be finished, judged by what was measured lately."""

    starts_at = String(
        allow_none=True,
        metadata={"format": "date-time", "description": "Null once it runs."},
    )
    finishes_at = String(
        allow_none=True,
        metadata={"format": "date-time", "description": "Null while nobody knows."},
    )
    seconds_left = Integer(allow_none=True, metadata={"description": "Until `finishes_at`."})


class JobLinksSchema(Schema):
    """Where to go from here."""

    self = String(required=True, metadata={"format": "uri"})
    cancel = String(required=True, metadata={"format": "uri"})


class JobSchema(Schema):
    """A job."""

    id = String(required=True)
    object = String(required=True, validate=OneOf(["job"]))
    kind = String(required=True, validate=OneOf(list(Kind)))
    operation = String(required=True)
    model = String(required=True)
    status = String(required=True, validate=OneOf(list(Status)))
    stage = String(allow_none=True, metadata={"description": "What is being done right now."})
    progress = Float(required=True, metadata={"description": "Per cent, 0 to 100."})
    waiting_for = String(allow_none=True)
    queue_position = Integer(
        allow_none=True,
        metadata={
            "description": "Of a queued job: 1 is next, 1001 stands for 1,001 or more. Null where "
            "many jobs are shown."
        },
    )
    estimate = Nested(
        EstimateSchema,
        allow_none=True,
        metadata={"description": "Null where nobody knows, and where many jobs are shown."},
    )
    cancel_requested = Boolean(required=True)
    provider = String(allow_none=True, metadata={"description": "Who made it."})
    input = Dict(keys=String(), required=True)
    metadata = Dict(keys=String(), required=True)
    priority = Integer(required=True)
    webhook = String(allow_none=True)
    artifacts = List(Nested(ArtifactSchema), required=True)
    warnings = List(Nested(WarningSchema), required=True)
    error = Nested(JobErrorSchema, allow_none=True)
    attempts = List(
        Nested(AttemptSchema),
        allow_none=True,
        metadata={"description": "Tries at remote providers; null where many jobs are shown."},
    )
    retry_of = String(
        allow_none=True, metadata={"description": "The job whose request this one makes anew."}
    )
    start_by = String(allow_none=True, metadata={"format": "date-time"})
    finish_by = String(allow_none=True, metadata={"format": "date-time"})
    price = Integer(
        required=True, metadata={"description": "Credits that it may cost; held until it is over."}
    )
    cost = Integer(
        allow_none=True,
        metadata={"description": "Credits that it has cost; null until it is over."},
    )
    test = Boolean(
        required=True, metadata={"description": "It came with a key for tests, and costs nothing."}
    )
    created_at = String(required=True, metadata={"format": "date-time"})
    started_at = String(allow_none=True, metadata={"format": "date-time"})
    finished_at = String(allow_none=True, metadata={"format": "date-time"})
    links = Nested(JobLinksSchema, required=True)


# What tells nothing of how a job went on: something that happened to it may be told much later.
NOTHING_YET: Mapping[str, Any] = {
    "stage": None,
    "progress": 0.0,
    "waiting_for": None,
    "cancel_requested": False,
    "provider": None,
    "artifacts": [],
    "warnings": [],
    "error": None,
    "cost": None,
    "finished_at": None,
}


def present(
    job: Job, links: Links, *, outlook: Outlook | None = None, is_one_of_many: bool = False
) -> dict[str, Any]:
    """Turn a job, loaded with its artifacts, into the shape of :class:`JobSchema`.

    Unless it is shown as one of many, it must be loaded with its attempts too.
    """
    address = links.absolute(f"/v1/jobs/{job.id}")
    return {
        "id": job.id,
        "object": "job",
        "kind": job.kind,
        "operation": job.operation,
        "model": job.model,
        "status": job.status,
        "stage": job.stage,
        "progress": job.progress,
        "waiting_for": job.waiting_for,
        "queue_position": outlook and outlook.queue_position,
        "estimate": outlook and outlook.estimate and present_estimate(outlook.estimate),
        "cancel_requested": job.cancel_requested_at is not None,
        "provider": job.provider,
        "input": job.input,
        "metadata": job.job_metadata,
        "priority": job.priority,
        "webhook": job.webhook,
        "artifacts": _present_artifacts(job.artifacts, links),
        "warnings": job.warnings,
        "error": _present_error(job),
        "attempts": None if is_one_of_many else [_present_attempt(one) for one in job.attempts],
        "retry_of": job.retry_of,
        "start_by": job.start_by and rfc3339(job.start_by),
        "finish_by": job.finish_by and rfc3339(job.finish_by),
        "price": job.price,
        "cost": job.cost,
        "test": job.is_test,
        "created_at": rfc3339(job.created_at),
        "started_at": job.started_at and rfc3339(job.started_at),
        "finished_at": job.finished_at and rfc3339(job.finished_at),
        "links": {"self": address, "cancel": f"{address}/cancel"},
    }


def _present_error(failed: Job | Attempt) -> dict[str, Any] | None:
    if failed.error_code is None:
        return None
    return {"code": failed.error_code, "message": failed.error_message}


def present_estimate(estimate: Estimate) -> dict[str, Any]:
    """Turn an estimate into the shape of :class:`EstimateSchema`."""
    end = estimate.finishes_at
    left = math.ceil((end - clock.now()).total_seconds()) if end is not None else None
    return {
        "starts_at": estimate.starts_at and rfc3339(estimate.starts_at),
        "finishes_at": end and rfc3339(end),
        "seconds_left": None if left is None else max(0, left),
    }


def _present_attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "provider": attempt.provider,
        "started_at": rfc3339(attempt.started_at),
        "ended_at": attempt.ended_at and rfc3339(attempt.ended_at),
        "outcome": attempt.outcome,
        "error": _present_error(attempt),
        "cost": attempt.cost,
    }


def _present_artifacts(artifacts: Sequence[Artifact], links: Links) -> list[dict[str, Any]]:
    small = {one.of_id: one for one in artifacts if one.role == Role.THUMBNAIL}
    return [
        _present_artifact(one, small.get(one.id, one), links)
        for one in artifacts
        if one.role != Role.THUMBNAIL
    ]


def _present_artifact(artifact: Artifact, small: Artifact, links: Links) -> dict[str, Any]:
    """Show an artifact; what is small itself is its own thumbnail."""
    return {
        "id": artifact.id,
        "url": _link(artifact, links),
        "content_type": artifact.content_type,
        "bytes": artifact.bytes,
        "sha256": artifact.sha256,
        "width": artifact.width,
        "height": artifact.height,
        "seed": artifact.seed,
        "role": artifact.role,
        "duration": artifact.duration,
        "frame_rate": artifact.frame_rate,
        "thumbnail_url": _link(small, links) if _is_picture(small) else None,
        "expired_at": artifact.expired_at and rfc3339(artifact.expired_at),
        "deleted_at": artifact.deleted_at and rfc3339(artifact.deleted_at),
    }


def _link(artifact: Artifact, links: Links) -> str | None:
    if not artifact.is_kept:
        return None
    return links.to_artifact(artifact.id, artifact.key, artifact.content_type)


def _is_picture(artifact: Artifact) -> bool:
    return artifact.content_type.startswith("image/")
