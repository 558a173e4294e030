"""Attempts: what was tried where, and what became of it. A provider is asked once for each.

Before the one POST of a remote attempt its row is committed: the intent. The ticket in its answer
is committed at once. So whoever comes later knows whether to ask for the ticket, to look for a
lost one, or to begin anew.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.errors import LeaseLost, ServiceError
from shared.jobs.status import Status
from shared.jobs.tables import Attempt, Job


class Outcome(StrEnum):
    """What became of an attempt."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    NOT_SUBMITTED = "not_submitted"
    UNKNOWN = "unknown"
    CANCELED = "canceled"


def intend(session: Session, job: Job, *, provider: str, route_model: str) -> Attempt:
    """Write down that this job's POST is about to leave; raises :class:`LeaseLost`."""
    before = select(func.count()).where(Attempt.job_id == job.id).scalar_subquery()
    row = {
        "id": ids.new("att"),
        "job_id": job.id,
        "number": before + 1,
        "provider": provider,
        "route_model": route_model,
        "started_at": clock.now(),
    }
    attempt = session.scalars(insert(Attempt).values(row).returning(Attempt)).one()
    bound = session.execute(
        update(Job)
        .where(Job.id == job.id, Job.lease == job.lease, Job.status == Status.RUNNING)
        .values(attempt_id=attempt.id, provider=provider)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if bound is None:
        raise LeaseLost
    job.attempt_id, job.provider = attempt.id, provider
    return attempt


def keep_ticket(
    session: Session,
    attempt_id: str,
    ticket: Mapping[str, Any],
    *,
    cost: Mapping[str, float] | None = None,
) -> None:
    """Save what the provider gave us to ask again, and what it says that it charges."""
    session.execute(
        update(Attempt)
        .where(Attempt.id == attempt_id)
        .values(ticket=dict(ticket), ticket_id=ticket["id"], **_charged(cost))
    )


def close(
    session: Session,
    attempt_id: str,
    outcome: Outcome,
    error: ServiceError | None = None,
    *,
    cost: Mapping[str, float] | None = None,
) -> None:
    """Settle an open attempt; a cost that was told before stands, unless another is told now."""
    session.execute(
        update(Attempt)
        .where(Attempt.id == attempt_id, Attempt.outcome.is_(None))
        .values(
            outcome=outcome,
            error_code=error and error.code,
            error_message=error and error.message,
            ended_at=clock.now(),
            **_charged(cost),
        )
    )


def _charged(cost: Mapping[str, float] | None) -> dict[str, Any]:
    return {} if cost is None else {"cost": dict(cost)}


def read_open(session: Session, jobs: Sequence[Job]) -> dict[str, Attempt]:
    """Return job id -> its attempt that may be under way."""
    of_jobs = [job.attempt_id for job in jobs if job.attempt_id is not None]
    found = session.scalars(select(Attempt).where(Attempt.id.in_(of_jobs)))
    return {attempt.job_id: attempt for attempt in found}


def unknown_tickets(
    session: Session, provider: str, tickets: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return those of a provider's tickets that belong to no attempt of ours yet."""
    of_tickets = [ticket["id"] for ticket in tickets]
    known = set(
        session.scalars(
            select(Attempt.ticket_id).where(
                Attempt.provider == provider, Attempt.ticket_id.in_(of_tickets)
            )
        )
    )
    return [ticket for ticket in tickets if ticket["id"] not in known]
