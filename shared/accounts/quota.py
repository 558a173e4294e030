"""How many jobs an account has submitted on the present day (UTC)."""

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import case, update
from sqlalchemy.orm import Session

from shared import clock
from shared.accounts.tables import Account
from shared.errors import DailyLimitReached


def take(session: Session, account_id: str, jobs: int, *, most: int) -> None:
    """Count jobs that are about to be made; raises :class:`DailyLimitReached`.

    They are counted in the transaction that makes them, or not at all.
    """
    now = clock.now()
    today = now.date()
    before = case((Account.counted_on == today, Account.jobs_today), else_=0)
    counted = session.scalar(
        update(Account)
        .where(Account.id == account_id, before + jobs <= most)
        .values(counted_on=today, jobs_today=before + jobs)
        .returning(Account.id)
        .execution_options(synchronize_session=False)
    )
    if counted is None:
        raise DailyLimitReached(
            f"This account may submit {most} jobs a day; the day ends at 00:00 UTC.",
            retry_after=_until_midnight(now),
        )


def _until_midnight(now: datetime) -> float:
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    return (tomorrow - now).total_seconds() + 1
