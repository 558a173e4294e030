"""Jobs: submitted, read, listed, canceled, retried."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from api import auth, ground, idempotency, inputs, quota
from api.cursors import Cursors
from api.reading import CANCEL_AFTER, cancel_after, is_dry_run, json_body, wait_seconds
from api.v1 import polling
from api.v1.describing import (
    CANCEL_AFTER_HEADER,
    DRY_RUN,
    IDEMPOTENCY_KEY,
    IDEMPOTENT_REPLAYED,
    IF_NONE_MATCH,
    PREFER,
    RETRY_AFTER,
    TAG,
    may_answer,
    takes_body,
    takes_headers,
    takes_query,
)
from api.v1.quotes import QuoteSchema, quote_job
from api.v1.schemas import JobFilterSchema, JobPageSchema
from shared import clock, faults
from shared.accounts.access import Scope
from shared.errors import Fault, InvalidRequest
from shared.jobs import again, lifecycle, outlook, queries, requests, submission
from shared.jobs.idempotency import Answer
from shared.jobs.requests import Draft, JobRequestSchema
from shared.jobs.schema import JobSchema, present
from shared.jobs.tables import Job
from shared.jobs.times import Seen

blueprint = Blueprint("jobs", __name__, url_prefix="/v1/jobs", description="Work to be done.")
auth.require_key(blueprint)

_CURSORS = Cursors("jobs")
_HEADERS = {"Location": {"schema": {"type": "string"}}} | IDEMPOTENT_REPLAYED | RETRY_AFTER


@blueprint.post("")
@auth.needs(Scope.SUBMIT)
@takes_body(blueprint, JobRequestSchema)
@takes_headers(blueprint, PREFER, CANCEL_AFTER_HEADER, IDEMPOTENCY_KEY, DRY_RUN)
@blueprint.response(202, JobSchema, headers=_HEADERS)
@blueprint.alt_response(
    200,
    schema={"oneOf": [JobSchema, QuoteSchema]},
    description="The job ended while you waited; or it was a dry run.",
)
@may_answer(blueprint, (400, 401, 402, 409, 413, 422, 503))
def submit_job() -> tuple[dict[str, Any], int, dict[str, str]] | Response:
    """Queue a new job, or say what it would cost.

    With `Prefer: wait=N` the answer is held until the job ends or N seconds pass; if the request
    was sent before, it is then the job as it stands now.
    """
    body, finish_by = json_body(), cancel_after()
    if is_dry_run():
        return quote_job(_read_draft(body, finish_by))
    seen, found = _measured(), inputs.of_request()

    def submit(session: Session) -> Answer:
        draft = found.resolve_one(session, _read_draft(body, finish_by))
        quota.take(session)
        job = submission.submit(
            session, account_id=auth.account().id, origin="v1", draft=draft, by=auth.access()
        )
        return _accepted(session, job, seen)

    return _answer(idempotency.once(submit), wait_seconds())


@blueprint.get("")
@auth.needs(Scope.READ)
@takes_query(blueprint, JobFilterSchema)
@blueprint.response(200, JobPageSchema)
@may_answer(blueprint, (401, 422, 503))
def list_jobs() -> dict[str, Any]:
    """List your jobs, newest first."""
    filters = faults.load(JobFilterSchema(), request.args.to_dict(), root="query")
    limit, before = filters.pop("limit"), _CURSORS.read(filters.pop("cursor", None))
    with ground.current().reading() as session:
        jobs = queries.list_jobs(
            session,
            account_id=auth.account().id,
            limit=limit + 1,
            before=before,
            filters=filters,
        )
    page, rest = jobs[:limit], jobs[limit:]
    return {
        "data": [present(job, ground.current().links, is_one_of_many=True) for job in page],
        "next_cursor": _CURSORS.write(page[-1].id) if rest else None,
    }


@blueprint.get("/<job_id>")
@auth.needs(Scope.READ)
@takes_headers(blueprint, IF_NONE_MATCH)
@blueprint.response(200, JobSchema, headers=TAG | RETRY_AFTER)
@blueprint.alt_response(304, description="Nothing has changed but, perhaps, the estimate.")
@may_answer(blueprint, (401, 404, 503))
def get_job(job_id: str) -> Response | tuple[dict[str, Any], int, dict[str, str]]:
    """Return one of your jobs."""
    shown, now = _read(job_id), clock.now()
    tag = polling.tag(shown, link_seconds=_link_seconds(), now=now)
    headers = {"ETag": f'W/"{tag}"', "Cache-Control": "private, no-cache"}
    headers |= polling.retry_after(shown, now)
    if request.if_none_match.contains_weak(tag):
        return Response(status=304, headers=headers)
    return shown, 200, headers


@blueprint.post("/<job_id>/cancel")
@auth.needs(Scope.SUBMIT)
@blueprint.response(200, JobSchema)
@blueprint.alt_response(
    202, schema=JobSchema, description="It runs, and is being stopped.", headers=RETRY_AFTER
)
@may_answer(blueprint, (401, 404, 409, 503))
def cancel_job(job_id: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Cancel a job: a queued one at once, a running one as soon as it can be stopped."""
    with ground.current().transaction() as session:
        found = queries.get_job(session, account_id=auth.account().id, job_id=job_id)
        lifecycle.cancel(session, found)
    job = _read(job_id)
    return job, 200 if job["finished_at"] else 202, polling.retry_after(job, clock.now())


@blueprint.post("/<job_id>/retry")
@auth.needs(Scope.SUBMIT)
@takes_headers(blueprint, IDEMPOTENCY_KEY)
@blueprint.response(202, JobSchema, headers=_HEADERS)
@may_answer(blueprint, (401, 402, 404, 409, 413, 422, 503))
def retry_job(job_id: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Make a job that is over anew: a new job with the same request, and the same seed.

    Its deadlines are not taken over.
    """

    seen, found = _measured(), inputs.of_request()

    def submit(session: Session) -> Answer:
        earlier = queries.get_job(session, account_id=auth.account().id, job_id=job_id)
        quota.take(session)
        job = again.retry(
            session,
            earlier,
            origin="v1",
            catalog=auth.catalog(),
            inputs=found,
            by=auth.access(),
        )
        return _accepted(session, job, seen)

    return _answer(idempotency.once(submit))


def _read_draft(body: Any, finish_by: datetime | None) -> Draft:
    """Read a request, and set the deadline that a header names; raises if both name one."""
    draft = requests.read(body, auth.catalog())
    if finish_by is None:
        return draft
    if draft.finish_by is not None:
        message = "The body sets finish_by or finish_within: say it once."
        raise InvalidRequest([Fault(f"header.{CANCEL_AFTER}", message)])
    return replace(draft, finish_by=finish_by)


def _accepted(session: Session, job: Job, seen: Seen) -> Answer:
    location = ground.current().links.absolute(f"/v1/jobs/{job.id}")
    return Answer(body=_described(session, job, seen), location=location, job_id=job.id)


def _answer(answer: Answer, seconds: int = 0) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Answer as it is written down, or with the job as it stands after so many seconds."""
    headers = {"Location": str(answer.location)}
    if not seconds:
        job = answer.body or {}
        return job, answer.status, headers | polling.retry_after(job, clock.now())
    job_id = str(answer.job_id)
    if ground.waiting_room().wait(job_id, seconds):
        return _read(job_id), 200, headers | {"Preference-Applied": f"wait={seconds}"}
    job = _read(job_id)
    return job, 202, headers | polling.retry_after(job, clock.now())


def _read(job_id: str) -> dict[str, Any]:
    seen = _measured()
    with ground.current().reading() as session:
        job = queries.get_job(session, account_id=auth.account().id, job_id=job_id)
        return _described(session, job, seen)


def _link_seconds() -> int:
    return ground.current().settings.storage.link_seconds


def _measured() -> Seen:
    # Before the transaction: it may take a connection of its own.
    return ground.current().measured.look()


def _described(session: Session, job: Job, seen: Seen) -> dict[str, Any]:
    here = ground.current()
    ahead = outlook.look(session, job, seen=seen, catalog=here.catalog)
    return present(job, here.links, outlook=ahead)
