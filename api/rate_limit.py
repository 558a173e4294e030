"""How often callers may ask: each key by its plan, and each address that has no key that opens."""

import time
from ipaddress import ip_network
from math import ceil

from flask import Flask, Response, g, request

from api import ground
from shared.accounts.access import Access
from shared.accounts.windows import Standing
from shared.errors import RateLimited, TooManyFailures

_HOUR, _MINUTE = 3_600, 60
_POLICY = "requests"


def install(app: Flask) -> None:
    """Let every answer to a key say how it stands."""
    app.after_request(_tell)


def count(access: Access) -> None:
    """Count a request of a key; raises :class:`RateLimited` if it is one too many."""
    limits = ground.current().plans.limits(access.account.plan, access.account.overrides)
    if not limits.requests_per_hour:
        return
    standing = ground.windows().take(
        f"key:{access.key_id}", limit=limits.requests_per_hour, window=_HOUR
    )
    g.standing = standing
    if standing is not None and not standing.is_within:
        raise RateLimited(
            f"This key may send {standing.limit} requests an hour. "
            f"Try again in {standing.seconds} seconds.",
            retry_after=standing.seconds,
        )


def count_failure() -> None:
    """Count a request whose key opens nothing; raises :class:`TooManyFailures` at some point."""
    most = ground.current().settings.http.failures_per_minute
    name = f"failures:{_source(request.remote_addr or '')}"
    standing = ground.windows().take(name, limit=most, window=_MINUTE)
    if standing is not None and not standing.is_within:
        raise TooManyFailures(retry_after=standing.seconds)


def _source(address: str) -> str:
    """Return who an address belongs to: a home or a server has a whole /64 of IPv6 for itself."""
    if ":" not in address:
        return address
    try:
        return str(ip_network((address, 64), strict=False))
    except ValueError:
        return address


def _tell(response: Response) -> Response:
    standing: Standing | None = g.get("standing")
    if standing is not None:
        response.headers.update(
            {
                "X-RateLimit-Limit": str(standing.limit),
                "X-RateLimit-Remaining": str(standing.left),
                "X-RateLimit-Reset": str(ceil(time.time()) + standing.seconds),
                "RateLimit-Policy": f'"{_POLICY}";q={standing.limit};w={standing.window}',
                "RateLimit": f'"{_POLICY}";r={standing.left};t={standing.seconds}',
            }
        )
    return response
