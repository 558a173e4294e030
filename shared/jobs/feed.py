"""What happened to jobs, as it is told: for one job, or for all of an account.

The number of an event is its place in every feed, so that who has seen one knows where to go on.
Of one job the numbers are in the order of what happened. Of an account they are not quite: a
transaction draws its numbers, and is seen only once it is committed. So an account's feed is read
up to a :class:`Horizon`, below which nothing can appear any more.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, select, text
from sqlalchemy.orm import Session, selectinload

from shared.jobs.schema import NOTHING_YET, present
from shared.jobs.status import Status
from shared.jobs.tables import Job
from shared.storage.links import Links
from shared.webhooks.types import EventType

# By verb; what is not here changes nothing that a caller sees.
_TYPES = {
    "submit": EventType.JOB_QUEUED,
    "retry": EventType.JOB_QUEUED,
    "defer": EventType.JOB_QUEUED,
    "rescue": EventType.JOB_QUEUED,
    "claim": EventType.JOB_STARTED,
    "progress": EventType.JOB_PROGRESS,
    "succeed": EventType.JOB_SUCCEEDED,
    "fail": EventType.JOB_FAILED,
    "cancel": EventType.JOB_CANCELED,
    "abort": EventType.JOB_CANCELED,
    "expire": EventType.JOB_CANCELED,
}


class Topic(NamedTuple):
    """What a feed is about: a job, or (``is_account``) everything of an account."""

    id: str
    is_account: bool = False


@dataclass(frozen=True)
class Event:
    """Something that happened; ``data`` is the job in its public shape, as it stood then."""

    number: int
    type: EventType
    data: Mapping[str, Any]


class Page(NamedTuple):
    """Events of a topic in order; ``last`` is up to which number, ``more`` that others follow."""

    events: Sequence[Event]
    last: int
    more: bool


class Horizon:
    """Up to which number every event can be seen, or never will be.

    Whoever has drawn a number has written a job before, and so has a transaction id. So an id that
    is drawn after the newest event was seen is above those of all who may still bring older ones:
    once none below it is under way, nothing is missing. (What a snapshot calls its ``xmax`` will
    not do: it is one above the newest id that has ended, and below some that are under way.)
    """

    _MOST = 64

    def __init__(self) -> None:
        self.number: int | None = None
        self.newest = -1
        self._awaited: deque[tuple[int, int]] = deque()

    @property
    def is_behind(self) -> bool:
        """Say whether something was seen that is not below it yet."""
        return bool(self._awaited)

    def look(self, session: Session) -> None:
        """Move on as far as transactions have ended meanwhile; each statement is one by itself."""
        newest, next_one = session.execute(_NEWEST, {"known": self.newest}).one()
        if next_one is not None:
            if len(self._awaited) == self._MOST:
                self._awaited.pop()
            self._awaited.append((next_one, newest))
            self.newest = newest
        oldest = session.scalar(_OLDEST) if self._awaited else None
        while self._awaited and oldest is not None and self._awaited[0][0] <= oldest:
            self.number = self._awaited.popleft()[1]


def read(
    session: Session,
    after: Mapping[Topic, int],
    *,
    horizon: int | None,
    limit: int,
    links: Links,
) -> Mapping[Topic, Page]:
    """Return up to ``limit`` events of each topic after a number, if there are any.

    Those of accounts go up to the horizon, and there are none while there is no horizon.
    """
    rows: dict[Topic, list[Row[Any]]] = {}
    for is_account in (False, True):
        of_kind = {one.id: number for one, number in after.items() if one.is_account == is_account}
        if not of_kind or (is_account and horizon is None):
            continue
        given = {"topics": [*of_kind], "after": [*of_kind.values()], "most": limit}
        given |= {"horizon": horizon} if is_account else {}
        found = session.execute(_READ[is_account], given | {"verbs": [*_TYPES]})
        for row in found:
            rows.setdefault(Topic(row.topic, is_account), []).append(row)
    jobs = _jobs(session, {row.job_id for row in chain.from_iterable(rows.values())})
    # One event may be in the feeds of its job and of its account.
    events: dict[int, Event] = {}
    for row in chain.from_iterable(rows.values()):
        # A job that was removed meanwhile took its events along.
        if row.id not in events and row.job_id in jobs:
            events[row.id] = _event(row, jobs[row.job_id], links)
    return {
        topic: Page(
            [events[row.id] for row in of_topic if row.id in events],
            last=of_topic[-1].id,
            more=len(of_topic) == limit,
        )
        for topic, of_topic in rows.items()
    }


def _jobs(session: Session, job_ids: set[str]) -> Mapping[str, Job]:
    if not job_ids:
        return {}
    return {job.id: job for job in session.scalars(_JOBS, {"job_ids": [*job_ids]})}


def _event(row: Row[Any], job: Job, links: Links) -> Event:
    event_type = _TYPES[row.verb]
    shown = present(job, links, is_one_of_many=True)
    return Event(row.id, event_type, shown | _as_it_was(event_type, row.at, row.detail, job))


def _as_it_was(
    event_type: EventType, at: datetime, detail: Mapping[str, Any], job: Job
) -> dict[str, Any]:
    match event_type:
        case EventType.JOB_QUEUED if job.started_at is None or at < job.started_at:
            return {**NOTHING_YET, "status": Status.QUEUED, "started_at": None}
        case EventType.JOB_QUEUED:
            waiting_for = detail.get("for", "retry" if "error" in detail else None)
            return {**NOTHING_YET, "status": Status.QUEUED, "waiting_for": waiting_for}
        case EventType.JOB_STARTED:
            return {**NOTHING_YET, "status": Status.RUNNING}
        case EventType.JOB_PROGRESS:
            then = {"status": Status.RUNNING, "progress": detail["progress"]}
            return {**NOTHING_YET, **then, "provider": job.provider}
        case _:
            return {}


_NEWEST = text("""
SELECT newest,
    CASE WHEN newest > :known THEN CAST(CAST(pg_current_xact_id() AS text) AS bigint) END
FROM (SELECT COALESCE(max(id), 0) AS newest FROM job_events) AS events
""")
_OLDEST = text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")
_JOBS = (
    select(Job)
    .where(Job.id.in_(bindparam("job_ids", expanding=True)))
    .options(selectinload(Job.artifacts))
)


def _reading(column: str, bound: str = "") -> Any:
    """Return the statement that goes from feed to feed along the index that begins so."""
    return text(f"""
    SELECT feed.topic, told.*
    FROM unnest(CAST(:topics AS text[]), CAST(:after AS bigint[])) AS feed (topic, after)
    CROSS JOIN LATERAL (
        SELECT id, job_id, at, verb, detail FROM job_events
        WHERE {column} = feed.topic AND id > feed.after {bound} AND verb = ANY(:verbs)
        ORDER BY {column}, id LIMIT :most
    ) AS told
    ORDER BY told.id
    """)  # noqa: S608 - made of our own words


_READ = {
    False: _reading("job_id"),
    True: _reading("account_id", "AND id <= :horizon"),
}
