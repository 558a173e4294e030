"""What an account has used: its jobs, and what they have cost, by day, model or key."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Text, bindparam, case, cast, func, literal, select, text, union_all
from sqlalchemy.orm import Session

from shared import ids
from shared.jobs.tables import Job, UsageOfDeleted


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


_GONE = UsageOfDeleted.__table__.c
_SINCE: Any = bindparam("since", type_=_GONE.hour.type)
_UNTIL: Any = bindparam("until", type_=_GONE.hour.type)
_ACCOUNT: Any = bindparam("account_id", type_=_GONE.account_id.type)
_USED = union_all(
    select(
        Job.model,
        Job.key_id,
        Job.created_at.label("at"),
        literal(1).label("jobs"),
        func.coalesce(Job.cost, 0).label("credits"),
        case((Job.finished_at.is_(None), Job.price), else_=0).label("held"),
    ).where(
        Job.account_id == _ACCOUNT,
        # Ids sort by time, and there is an index on them.
        Job.id >= bindparam("first_id"),
        Job.created_at >= _SINCE,
        Job.created_at < _UNTIL,
        ~Job.is_test,
    ),
    select(
        _GONE.model,
        func.nullif(_GONE.key_id, ""),
        _GONE.hour,
        _GONE.jobs,
        _GONE.credits,
        literal(0),
    ).where(_GONE.account_id == _ACCOUNT, _GONE.hour >= _SINCE, _GONE.hour < _UNTIL),
).subquery("used")
_VALUES: Mapping[By, Any] = {
    By.DAY: cast(func.date(func.timezone("UTC", _USED.c.at)), Text),
    By.MODEL: _USED.c.model,
    By.KEY: _USED.c.key_id,
}
_SUMS = [func.sum(_USED.c[name]) for name in ("jobs", "credits", "held")]

_KEEP = text("""
INSERT INTO usage_of_deleted AS known (account_id, hour, model, key_id, jobs, credits)
SELECT account_id, date_trunc('hour', created_at, 'UTC'), model, COALESCE(key_id, ''),
    count(*), sum(cost)
FROM jobs WHERE id = ANY(:job_ids) AND NOT is_test
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4  -- so that two that do this never wait in a circle
ON CONFLICT (account_id, hour, model, key_id)
DO UPDATE SET jobs = known.jobs + excluded.jobs, credits = known.credits + excluded.credits
""")


def read(
    session: Session, *, account_id: str, since: datetime, until: datetime, by: By
) -> Sequence[Used]:
    """Count the jobs that were submitted from one moment until another, without those of tests.

    Those that are deleted by now count with their whole hour, if that begins in this time.
    """
    value = _VALUES[by]
    given = {"account_id": account_id, "since": since, "until": until}
    given |= {"first_id": ids.first("job", since)}
    return [
        Used(value=of, jobs=int(jobs), credits=int(credits), held=int(held))
        for of, jobs, credits, held in session.execute(
            select(value, *_SUMS).group_by(value).order_by(value), given
        )
    ]


def keep(session: Session, job_ids: Collection[str]) -> None:
    """Keep what these jobs, which are over, have used: they are about to be deleted."""
    session.execute(_KEEP, {"job_ids": list(job_ids)})
