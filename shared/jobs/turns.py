"""Whose job is next: each account has so many places, and its jobs take turns with the others'.

A job is *ready* when it has one of its account's places: only ready jobs are claimed. The others
wait, and each place that becomes free goes to the most urgent of them. So what is claimable is
bounded per account, however many jobs it has submitted, and the claim is a walk along an index.

Ready jobs are claimed in the order of their rank. An account's ranks lie a step apart, beginning
now: a flood reaches far into the future, and another account's first job, ranked now, goes before
nearly all of it. Both the places and the ranks are kept in the account's row, which serialises the
submissions and ends of one account, and of no other.

The credits of the account are in that row too: a new job's price is held with its place, or not
at all (:mod:`shared.accounts.ledger`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, exists, func, or_, select, update
from sqlalchemy.orm import Session

from shared import clock
from shared.accounts import ledger
from shared.accounts.tables import Account
from shared.errors import InsufficientCredits
from shared.jobs.status import Queue, Status
from shared.jobs.tables import Job, stands
from shared.signals import Bell, Errand, after_commit
from shared.webhooks.audience import is_heard
from shared.webhooks.types import EventType

# How far apart the ranks of one account's ready jobs lie.
_STEP = timedelta(seconds=10)
# One step of priority is worth this much waiting: so an urgent job overtakes, and ages do not stop.
_PRIORITY_STEP = timedelta(minutes=1)
# The rest gets its places from the keeper, one in each round, and from jobs that end.
_MOST_AT_ONCE = 1_000

NO_PLACE = "account_limit"

# Put together once, and of columns, not of what is mapped to them: over such a statement
# SQLAlchemy takes longer than Postgres.
_OF_ACCOUNT = Account.__table__.c
_HAS_ROOM = _OF_ACCOUNT.active < _OF_ACCOUNT.concurrency
_PRESENT: Any = bindparam("now", type_=_OF_ACCOUNT.turn.type)
_NEXT_TURN = func.greatest(_OF_ACCOUNT.turn + _STEP, _PRESENT)
_PRICE: Any = bindparam("price", type_=_OF_ACCOUNT.held.type)
_GIVEN_ACCOUNT: Any = bindparam("account_id", type_=_OF_ACCOUNT.id.type)
_LEFT = _OF_ACCOUNT.balance - _OF_ACCOUNT.held - _PRICE
_IS_LOW = and_(_PRICE > 0, _OF_ACCOUNT.low_credits > _LEFT)
_LOW_SINCE = case(
    (_IS_LOW, func.coalesce(_OF_ACCOUNT.low_since, _PRESENT)), else_=_OF_ACCOUNT.low_since
)
# What somebody may want to be told of, asked where nothing has to be asked for it.
_NEWS = (
    _OF_ACCOUNT.low_since,
    is_heard(_GIVEN_ACCOUNT, EventType.JOB_QUEUED).label("is_heard"),
)
_TAKE = (
    update(Account.__table__)
    .where(
        _OF_ACCOUNT.id == _GIVEN_ACCOUNT,
        or_(_PRICE == 0, _OF_ACCOUNT.balance - _OF_ACCOUNT.held >= _PRICE),
    )
    .values(
        held=_OF_ACCOUNT.held + _PRICE,
        active=_OF_ACCOUNT.active + case((_HAS_ROOM, 1), else_=0),
        turn=case((_HAS_ROOM, _NEXT_TURN), else_=_OF_ACCOUNT.turn),
        was_full=~_HAS_ROOM,
        low_since=_LOW_SINCE,
    )
    .returning(_OF_ACCOUNT.was_full, _OF_ACCOUNT.turn, *_NEWS)
)
_TAKE_MANY = (
    update(Account.__table__)
    .where(_OF_ACCOUNT.id == _GIVEN_ACCOUNT)
    .values(
        active=_OF_ACCOUNT.active + bindparam("count"),
        turn=bindparam("last_turn"),
        held=_OF_ACCOUNT.held + _PRICE,
        low_since=_LOW_SINCE,
    )
    .returning(*_NEWS)
)


@dataclass(frozen=True)
class Place:
    """Where a new job stands: ready with this rank, or waiting for a place."""

    is_ready: bool
    rank: datetime


@dataclass(frozen=True)
class News:
    """What may have to be told as new jobs come in.

    ``is_heard``: an endpoint wants to hear that they are queued. ``is_low_now``: with them, the
    account's credits fell below what it wants to be told of.
    """

    is_heard: bool
    is_low_now: bool


@dataclass(frozen=True)
class Newcomer:
    """A new job that asks for a place."""

    urgency: datetime
    is_urgent: bool


def urgency(created_at: datetime, priority: int) -> datetime:
    """Return the moment that decides between jobs of one account: the earlier, the more urgent."""
    return created_at - priority * _PRIORITY_STEP


def take_place(
    session: Session, account_id: str, *, urgent: datetime, is_urgent: bool, price: int = 0
) -> tuple[Place, News]:
    """Hold a new job's price, and give it one of its account's places if there is one left.

    Raises :class:`shared.errors.InsufficientCredits`.
    """
    place, news = _take(session, account_id, price)
    if not place.is_ready or not is_urgent:
        return place, news
    return Place(is_ready=True, rank=_swap(session, account_id, place.rank, urgent)), news


def foresee(session: Session, account_id: str) -> Place:
    """Return the place that a new job of no urgency would be given at this moment."""
    account = session.execute(
        select(Account.active, Account.concurrency, Account.turn).where(Account.id == account_id)
    ).one()
    rank = max(account.turn + _STEP, clock.now())
    return Place(is_ready=account.active < account.concurrency, rank=rank)


def take_places(
    session: Session, account_id: str, newcomers: Sequence[Newcomer], *, price: int = 0
) -> tuple[list[Place], News]:
    """Give many new jobs as many of their account's places as are left, the most urgent first.

    The price of them all is held, which the caller has found to be there.
    """
    ranks, turn, news = _take_many(session, account_id, len(newcomers), price)
    places = [Place(is_ready=False, rank=turn)] * len(newcomers)
    order = sorted(range(len(newcomers)), key=lambda position: newcomers[position].urgency)
    for position, rank in zip(order, ranks, strict=False):
        places[position] = Place(is_ready=True, rank=rank)
    urgent = [position for position in order[: len(ranks)] if newcomers[position].is_urgent]
    if not urgent:
        return places, news
    behind = list(_behind(session, account_id, newcomers[urgent[0]].urgency))
    for position in urgent:
        rank = _overtake(behind, places[position].rank, newcomers[position].urgency)
        places[position] = Place(is_ready=True, rank=rank)
    return places, news


def hold(session: Session, account_id: str) -> None:
    """Let nobody else submit or end jobs of this account until the transaction is over."""
    _lock(session, account_id)


def has_room_for_waiting() -> ColumnElement[bool]:
    """Return the condition of an account that has both a free place and a job without one."""
    waiting = exists().where(Job.account_id == Account.id, stands(Status.QUEUED), ~Job.is_ready)
    return and_(Account.active < Account.concurrency, waiting)


def fill_places(session: Session, *, limit: int) -> None:
    """Give free places to jobs that were passed over while they were locked."""
    # In the order in which everybody locks several accounts.
    left_over = select(Account.id).where(has_room_for_waiting()).order_by(Account.id).limit(limit)
    for account_id in session.scalars(left_over).all():
        _release_next(session, account_id)


def refill(session: Session, account_id: str) -> None:
    """Give an account's free places to its waiting jobs at once: it may have more of them now."""
    account = _lock(session, account_id)
    free = min(account.concurrency - account.active, _MOST_AT_ONCE)
    if free > 0:
        _release_many(session, account_id, free)


def pass_on(session: Session, account_id: str, *, count: int) -> None:
    """Give places that have become free to the account's most urgent waiting jobs."""
    if count == 1:
        _release_next(session, account_id)
    else:
        _release_many(session, account_id, count)


def _take(session: Session, account_id: str, price: int = 0) -> tuple[Place, News]:
    """Count the job in if there is room, under the lock of the account's row either way."""
    now = clock.now()
    given = {"account_id": account_id, "now": now, "price": price}
    row = session.execute(_TAKE, given).one_or_none()
    if row is None:
        raise InsufficientCredits(price, ledger.look(session, account_id).available)
    return Place(is_ready=not row.was_full, rank=row.turn), _news(row, now)


def _take_many(
    session: Session, account_id: str, wanted: int, price: int = 0
) -> tuple[list[datetime], datetime, News]:
    """Count in as many jobs as there is room for; returns their ranks, and the last one given."""
    now = clock.now()
    account = _lock(session, account_id)
    count = max(0, min(wanted, account.concurrency - account.active))
    first = max(account.turn + _STEP, now)
    ranks = [first + position * _STEP for position in range(count)]
    turn: datetime = ranks[-1] if ranks else account.turn
    given = {"account_id": account_id, "now": now, "price": price, "count": count}
    row = session.execute(_TAKE_MANY, given | {"last_turn": turn}).one()
    return ranks, turn, _news(row, now)


def _news(row: Row[Any], now: datetime) -> News:
    # That moment is kept until the account is topped up: so it is told once.
    return News(is_heard=row.is_heard, is_low_now=row.low_since == now)


def _lock(session: Session, account_id: str) -> Any:
    # As an update locks it: rows that refer to the account may be written meanwhile.
    return session.execute(
        select(Account.active, Account.concurrency, Account.turn)
        .where(Account.id == account_id)
        .with_for_update(key_share=True)
    ).one()


def _swap(session: Session, account_id: str, rank: datetime, urgent: datetime) -> datetime:
    """Let an urgent job go before the account's less urgent ones, and never before others'."""
    return _overtake(list(_behind(session, account_id, urgent, limit=1)), rank, urgent)


def _behind(
    session: Session, account_id: str, urgent: datetime, *, limit: int | None = None
) -> Sequence[Job]:
    """Return the account's ready jobs that are less urgent than this, in the order of rank."""
    return session.scalars(
        select(Job)
        .where(
            Job.account_id == account_id,
            stands(Status.QUEUED),
            Job.is_ready,
            Job.urgency > urgent,
        )
        .order_by(Job.rank)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def _overtake(behind: list[Job], rank: datetime, urgent: datetime) -> datetime:
    """Swap ranks with the first of these jobs that is less urgent and would go before."""
    for position, job in enumerate(behind):
        if job.rank >= rank:
            break
        if job.urgency > urgent:
            del behind[position]
            rank, job.rank = job.rank, rank
            break
    return rank


def _release_next(session: Session, account_id: str) -> None:
    for waiting in _waiting(session, account_id, limit=1):
        place, _ = _take(session, account_id)
        if place.is_ready:
            _make_ready(session, waiting, place.rank)


def _release_many(session: Session, account_id: str, count: int) -> None:
    if waiting := _waiting(session, account_id, limit=count):
        ranks, _, _ = _take_many(session, account_id, len(waiting))
        for job, rank in zip(waiting, ranks, strict=False):
            _make_ready(session, job, rank)


def _waiting(session: Session, account_id: str, *, limit: int) -> Sequence[Job]:
    """Return the account's most urgent jobs without a place."""
    return session.scalars(
        select(Job)
        .where(Job.account_id == account_id, stands(Status.QUEUED), ~Job.is_ready)
        .order_by(Job.urgency)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def _make_ready(session: Session, job: Job, rank: datetime) -> None:
    job.is_ready, job.rank, job.waiting_for = True, rank, None
    after_commit(session, Bell(Queue(job.kind), Errand.WORK, job.id))
