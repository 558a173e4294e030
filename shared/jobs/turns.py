"""Whose job is next: each account has so many places, and its jobs take turns with the others'.

A job is *ready* when it has one of its account's places: only ready jobs are claimed. The others
wait, and each place that becomes free goes to the most urgent of them. So what is claimable is
bounded per account, however many jobs it has submitted, and the claim is a walk along an index.

Ready jobs are claimed in the order of their rank. An account's ranks lie a step apart, beginning
now: a flood reaches far into the future, and another account's first job, ranked now, goes before
nearly all of it. Both the places and the ranks are kept in the account's row, which serialises the
submissions and ends of one account, and of no other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, exists, func, select, update
from sqlalchemy.orm import Session

from shared import clock
from shared.accounts.tables import Account
from shared.jobs.status import Queue, Status
from shared.jobs.tables import Job, stands
from shared.signals import Bell, Errand, after_commit

# How far apart the ranks of one account's ready jobs lie.
_STEP = timedelta(seconds=10)
# One step of priority is worth this much waiting: so an urgent job overtakes, and ages do not stop.
_PRIORITY_STEP = timedelta(minutes=1)

NO_PLACE = "account_limit"


@dataclass(frozen=True)
class Place:
    """Where a new job stands: ready with this rank, or waiting for a place."""

    is_ready: bool
    rank: datetime


def urgency(created_at: datetime, priority: int) -> datetime:
    """Return the moment that decides between jobs of one account: the earlier, the more urgent."""
    return created_at - priority * _PRIORITY_STEP


def take_place(session: Session, account_id: str, *, urgent: datetime, is_urgent: bool) -> Place:
    """Give a new job one of its account's places, if there is one left."""
    place = _take(session, account_id)
    if not place.is_ready or not is_urgent:
        return place
    return Place(is_ready=True, rank=_swap(session, account_id, place.rank, urgent))


def fill_places(session: Session, *, limit: int) -> None:
    """Give free places to jobs that were passed over while they were locked."""
    left_over = (
        select(Account.id)
        .where(
            Account.active < Account.concurrency,
            exists().where(Job.account_id == Account.id, stands(Status.QUEUED), ~Job.is_ready),
        )
        .limit(limit)
    )
    for account_id in session.scalars(left_over).all():
        _release_next(session, account_id)


def give_back(session: Session, account_id: str) -> None:
    """Pass the place of a job that is over on to the account's most urgent waiting job."""
    now = clock.now()
    left = session.scalar(
        update(Account)
        .where(Account.id == account_id)
        .values(
            active=Account.active - 1,
            # Whoever has nothing left begins anew: what it had before does not count against it.
            turn=case((Account.active <= 1, now), else_=Account.turn),
        )
        .returning(Account.active)
    )
    if left is not None:
        _release_next(session, account_id)


def _take(session: Session, account_id: str) -> Place:
    """Count the job in if there is room, under the lock of the account's row either way."""
    now = clock.now()
    has_room = Account.active < Account.concurrency
    row = session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(
            active=Account.active + case((has_room, 1), else_=0),
            turn=case((has_room, func.greatest(Account.turn + _STEP, now)), else_=Account.turn),
            was_full=~has_room,
        )
        .returning(Account.was_full, Account.turn)
    ).one()
    return Place(is_ready=not row.was_full, rank=row.turn)


def _swap(session: Session, account_id: str, rank: datetime, urgent: datetime) -> datetime:
    """Let an urgent job go before the account's less urgent ones, and never before others'."""
    behind = session.scalars(
        select(Job)
        .where(
            Job.account_id == account_id,
            stands(Status.QUEUED),
            Job.is_ready,
            Job.urgency > urgent,
        )
        .order_by(Job.rank)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if behind is None or behind.rank >= rank:
        return rank
    rank, behind.rank = behind.rank, rank
    return rank


def _release_next(session: Session, account_id: str) -> None:
    waiting = session.scalars(
        select(Job)
        .where(Job.account_id == account_id, stands(Status.QUEUED), ~Job.is_ready)
        .order_by(Job.urgency)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if waiting is None:
        return
    place = _take(session, account_id)
    if place.is_ready:
        waiting.is_ready, waiting.rank, waiting.waiting_for = True, place.rank, None
        after_commit(session, Bell(Queue(waiting.kind), Errand.WORK, waiting.id))
