"""What is told to others once a transaction is committed, and only then."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from shared.jobs.status import Queue

_KEY = "limner_signals"


class Errand(StrEnum):
    """What a worker is called for."""

    WORK = "work"
    POLL = "poll"
    DELIVER = "deliver"
    KEEP = "keep"
    EXPIRE = "expire"
    SWEEP = "sweep"


@dataclass(frozen=True)
class Bell:
    """There is something to do in a queue; ``subject`` is what it is about, for people to read."""

    queue: Queue
    errand: Errand
    subject: str


@dataclass(frozen=True)
class JobMoved:
    """Something happened to a job that is told of it: whoever waits for that may look."""

    job_id: str
    account_id: str
    is_over: bool = False


Signal = Bell | JobMoved


def after_commit(session: Session, signal: Signal) -> None:
    """Keep a signal until this session's transaction is committed."""
    session.info.setdefault(_KEY, []).append(signal)


def collected(session: Session) -> list[Signal]:
    """Return the signals of a session, in order."""
    signals: list[Signal] = session.info.get(_KEY, [])
    return signals
