"""Many jobs at once: submitted together, canceled and retried by a filter."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Response
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from api import auth, ground, idempotency, inputs, quota
from api.problems import document
from api.reading import cancel_after, is_dry_run, json_body
from api.v1.describing import (
    CANCEL_AFTER_HEADER,
    DRY_RUN,
    IDEMPOTENCY_KEY,
    IDEMPOTENT_REPLAYED,
    may_answer,
    takes_body,
    takes_headers,
)
from api.v1.quotes import BatchQuoteSchema, quote_batch
from api.v1.schemas import (
    BatchRequestSchema,
    BatchSchema,
    CanceledSchema,
    CancelSelectionSchema,
    RetriedSchema,
    RetrySelectionSchema,
)
from shared import faults
from shared.accounts.access import Scope
from shared.errors import InsufficientCredits, ServiceError
from shared.jobs import again, batches, lifecycle, queries, submission
from shared.jobs.batches import MOST_JOBS
from shared.jobs.idempotency import Answer
from shared.jobs.requests import Draft
from shared.jobs.schema import present
from shared.jobs.tables import Job

blueprint = Blueprint("many jobs", __name__, url_prefix="/v1/jobs", description="Many at once.")
auth.require_key(blueprint)


@blueprint.post("/batch")
@auth.needs(Scope.SUBMIT)
@takes_body(blueprint, BatchRequestSchema)
@takes_headers(blueprint, CANCEL_AFTER_HEADER, IDEMPOTENCY_KEY, DRY_RUN)
@blueprint.response(202, BatchSchema, headers=IDEMPOTENT_REPLAYED)
@blueprint.alt_response(200, schema=BatchQuoteSchema, description="It was a dry run.")
@may_answer(blueprint, (400, 401, 402, 409, 413, 422, 503))
def submit_batch() -> tuple[dict[str, Any], int] | Response:
    """Queue up to 1,000 jobs together, or say what they would cost.

    Each request is answered by itself, with its own status: 402 from where the credits do not
    suffice. With `all_or_nothing`, one fault refuses them all. `Cancel-After` is for those that
    set no `finish_by` of their own.
    """
    body, finish_by = json_body(), cancel_after()
    if is_dry_run():
        wanted, all_or_nothing = _read_batch(body)
        return quote_batch(wanted, all_or_nothing=all_or_nothing)
    found = inputs.of_request()

    def submit(session: Session) -> Answer:
        read, all_or_nothing = _read_batch(body)
        wanted = found.resolve(session, read, root=batches.place)
        if all_or_nothing:
            batches.require_all(wanted)
        drafts = [
            replace(one, finish_by=one.finish_by or finish_by)
            for one in wanted
            if isinstance(one, Draft)
        ]
        made = submission.submit_many(
            session,
            account_id=auth.account().id,
            origin="v1",
            drafts=drafts,
            by=auth.access(),
            all_or_nothing=all_or_nothing,
        )
        quota.take(session, sum(isinstance(one, Job) for one in made))
        return Answer(body={"data": _results(wanted, made)})

    return idempotency.once(submit).body or {}, 202


@blueprint.post("/cancel")
@auth.needs(Scope.SUBMIT)
@takes_body(blueprint, CancelSelectionSchema)
@blueprint.response(200, CanceledSchema)
@may_answer(blueprint, (400, 401, 413, 422, 503))
def cancel_jobs() -> dict[str, Any]:
    """Cancel up to 1,000 of your unfinished jobs that match a filter."""
    filters = _selection(CancelSelectionSchema(), json_body())
    account_id = auth.account().id
    with ground.current().transaction() as session:
        canceled, being_stopped = lifecycle.cancel_many(
            session, queries.matching(filters), account_id=account_id, limit=MOST_JOBS
        )
        more = queries.any_job(
            session,
            account_id=account_id,
            condition=lifecycle.can_be_canceled() & queries.matching(filters),
        )
    return {"canceled": len(canceled), "being_stopped": len(being_stopped), "more": more}


@blueprint.post("/retry")
@auth.needs(Scope.SUBMIT)
@takes_body(blueprint, RetrySelectionSchema)
@takes_headers(blueprint, IDEMPOTENCY_KEY)
@blueprint.response(202, RetriedSchema, headers=IDEMPOTENT_REPLAYED)
@may_answer(blueprint, (400, 401, 409, 413, 422, 503))
def retry_jobs() -> tuple[dict[str, Any], int]:
    """Make up to 1,000 of your failed and canceled jobs anew, except those that were already."""
    body, found = json_body(), inputs.of_request()

    def submit(session: Session) -> Answer:
        made = again.retry_many(
            session,
            account_id=auth.account().id,
            filters=_selection(RetrySelectionSchema(), body),
            limit=MOST_JOBS,
            origin="v1",
            catalog=auth.catalog(),
            inputs=found,
            by=auth.access(),
        )
        quota.take(session, len(made.jobs))
        return Answer(body=_retried(made))

    return idempotency.once(submit).body or {}, 202


def _read_batch(body: Any) -> tuple[list[Draft | ServiceError], bool]:
    """Read what is wanted, and whether it is wanted all or not at all."""
    # The jobs are read one by one: what is wrong with one of them is no fault of the others.
    jobs = body.get("jobs") if isinstance(body, Mapping) else None
    around = {**body, "jobs": [{}] * len(jobs)} if isinstance(jobs, list) else body
    batch = faults.load(BatchRequestSchema(), around)
    wanted = batches.read(jobs or [], auth.catalog())
    if batch["all_or_nothing"]:
        batches.require_all(wanted)
    return wanted, batch["all_or_nothing"]


def _results(
    wanted: Sequence[Draft | ServiceError], made: Sequence[Job | InsufficientCredits]
) -> list[dict[str, Any]]:
    of_drafts = iter(made)
    became = [one if isinstance(one, ServiceError) else next(of_drafts) for one in wanted]
    return [
        {"index": index, "status": one.http_status, "error": document(one)}
        if isinstance(one, ServiceError)
        else {"index": index, "status": 202, "job": _shown(one)}
        for index, one in enumerate(became)
    ]


def _retried(made: again.Anew) -> dict[str, Any]:
    refused = [{"id": job_id, "error": document(why)} for job_id, why in made.refused.items()]
    return {"data": [_shown(job) for job in made.jobs], "refused": refused, "more": made.more}


def _selection(schema: Any, body: Any) -> dict[str, Any]:
    """Read which jobs are meant; all of them only if that is said."""
    selection = faults.load(schema, body)
    selection.pop("all")
    return selection


def _shown(job: Job) -> dict[str, Any]:
    return present(job, ground.current().links, is_one_of_many=True)
