"""What is owed and due: taken in the order of its moments, as far as there is room for it.

First the oldest, as many as there are free slots, which is all there is to it on most days. If some
of them go to a receiver that has no room, as one that hangs and is owed hundreds, the rest is taken
by receivers: a walk along an index from one to the next, which costs what there are receivers, not
what they are owed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Integer, Row, Text, bindparam, text
from sqlalchemy.orm import Session

from shared.db.base import NOW
from shared.webhooks.contract import OWN
from workers.lanes import Lanes

# More receivers than this wait for another claim; which ones is left to chance.
_MOST_RECEIVERS = 10_000

_OLDEST = """
due AS (
    SELECT id, destination, due_at FROM webhook_deliveries
    WHERE due_at <= :present ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED
)"""

_OF_EACH = """
receivers AS (
    (SELECT destination FROM webhook_deliveries WHERE due_at IS NOT NULL
     ORDER BY destination LIMIT 1)
    UNION ALL
    SELECT (SELECT owed.destination FROM webhook_deliveries AS owed
            WHERE due_at IS NOT NULL AND owed.destination > receivers.destination
            ORDER BY owed.destination LIMIT 1)
    FROM receivers WHERE receivers.destination IS NOT NULL
), open AS (
    SELECT destination, COALESCE(room, 1) AS room
    FROM (SELECT * FROM receivers WHERE destination IS NOT NULL LIMIT :receivers) AS receivers
    LEFT JOIN known USING (destination)
    WHERE room > 0 OR room IS NULL AND :strangers > 0
    -- By chance: in any other order the last ones might never have their turn.
    ORDER BY random()
), due AS (
    SELECT first.id, open.destination, first.due_at
    FROM open, LATERAL (
        SELECT id, due_at FROM webhook_deliveries AS owed
        WHERE owed.destination = open.destination AND owed.due_at <= :present
        ORDER BY owed.due_at LIMIT open.room FOR UPDATE SKIP LOCKED
    ) AS first
    LIMIT :most
)"""

_TAKE = """
WITH RECURSIVE known AS (
    SELECT * FROM unnest(:destinations, :rooms) AS known (destination, room)
), {due}, ranked AS (
    SELECT id, room, due_at,
        row_number() OVER (PARTITION BY due.destination ORDER BY due_at, id) AS place
    FROM due LEFT JOIN known ON known.destination = due.destination
), fitting AS (
    SELECT id, room IS NULL AS is_stranger,
        row_number() OVER (PARTITION BY room IS NULL ORDER BY due_at, id) AS place
    FROM ranked WHERE place <= COALESCE(room, 1)
), taken AS (
    UPDATE webhook_deliveries AS delivery
    SET lease = lease + 1, tries = tries + 1, due_at = :until
    FROM fitting
    WHERE delivery.id = fitting.id AND (NOT is_stranger OR place <= :strangers)
    RETURNING delivery.*
)
SELECT taken.id, taken.account_id, taken.endpoint_id, taken.destination, taken.contract,
    taken.lease, taken.tries, taken.tries_before,
    COALESCE(endpoint.url, taken.url) AS url, COALESCE(endpoint.is_enabled, true) AS is_enabled,
    endpoint.secret, endpoint.old_secret, endpoint.old_secret_until, endpoint.failing_since,
    event.id AS event_id, event.type AS event_type, event.created_at AS event_at,
    event.data AS event_data, event.job_id, account.balance - account.held AS available,
    -- The callback of a job is signed as the hook in the same dialect is, if there is one.
    COALESCE((
        SELECT secret FROM webhook_endpoints AS theirs
        WHERE taken.endpoint_id IS NULL AND taken.contract <> :own
            AND theirs.account_id = taken.account_id AND theirs.contract = taken.contract
        LIMIT 1
    ), account.webhook_secret) AS account_secret
FROM due
LEFT JOIN taken ON taken.id = due.id
LEFT JOIN webhook_events AS event ON event.id = taken.event_id
LEFT JOIN accounts AS account ON account.id = taken.account_id
LEFT JOIN webhook_endpoints AS endpoint ON endpoint.id = taken.endpoint_id
"""


def _taking(due: str) -> Any:
    statement = text(_TAKE.replace("{due}", due.strip()))
    return statement.bindparams(
        bindparam("own", OWN),
        bindparam("present", callable_=NOW.callable),
        bindparam("destinations", type_=ARRAY(Text)),
        bindparam("rooms", type_=ARRAY(Integer)),
    )


_TAKE_OLDEST, _TAKE_OF_EACH = _taking(_OLDEST), _taking(_OF_EACH)


def take(session: Session, lanes: Lanes, *, limit: int, until: datetime) -> Sequence[Row[Any]]:
    """Take up to ``limit`` due deliveries for which there is room, on lease until a moment."""
    taken, was_left = _take(session, lanes, _TAKE_OLDEST, most=limit, until=until)
    if was_left and len(taken) < limit:
        rest = {"most": limit - len(taken), "until": until, "receivers": _MOST_RECEIVERS}
        more, _ = _take(session, lanes, _TAKE_OF_EACH, **rest)
        taken += more
    lanes.say(is_crowded=was_left)
    return taken


def _take(
    session: Session, lanes: Lanes, statement: Any, **given: Any
) -> tuple[list[Row[Any]], bool]:
    """Return what was taken, and whether something was left for want of room."""
    room = lanes.room()
    of = {
        "destinations": list(room.of),
        "rooms": list(room.of.values()),
        "strangers": room.strangers,
    }
    found = session.execute(statement, of | given).all()
    taken = [one for one in found if one.id is not None]
    for one in taken:
        lanes.enter(one.destination)
    return taken, len(taken) < len(found)
