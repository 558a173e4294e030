"""One request, one job, however often it is sent: what was answered is remembered for a while.

Callers name a request by an ``Idempotency-Key``. Clients that repeat one without a key say which
try it is; theirs goes by its digest, and the newest first try is the one that is meant. The memory
is written in the transaction of the jobs: either both are there or neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared import clock
from shared.errors import IdempotencyInProgress, IdempotencyKeyReused
from shared.jobs.tables import Answered


class Realm(StrEnum):
    """By what a request is recognised."""

    KEY = "key"
    DIGEST = "digest"


KEPT_FOR: Mapping[Realm, timedelta] = {
    Realm.KEY: timedelta(hours=24),
    Realm.DIGEST: timedelta(minutes=10),
}


@dataclass(frozen=True, kw_only=True)
class Identity:
    """How a request is recognised when it is sent again.

    ``is_new`` is one of which its sender says that it was never sent before.
    """

    account_id: str
    realm: Realm
    name: str
    digest: str
    is_new: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is answered to a request that makes jobs.

    One without a body is put together from the job, as it stands when somebody asks.
    """

    status: int = 202
    body: dict[str, Any] | None = None
    location: str | None = None
    job_id: str | None = None


def recall(session: Session, identity: Identity) -> Answer | None:
    """Return what was answered to this request before, or nothing if it is the first.

    Until this transaction ends nobody else can answer the same request. Raises
    :class:`IdempotencyInProgress` and :class:`IdempotencyKeyReused`.
    """
    _lock(session, identity)
    if identity.is_new:
        return None
    found = session.get(Answered, (identity.account_id, identity.realm, identity.name))
    if found is None or found.created_at <= clock.now() - KEPT_FOR[identity.realm]:
        return None
    if found.digest != identity.digest:
        raise IdempotencyKeyReused
    return Answer(
        status=found.status, body=found.body, location=found.location, job_id=found.job_id
    )


def remember(session: Session, identity: Identity, answer: Answer) -> None:
    """Keep an answer for those who send the same request again."""
    asked = {
        "account_id": identity.account_id,
        "realm": identity.realm,
        "name": identity.name,
    }
    answered = {
        "digest": identity.digest,
        "status": answer.status,
        "body": answer.body,
        "location": answer.location,
        "job_id": answer.job_id,
        "created_at": clock.now(),
    }
    session.execute(
        insert(Answered)
        .values(asked | answered)
        .on_conflict_do_update(index_elements=list(asked), set_=answered)
    )


def forget(session: Session, *, limit: int) -> int:
    """Throw away up to ``limit`` answers that are older than any is kept; returns how many."""
    old = (
        select(Answered.account_id, Answered.realm, Answered.name)
        .where(Answered.created_at <= clock.now() - max(KEPT_FOR.values()))
        .order_by(Answered.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("old")
    )
    forgotten = session.execute(
        delete(Answered)
        .where(
            Answered.account_id == old.c.account_id,
            Answered.realm == old.c.realm,
            Answered.name == old.c.name,
        )
        .returning(Answered.name),
        execution_options={"synchronize_session": False},
    )
    return len(forgotten.all())


def _lock(session: Session, identity: Identity) -> None:
    """Keep others who send the same request out until this transaction ends.

    They are sent away rather than held: whoever waits here holds a connection. New requests do
    not keep each other out, since each makes a job of its own.
    """
    named = "\n".join((identity.account_id, identity.realm, identity.name))
    number = int.from_bytes(sha256(named.encode()).digest()[:8], "big", signed=True)
    if identity.is_new:
        session.execute(select(func.pg_advisory_xact_lock_shared(number)))
    elif not session.scalar(select(func.pg_try_advisory_xact_lock(number))):
        raise IdempotencyInProgress(retry_after=1)
