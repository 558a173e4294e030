"""What should never be: rows that no rule of ours leads to. Reported, not looped over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from shared import clock
from shared.accounts.ledger import Verb
from shared.accounts.tables import Account, ApiKey, LedgerEntry
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
    yield "accounts whose credits are not what their ledger says", _misentered()
    yield "accounts that hold other than what their unfinished jobs may cost", _misheld()
    yield "jobs settled or released other than once", _missettled()
    yield "keys that have spent other than what the ledger says", _misspent()


def _miscounted() -> Select[Any]:
    taken = (
        select(func.count())
        .where(and_(Job.account_id == Account.id, Job.finished_at.is_(None), Job.is_ready))
        .scalar_subquery()
    )
    return select(Account.id).where(Account.active != taken)


def _misentered() -> Select[Any]:
    entered = (
        select(
            LedgerEntry.account_id,
            func.sum(LedgerEntry.balance).label("balance"),
            func.sum(LedgerEntry.held).label("held"),
        )
        .group_by(LedgerEntry.account_id)
        .subquery()
    )
    return (
        select(Account.id)
        .outerjoin(entered, entered.c.account_id == Account.id)
        .where(
            or_(
                Account.balance != func.coalesce(entered.c.balance, 0),
                Account.held != func.coalesce(entered.c.held, 0),
            )
        )
    )


def _misheld() -> Select[Any]:
    may_cost = (
        select(func.coalesce(func.sum(Job.price), 0))
        .where(and_(Job.account_id == Account.id, Job.finished_at.is_(None)))
        .scalar_subquery()
    )
    return select(Account.id).where(Account.held != may_cost)


def _missettled() -> Select[Any]:
    ended = (
        select(LedgerEntry.job_id, func.count().label("times"))
        .where(LedgerEntry.verb.in_([Verb.SETTLE, Verb.RELEASE]))
        .group_by(LedgerEntry.job_id)
        .subquery()
    )
    due = case((and_(Job.finished_at.is_not(None), Job.price > 0), 1), else_=0)
    return (
        select(Job.id)
        .outerjoin(ended, ended.c.job_id == Job.id)
        .where(func.coalesce(ended.c.times, 0) != due)
    )


def _misspent() -> Select[Any]:
    entered = (
        select(
            LedgerEntry.key_id,
            func.sum(LedgerEntry.held - LedgerEntry.balance).label("spent"),
        )
        .group_by(LedgerEntry.key_id)
        .subquery()
    )
    return (
        select(ApiKey.id)
        .outerjoin(entered, entered.c.key_id == ApiKey.id)
        .where(
            ApiKey.spending_cap.is_not(None),
            ApiKey.spent != func.coalesce(entered.c.spent, 0),
        )
    )
