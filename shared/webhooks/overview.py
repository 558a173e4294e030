"""How telling goes: for those who run the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.accounts.tables import Account
from shared.webhooks.tables import Delivery, DeliveryAttempt, Endpoint

# Nothing was sent for so long, though something was due all the time: nobody sends.
_TOO_LONG = timedelta(minutes=10)


@dataclass(frozen=True)
class Standing:
    """An endpoint, the name of its account, and how many deliveries are owed to it."""

    endpoint: Endpoint
    account: str
    owed: int


def standings(session: Session) -> Sequence[Standing]:
    """Return every endpoint, newest first."""
    owed = (
        select(func.count())
        .where(Delivery.destination == Endpoint.id, Delivery.due_at.is_not(None))
        .scalar_subquery()
    )
    query = select(Endpoint, Account.name, owed).join(Account, Account.id == Endpoint.account_id)
    found = session.execute(query.order_by(Endpoint.id.desc())).all()
    return [Standing(endpoint, account, count) for endpoint, account, count in found]


def count_owed(session: Session) -> int:
    """Return how many deliveries are owed, now or later."""
    return session.scalar(select(func.count()).where(Delivery.due_at.is_not(None))) or 0


def is_stuck(session: Session) -> bool:
    """Say whether nobody delivers. Much that is owed to one that is slow is no such thing."""
    long_ago = clock.now() - _TOO_LONG
    waits = session.scalar(select(Delivery.id).where(Delivery.due_at < long_ago).limit(1))
    if waits is None:
        return False
    tried = select(DeliveryAttempt.id).where(DeliveryAttempt.id >= ids.first("dat", long_ago))
    return session.scalar(tried.limit(1)) is None
