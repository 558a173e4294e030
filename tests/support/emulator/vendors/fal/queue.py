"""fal's queue: submit, status, result and cancel, with its sub-path rule and its error shapes."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.emulator.faults import Fault
from tests.support.emulator.files import path_of
from tests.support.emulator.jobs import Job, Jobs
from tests.support.emulator.vendors.fal.models import MODELS, faults_in, product_of
from tests.support.emulator.wire import Answer, Request, json_answer

# fal's own kinds of failure, and the status that each is answered with.
ERROR_TYPES: Mapping[str, int] = {
    "request_timeout": 504,
    "startup_timeout": 504,
    "runner_scheduling_failure": 503,
    "runner_connection_timeout": 503,
    "runner_disconnected": 503,
    "runner_connection_refused": 503,
    "runner_connection_error": 503,
    "runner_incomplete_response": 502,
    "runner_server_error": 500,
    "internal_error": 500,
    "client_disconnected": 499,
    "client_cancelled": 499,
    "bad_request": 400,
}

# Failures that the model reports itself: with a status, and in the other shape.
_MODEL_ERRORS: Mapping[str, tuple[int, str, str]] = {
    "content_policy_violation": (422, "prompt", "The content was refused by the checker."),
    "value_error": (422, "image_size", "The picture is too large for this model."),
    "model_error": (500, "__root__", "The model stumbled."),
}


class Queue:
    """Answers what is asked of the queue."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self.url = ""

    def submit(self, request: Request, endpoint: str, fault: Fault | None) -> Answer:
        """Take a job. As with fal, its input is only looked at when it runs."""
        if endpoint not in MODELS:
            return json_answer(404, {"detail": f"Application {endpoint!r} not found"})
        kind = request.headers.get("content-type", "")
        try:
            given = json.loads(request.body) if kind.startswith("application/json") else None
        except ValueError:
            given = None
        if not isinstance(given, dict):
            return json_answer(422, {"detail": "The body must be a JSON object."})
        job = self._jobs.accept(endpoint, given, product_of(endpoint, given), fault)
        job.detail = faults_in(endpoint, given)
        return json_answer(200, self._addresses(job) | {"queue_position": 0})

    def status(self, job: Job, fault: Fault | None) -> Answer:
        """Say how a job stands."""
        if fault is not None and fault.kind in {"error", "refuse_content", "lose"}:
            job.doom(fault)
            job.end(job.error_type)
        if job.is_lost:
            return not_found()
        status = "FROZEN" if fault and fault.kind == "unknown_status" else job.status
        told = self._addresses(job) | {"status": status}
        if status == "IN_QUEUE":
            told["queue_position"] = 0
        if status == "COMPLETED":
            told["metrics"] = {"inference_time": job.ends_at - job.starts_at}
            if failed := _failure(job):
                told |= _told_of_failure(*failed)
        return json_answer(200 if status == "COMPLETED" else 202, told)

    def result(self, job: Job, fault: Fault | None) -> Answer:
        """Give what came out, or what went wrong."""
        if fault is not None:
            job.doom(fault)
        if job.is_lost:
            return not_found()
        if job.status != "COMPLETED":
            return json_answer(400, {"detail": "Request is still in progress"})
        if failed := _failure(job):
            status, document = failed
            error_type = document.get("error_type")
            return json_answer(
                status, document, **({"X_Fal_Error_Type": error_type} if error_type else {})
            )
        is_empty = fault is not None and fault.kind == "empty_images"
        return json_answer(200, self._output(job, 0 if is_empty else None))

    def cancel(self, job: Job) -> Answer:
        """Stop a job that is not over."""
        if job.status == "COMPLETED":
            return json_answer(400, {"status": "ALREADY_COMPLETED"})
        job.end("client_cancelled")
        return json_answer(202, {"status": "CANCELLATION_REQUESTED"})

    def _addresses(self, job: Job) -> dict[str, Any]:
        base = f"{self.url}/{app_of(job.endpoint)}/requests/{job.id}"
        return {
            "request_id": job.id,
            "gateway_request_id": job.id,
            "response_url": base,
            "status_url": f"{base}/status",
            "cancel_url": f"{base}/cancel",
        }

    def _output(self, job: Job, count: int | None) -> dict[str, Any]:
        made = job.product
        if made.form in {"mp4", "glb"}:
            return self._media(job, count)
        positions = range(made.count if count is None else count)
        file = {"content_type": made.content_type, "width": made.width, "height": made.height}
        images = [{"url": self.url + path_of(job, one), **file} for one in positions]
        output: dict[str, Any] = {"images": images, "prompt": job.input["prompt"]}
        if "aspect_ratio" in job.input:
            return output | {"description": ""}
        flags = [job.is_black for _ in positions]
        return output | {"seed": job.input.get("seed", 0), "has_nsfw_concepts": flags}

    def _media(self, job: Job, count: int | None) -> dict[str, Any]:
        url = None if count == 0 else self.url + path_of(job, 0)
        file = {"url": url, "content_type": job.product.content_type}
        if job.product.form == "mp4":
            return {"video": file, "seed": job.input.get("seed", 0)}
        picture = {"url": self.url + path_of(job, 1), "content_type": "image/png"}
        return {"model_mesh": file, "rendered_image": picture, "task_id": job.id}


def app_of(endpoint: str) -> str:
    """Return the part of an endpoint under which its requests lie."""
    segments = endpoint.split("/")
    return "/".join(segments[: 3 if segments[0] in {"workflows", "comfy"} else 2])


def not_found() -> Answer:
    """Answer that there is no such request."""
    return json_answer(404, {"detail": "Request not found"})


def _failure(job: Job) -> tuple[int, dict[str, Any]] | None:
    """Return the status and the document with which a failed job is answered."""
    kind = "content_policy_violation" if job.refused == "error" else job.error_type
    if kind in _MODEL_ERRORS:
        status, field, message = _MODEL_ERRORS[kind]
        return status, {"detail": [{"loc": ["body", field], "msg": message, "type": kind}]}
    if job.error_type:
        detail = {"detail": f"The request failed: {job.error_type}", "error_type": job.error_type}
        return ERROR_TYPES[job.error_type], detail
    return (422, {"detail": job.detail}) if job.detail else None


def _told_of_failure(status: int, document: Mapping[str, Any]) -> dict[str, Any]:
    if "error_type" in document:
        return {"error": document["detail"], "error_type": document["error_type"]}
    return {"error": f"Invalid status code: {status}"}
