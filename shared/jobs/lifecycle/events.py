"""What is written down of each move: an event, in the statement that moves."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, bindparam, insert, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from shared import clock
from shared.db.base import NOW
from shared.jobs.tables import Job, JobEvent

_EVENTS = insert(JobEvent.__table__)


def record(session: Session, verb: str, jobs: Sequence[Job]) -> None:
    """Append one event to each job, for what has no statement of its own here."""
    now = clock.now()
    session.execute(_EVENTS, [{"job_id": job.id, "at": now, "verb": verb} for job in jobs])


def telling(moving: Any, verb: Any) -> Select[Any]:
    """Return a statement that moves jobs, appends their events and returns what the move does.

    ``moving`` is an ``UPDATE … RETURNING`` of jobs with at least their ids. What the events say
    beside the verb, if anything, is the parameter ``detail``.
    """
    moved = moving.cte("moved")
    told = _EVENTS.from_select(
        ["job_id", "at", "verb", "detail"],
        select(moved.c.id, NOW, literal(verb), bindparam("detail", {}, type_=JSONB)),
    ).cte("told")
    return select(moved).add_cte(told)
