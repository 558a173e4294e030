"""Asking anew for what an earlier job was asked for: a job of its own, that knows whose it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from shared.accounts.access import Access
from shared.catalog import Catalog
from shared.errors import JobIsNotOver, ServiceError
from shared.jobs import queries, requests, submission, turns
from shared.jobs.inputs import Inputs
from shared.jobs.requests import Draft
from shared.jobs.status import Status
from shared.jobs.tables import Job

# Of the jobs that are over, those that made nothing.
UNSUCCESSFUL = (Status.FAILED, Status.CANCELED)


@dataclass(frozen=True)
class Anew:
    """New jobs, the earlier ones that cannot be asked for any more, and whether others match."""

    jobs: Sequence[Job]
    refused: Mapping[str, ServiceError]
    more: bool


def retry(
    session: Session,
    job: Job,
    *,
    origin: str,
    catalog: Catalog,
    inputs: Inputs,
    by: Access | None = None,
) -> Job:
    """Submit a job that is over once more; raises :class:`JobIsNotOver`.

    Raises :class:`shared.errors.InvalidRequest` if what it starts from is no longer kept.
    """
    if not Status(job.status).is_over:
        raise JobIsNotOver(f"The job has not ended yet: it is {job.status}.")
    draft = inputs.resolve_one(session, _draft(job, catalog))
    return submission.submit(session, account_id=job.account_id, origin=origin, draft=draft, by=by)


def retry_many(
    session: Session,
    *,
    account_id: str,
    filters: Mapping[str, Any],
    limit: int,
    origin: str,
    catalog: Catalog,
    inputs: Inputs,
    by: Access | None = None,
) -> Anew:
    """Submit the account's failed and canceled jobs once more, except those that were already."""
    # Before looking: a second call at the same time must see what the first one has made.
    turns.hold(session, account_id)
    found = _find(session, account_id, filters, limit + 1)
    wanted = inputs.resolve(session, [_try(job, catalog) for job in found[:limit]])
    drafts = [one for one in wanted if isinstance(one, Draft)]
    refused = {
        job.id: one
        for job, one in zip(found, wanted, strict=False)
        if isinstance(one, ServiceError)
    }
    made = submission.submit_many(
        session, account_id=account_id, origin=origin, drafts=drafts, by=by
    )
    jobs = [one for one in made if isinstance(one, Job)]
    for draft, one in zip(drafts, made, strict=True):
        if not isinstance(one, Job):
            refused[str(draft.retry_of)] = one
    return Anew(jobs, refused, more=len(found) > limit)


def _find(
    session: Session, account_id: str, filters: Mapping[str, Any], limit: int
) -> Sequence[Job]:
    later = aliased(Job)
    return session.scalars(
        select(Job)
        .where(
            Job.account_id == account_id,
            Job.status.in_(UNSUCCESSFUL),
            ~exists().where(later.retry_of == Job.id),
            queries.matching(filters),
        )
        .order_by(Job.id)
        .limit(limit)
    ).all()


def _try(job: Job, catalog: Catalog) -> Draft | ServiceError:
    try:
        return _draft(job, catalog)
    except ServiceError as error:
        return error


def _draft(job: Job, catalog: Catalog) -> Draft:
    """Read the job's request anew, since what is on offer may have changed.

    Its deadlines are left out: they belong to the moment at which it was asked for.
    """
    request = {
        "kind": job.kind,
        "operation": job.operation,
        "model": job.model,
        "input": job.input,
        "webhook": job.webhook,
        "metadata": job.job_metadata,
        "priority": job.priority,
    }
    # What was a test stays one, whoever asks for it anew.
    on_offer = catalog.local if job.is_test else catalog
    return replace(requests.read(request, on_offer), retry_of=job.id)
