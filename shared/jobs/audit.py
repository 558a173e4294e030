"""What should never be: rows that no rule of ours leads to. Reported, not looped over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from shared import clock
from shared.accounts.tables import Account
from shared.catalog import Catalog
from shared.jobs.status import OVER, Kind, Status
from shared.jobs.tables import Attempt, Job

# The keeper goes round once a second; whoever was due so long ago was passed over.
_LONG_OVERDUE = timedelta(minutes=10)
_EXAMPLES = 3


@dataclass(frozen=True)
class Oddity:
    """Something that should not be, how often it was found, and examples of it by id."""

    what: str
    count: int
    examples: tuple[str, ...]


def oddities(session: Session, catalog: Catalog) -> Iterator[Oddity]:
    """Look for rows that make no sense; reads every job once."""
    for what, query in _queries(catalog):
        found = query.subquery()
        count = session.scalar(select(func.count()).select_from(found)) or 0
        if count:
            examples = session.scalars(select(found.c.id).limit(_EXAMPLES))
            yield Oddity(what, count, tuple(examples))


def _queries(catalog: Catalog) -> Iterator[tuple[str, Select[Any]]]:
    unfinished = Job.finished_at.is_(None)
    yield (
        "unfinished jobs that were due long ago",
        select(Job.id).where(unfinished, Job.is_ready, Job.due_at < clock.now() - _LONG_OVERDUE),
    )
    yield (
        "jobs whose status and end do not agree",
        select(Job.id).where(Job.status.in_(OVER) != Job.finished_at.is_not(None)),
    )
    yield (
        "unfinished jobs of a kind or a model that is not known",
        select(Job.id).where(
            unfinished, or_(Job.kind.not_in(list(Kind)), Job.model.not_in(catalog.names()))
        ),
    )
    yield (
        "parked jobs with no attempt to ask for",
        select(Job.id).where(
            Job.status == Status.RUNNING, Job.worker.is_(None), Job.attempt_id.is_(None)
        ),
    )
    yield (
        "open attempts of jobs that are over",
        select(Attempt.id)
        .join(Job, Job.id == Attempt.job_id)
        .where(Attempt.outcome.is_(None), Job.finished_at.is_not(None)),
    )
    yield "accounts whose places do not add up", _miscounted()


def _miscounted() -> Select[Any]:
    taken = (
        select(func.count())
        .where(and_(Job.account_id == Account.id, Job.finished_at.is_(None), Job.is_ready))
        .scalar_subquery()
    )
    return select(Account.id).where(Account.active != taken)
