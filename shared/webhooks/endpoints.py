"""Endpoints: where an account is told of what happens, made and kept by its owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from marshmallow import Schema
from marshmallow.fields import List, String
from marshmallow.validate import Length, OneOf
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared import clock, faults, ids
from shared.accounts.tables import Account
from shared.declaring import Network
from shared.errors import (
    EndpointDisabled,
    EndpointNotFound,
    Fault,
    InvalidRequest,
    TooManyEndpoints,
)
from shared.flags import Flag
from shared.jobs.requests import is_http
from shared.outbound import is_refused
from shared.webhooks import giving_up, outbox, signature
from shared.webhooks.contract import OWN
from shared.webhooks.tables import Delivery, Endpoint
from shared.webhooks.types import PATTERNS, EventType

MAX_URL = 2_048


class _EndpointSchema(Schema):
    url = String(
        validate=[Length(max=MAX_URL), is_http],
        metadata={"description": "Is told, signed.", "format": "uri"},
    )
    events = List(
        String(validate=OneOf(PATTERNS)),
        validate=Length(min=1, max=len(PATTERNS)),
        metadata={
            "description": "Types of events; `job.*` is all of jobs, `job.*/render` of one "
            "kind, `*` everything."
        },
    )
    description = String(
        validate=Length(max=500), metadata={"description": "Words of yours to know it by."}
    )
    enabled = Flag(metadata={"description": "Whether it is told of anything."})


class EndpointRequestSchema(_EndpointSchema):
    """A webhook endpoint to be made."""

    url = String(
        required=True,
        validate=[Length(max=MAX_URL), is_http],
        metadata={"description": "Is told, signed.", "format": "uri"},
    )


class EndpointChangeSchema(_EndpointSchema):
    """What to change about a webhook endpoint. Enabling it forgets why it was disabled."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What an endpoint shall be; what it does not name stays, or is as usual."""

    url: str | None = None
    events: Sequence[str] | None = None
    description: str | None = None
    enabled: bool | None = None


def read(schema: Schema, document: Any, allow: Sequence[Network], *, root: str = "$") -> Wish:
    """Read what an endpoint shall be; raises :class:`InvalidRequest` with every fault."""
    wanted = faults.load(schema, document, root=root)
    if "url" in wanted and is_refused(wanted["url"], allow):
        place = f"{root}.url" if root else "url"
        raise InvalidRequest([Fault(place, "Is an address that may not be reached from here.")])
    return Wish(**wanted)


def create(
    session: Session,
    account_id: str,
    wish: Wish,
    *,
    most: int,
    contract: str = OWN,
    secret: str | None = None,
) -> Endpoint:
    """Make an endpoint; raises :class:`TooManyEndpoints`."""
    _lock(session, account_id)
    mine = select(func.count()).where(Endpoint.account_id == account_id)
    if (session.scalar(mine) or 0) >= most:
        raise TooManyEndpoints(f"This account may have {most} webhook endpoints.")
    endpoint = Endpoint(
        id=ids.new("whe"),
        account_id=account_id,
        url=wish.url,
        events=list(dict.fromkeys(wish.events or ["*"])),
        description=wish.description or "",
        contract=contract,
        secret=secret or signature.new_secret(),
        is_enabled=True,
        created_at=clock.now(),
    )
    session.add(endpoint)
    session.flush()
    if wish.enabled is False:
        disable(session, endpoint)
    return endpoint


def put(
    session: Session, account_id: str, wish: Wish, *, contract: str, secret: str | None, most: int
) -> Endpoint:
    """Let an account have one endpoint in a dialect's words, which is as wished from now on.

    Without a secret it keeps the one that it has. Raises :class:`TooManyEndpoints`.
    """
    endpoint = find(session, account_id, contract)
    if endpoint is None:
        return create(session, account_id, wish, most=most, contract=contract, secret=secret)
    change(session, endpoint, wish)
    endpoint.secret = secret or endpoint.secret
    return endpoint


def find(session: Session, account_id: str, contract: str) -> Endpoint | None:
    """Return an account's endpoint in a dialect's words, if it has one."""
    _lock(session, account_id)
    query = select(Endpoint).where(Endpoint.account_id == account_id, Endpoint.contract == contract)
    return session.scalars(query.limit(1)).one_or_none()


def get(session: Session, account_id: str, endpoint_id: str) -> Endpoint:
    """Return an account's endpoint; raises :class:`EndpointNotFound`."""
    found = session.get(Endpoint, endpoint_id) if ids.is_id(endpoint_id, "whe") else None
    if found is None or found.account_id != account_id:
        raise EndpointNotFound(f"There is no webhook endpoint {endpoint_id!r}.")
    return found


def find_any(session: Session, endpoint_id: str) -> Endpoint:
    """Return the endpoint of whatever account, for those who run the server.

    Raises :class:`EndpointNotFound`.
    """
    found = session.get(Endpoint, endpoint_id)
    if found is None:
        raise EndpointNotFound(f"There is no webhook endpoint {endpoint_id!r}.")
    return found


def list_endpoints(session: Session, account_id: str) -> Sequence[Endpoint]:
    """Return an account's endpoints, newest first."""
    query = select(Endpoint).where(Endpoint.account_id == account_id)
    return session.scalars(query.order_by(Endpoint.id.desc())).all()


def change(session: Session, endpoint: Endpoint, wish: Wish) -> None:
    """Let an endpoint be as it is wished, for what is sent from now on."""
    if wish.url is not None:
        endpoint.url = wish.url
        _redirect(session, endpoint)
    if wish.events is not None:
        endpoint.events = list(dict.fromkeys(wish.events))
    if wish.description is not None:
        endpoint.description = wish.description
    session.flush()
    if wish.enabled is False:
        disable(session, endpoint)
    elif wish.enabled and not endpoint.is_enabled:
        endpoint.is_enabled = True
        endpoint.disabled_reason = endpoint.disabled_at = endpoint.failing_since = None


def _lock(session: Session, account_id: str) -> None:
    """Keep others from making an endpoint of this account meanwhile."""
    session.execute(
        select(Account.id).where(Account.id == account_id).with_for_update(key_share=True)
    )


def _redirect(session: Session, endpoint: Endpoint) -> None:
    """Let what is still owed go to where the endpoint is now."""
    session.flush()
    session.execute(
        update(Delivery)
        .where(Delivery.destination == endpoint.id, Delivery.due_at.is_not(None))
        .values(url=endpoint.url),
        execution_options={"synchronize_session": False},
    )


def disable(session: Session, endpoint: Endpoint) -> None:
    """Send nothing more to an endpoint, as its owner wishes, and give up what is owed to it."""
    giving_up.disable(session, endpoint.id, giving_up.BY_OWNER)
    session.refresh(endpoint)


def delete(session: Session, endpoint: Endpoint) -> None:
    """Remove an endpoint, with what is owed to it and what was written down of that."""
    session.delete(endpoint)


def rotate(session: Session, endpoint: Endpoint, *, grace: timedelta) -> None:
    """Give an endpoint a new secret; for the grace time what is sent is signed with both."""
    endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, clock.now() + grace
    endpoint.secret = signature.new_secret()
    session.flush()


def test(session: Session, endpoint: Endpoint) -> str:
    """Owe an endpoint an event that says nothing; returns the delivery's id.

    Raises :class:`EndpointDisabled`.
    """
    require_enabled(endpoint)
    data: Mapping[str, Any] = {"endpoint_id": endpoint.id, "message": "This is a test."}
    [delivery_id] = outbox.tell(
        session, EventType.WEBHOOK_TEST, endpoint.account_id, data, [endpoint]
    )
    return delivery_id


def require_enabled(endpoint: Endpoint | None) -> None:
    """Raise :class:`EndpointDisabled` if nothing is sent to this endpoint."""
    if endpoint is not None and not endpoint.is_enabled:
        raise EndpointDisabled
