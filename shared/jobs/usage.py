"""What an account has used: its jobs, and what they have cost, by day, model or key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from shared import ids
from shared.jobs.tables import Job


class By(StrEnum):
    """What is counted together."""

    DAY = "day"
    MODEL = "model"
    KEY = "key"


@dataclass(frozen=True)
class Used:
    """The jobs of one day, model or key: what those that are over cost, and the rest may cost."""

    value: str | None
    jobs: int
    credits: int
    held: int


_VALUES: dict[By, Any] = {
    By.DAY: cast(func.date(func.timezone("UTC", Job.created_at)), Text),
    By.MODEL: Job.model,
    By.KEY: Job.key_id,
}


def read(
    session: Session, *, account_id: str, since: datetime, until: datetime, by: By
) -> Sequence[Used]:
    """Count the jobs that were submitted from one moment until another, without those of tests."""
    value = _VALUES[by]
    query = (
        select(
            value,
            func.count(),
            func.coalesce(func.sum(Job.cost), 0),
            func.coalesce(func.sum(Job.price).filter(Job.finished_at.is_(None)), 0),
        )
        .where(
            Job.account_id == account_id,
            # Ids sort by time, and there is an index on them.
            Job.id >= ids.first("job", since),
            Job.created_at >= since,
            Job.created_at < until,
            ~Job.is_test,
        )
        .group_by(value)
        .order_by(value)
    )
    return [
        Used(value=of, jobs=jobs, credits=int(credits), held=int(held))
        for of, jobs, credits, held in session.execute(query)
    ]
