"""Who is asking, and whether they may: the key of a request, and the scope that its route needs."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, current_app, g, request

from api import ground, rate_limit
from shared.accounts.access import Access, Owner, Scope, note_use, recognise
from shared.catalog import Catalog
from shared.errors import NotAuthenticated, Permanent, ScopeMissing

Route = TypeVar("Route", bound=Callable[..., Any])

_SCHEME = "bearer "
_NEEDED = "limner_scope"


def require_key(blueprint: Blueprint, *, header: str | None = None) -> None:
    """Let nobody into this blueprint without a key that has the scope of the route.

    Where a contract has a ``header`` for it, the key may stand in that one too.
    """

    def authenticate() -> None:
        admit(header=header)

    blueprint.before_request(authenticate)


def needs(scope: Scope) -> Callable[[Route], Route]:
    """Say which scope a route needs. A route that says nothing answers nobody."""

    def declare(route: Route) -> Route:
        setattr(route, _NEEDED, scope)
        return route

    return declare


def needed_scope(route: Callable[..., Any]) -> Scope | None:
    """Return the scope that a route needs, if it says one."""
    return getattr(route, _NEEDED, None)


def account() -> Owner:
    """Return the account that asks."""
    return access().account


def access() -> Access:
    """Return what the key of this request opens."""
    found: Access = g.access
    return found


def catalog() -> Catalog:
    """Return what is on offer to the key of this request."""
    whole = ground.current().catalog
    return whole.local if access().is_test else whole


def has_key() -> bool:
    """Say whether this request carries a key, of whatever kind."""
    return request.headers.get("Authorization", "").lower().startswith(_SCHEME)


def admit(*, header: str | None = None) -> Access:
    """Let the request in by its key, or raise what is wrong with it."""
    try:
        found = _recognise(_key(header))
    except Permanent:
        rate_limit.count_failure()
        raise
    g.access = found
    rate_limit.count(found)
    _require_scope(found)
    return found


def _key(header: str | None) -> str:
    """Return the key that a request carries; raises :class:`NotAuthenticated` without one."""
    if header is not None and header in request.headers:
        return request.headers[header].strip()
    if not has_key():
        raise NotAuthenticated
    return request.headers["Authorization"][len(_SCHEME) :].strip()


def _recognise(key: str) -> Access:
    with ground.current().database.one_by_one() as connection:
        found = recognise(connection, key)
        if found is None:
            raise NotAuthenticated
        found.check(request.remote_addr)
        note_use(connection, found)
    return found


def _require_scope(found: Access) -> None:
    scope = needed_scope(current_app.view_functions[str(request.endpoint)])
    if scope is None:
        # Ours to mend: a rule of the house finds it before anybody else does.
        message = f"{request.endpoint} does not say which scope it needs"
        raise RuntimeError(message)
    if scope not in found.scopes:
        raise ScopeMissing(scope)
