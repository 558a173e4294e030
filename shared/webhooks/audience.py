"""Who wants to be told: asked within the statements that make things happen.

So what happens to an account without endpoints costs one probe of an index, and no statement.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, any_, bindparam, exists, select
from sqlalchemy.orm import Session

from shared.webhooks.tables import Endpoint
from shared.webhooks.types import patterns_of

_LISTENING = (
    select(Endpoint)
    .where(
        Endpoint.account_id == any_(bindparam("account_ids", type_=ARRAY(Text))),
        Endpoint.is_enabled,
    )
    .order_by(Endpoint.id)
)


def is_heard(account_id: Any, event_type: str, *, within: Any | None = None) -> ColumnElement[bool]:
    """Return whether an endpoint of this account wants to be told of such events.

    ``account_id`` is a value, or a column of the table ``within``, about whose rows it is asked.
    """
    heard = exists().where(
        Endpoint.account_id == account_id,
        Endpoint.is_enabled,
        Endpoint.events.overlap(sorted(patterns_of(event_type))),
    )
    return heard if within is None else heard.correlate(within)


def listening(session: Session, account_ids: Collection[str]) -> Mapping[str, Sequence[Endpoint]]:
    """Return the endpoints of accounts that are told of anything, by account."""
    found: dict[str, list[Endpoint]] = {}
    for one in session.scalars(_LISTENING, {"account_ids": list(account_ids)}):
        found.setdefault(one.account_id, []).append(one)
    return found
