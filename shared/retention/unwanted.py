"""Objects that nothing names any more: written down as their rows let go of them, then removed.

In this order no row names an object that is gone without saying so, and none is forgotten: what
could not be removed, or whose remover died, is due again after a while.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared import clock
from shared.ground import Ground
from shared.jobs.status import Queue
from shared.retention.tables import UnwantedObject
from shared.signals import Bell, Errand, after_commit

_AGAIN_AFTER = timedelta(minutes=5)
_AT_ONCE = 200
# Longer than a claim lasts: whoever has it may be removing it now.
_TOO_CLOSE = 2 * _AGAIN_AFTER


def doom(session: Session, keys: Sequence[str], *, after: timedelta = timedelta()) -> None:
    """Have these objects removed once this is committed, or so long after it."""
    if not keys:
        return
    rows = [{"key": key, "due_at": clock.now() + after} for key in keys]
    session.execute(insert(UnwantedObject).on_conflict_do_nothing(), rows)
    if not after:
        after_commit(session, Bell(Queue.MAINTENANCE, Errand.SWEEP, keys[0]))


def reprieve(session: Session, key: str) -> bool:
    """Let an object stay that was to be removed; says whether it is not too late for that."""
    spared = delete(UnwantedObject).where(
        UnwantedObject.key == key, UnwantedObject.due_at > clock.now() + _TOO_CLOSE
    )
    return session.scalar(spared.returning(UnwantedObject.key)) is not None


def claim(session: Session, *, limit: int) -> Sequence[str]:
    """Take objects that are due; nobody else gets them for a while."""
    now = clock.now()
    due = (
        select(UnwantedObject.key)
        .where(UnwantedObject.due_at <= now)
        .order_by(UnwantedObject.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claimed = (
        update(UnwantedObject)
        .where(UnwantedObject.key == due.c.key)
        .values(due_at=now + _AGAIN_AFTER)
        .returning(UnwantedObject.key)
    )
    return session.scalars(claimed, execution_options={"synchronize_session": False}).all()


def sweep(ground: Ground) -> int:
    """Remove all that is due by now, one by one; returns how many objects that were."""
    removed = 0
    while True:
        with ground.transaction() as session:
            keys = claim(session, limit=_AT_ONCE)
        for key in keys:
            remove(ground, key)
        removed += len(keys)
        if len(keys) < _AT_ONCE:
            return removed


def overdue(session: Session, *, late_by: timedelta) -> int:
    """Return how many objects should have been removed for longer than this."""
    late = UnwantedObject.due_at <= clock.now() - late_by
    return session.scalars(select(func.count()).select_from(UnwantedObject).where(late)).one()


def remove(ground: Ground, key: str) -> None:
    """Remove an object, and then forget it; raises :class:`shared.errors.StorageUnavailable`."""
    ground.store.delete(key)
    with ground.transaction() as session:
        session.execute(delete(UnwantedObject).where(UnwantedObject.key == key))
