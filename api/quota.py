"""How many jobs the account that asks may still submit today."""

from sqlalchemy.orm import Session

from api import auth, ground
from shared.accounts import quota


def take(session: Session, jobs: int = 1) -> None:
    """Count jobs that this request makes; raises :class:`shared.errors.DailyLimitReached`.

    An account without such a limit costs nothing: its jobs are not counted.
    """
    account = auth.account()
    most = ground.current().plans.limits(account.plan, account.overrides).jobs_per_day
    if most and jobs:
        quota.take(session, account.id, jobs, most=most)
