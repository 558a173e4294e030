"""An account generates images once at a time.

Which jobs it does so with is remembered as answers to requests are, under a name that no
Idempotency-Key can have: so it holds until they are over, whatever happens to those who wait, and
it is found without a look at the account's other jobs.
"""

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from api.dialects.vell.faults import GenerationLocked
from shared.jobs import idempotency, turns
from shared.jobs.idempotency import Answer, Identity, Realm
from shared.jobs.tables import Answered, Job

_NAME = "vell\ngeneration"


def demand_free(session: Session, account_id: str) -> None:
    """Keep everybody else of the account out until this transaction ends.

    Raises :class:`GenerationLocked` while the account generates.
    """
    turns.hold(session, account_id)
    if is_taken(session, account_id):
        raise GenerationLocked


def is_taken(session: Session, account_id: str) -> bool:
    """Say whether the account generates images at this moment."""
    known = session.get(Answered, (account_id, Realm.KEY, _NAME))
    if known is None or known.body is None:
        return False
    mine = (Job.id.in_(known.body["jobs"]), Job.account_id == account_id)
    return bool(session.scalar(select(exists().where(*mine, Job.finished_at.is_(None)))))


def take(session: Session, account_id: str, job_ids: Sequence[str]) -> None:
    """Remember what the account generates from now on."""
    identity = Identity(account_id=account_id, realm=Realm.KEY, name=_NAME, digest="")
    idempotency.remember(session, identity, Answer(body={"jobs": [*job_ids]}))
