"""What is written down of each move: an event, in the statement that moves."""

from typing import Any

from sqlalchemy import Select, bindparam, func, insert, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.base import NOW
from shared.jobs.tables import JobEvent
from shared.webhooks.audience import is_heard
from shared.webhooks.types import EventType

_EVENTS = insert(JobEvent.__table__)


def telling(moving: Any, verb: Any, *, heard_as: EventType | None = None) -> Select[Any]:
    """Return a statement that moves jobs, appends their events and returns what the move does.

    ``moving`` is an ``UPDATE … RETURNING`` of jobs with at least their ids and accounts. What the
    events say beside the verb, if anything, is the parameter ``detail``. With ``heard_as`` each row
    says in ``is_heard`` whether the job's account wants to be told of such events.
    """
    moved = moving.cte("moved")
    told = _EVENTS.from_select(
        ["job_id", "account_id", "at", "verb", "detail"],
        select(
            moved.c.id,
            moved.c.account_id,
            NOW,
            literal(verb),
            bindparam("detail", {}, type_=JSONB),
        ),
    ).cte("told")
    heard = [] if heard_as is None else [is_heard(moved.c.account_id, heard_as, within=moved)]
    return select(moved, *(one.label("is_heard") for one in heard)).add_cte(told)


def telling_progress(moved: Any, *, is_event: Any) -> Any:
    """Return the part of a statement that appends how far ``moved`` jobs are, where it matters."""
    detail = func.jsonb_build_object("progress", moved.c.progress)
    progress = select(moved.c.id, moved.c.account_id, NOW, literal("progress"), detail)
    columns = ["job_id", "account_id", "at", "verb", "detail"]
    return _EVENTS.from_select(columns, progress.where(is_event)).cte("told")
