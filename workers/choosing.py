"""Who carries a job out: the first of its routes that has not failed it, and that works.

A job goes on to its next route only if nothing was spent on the one before: that was never asked,
or has said itself that it did not make it, and will not. What may have been made, and what was
refused for what it would show, is asked of nobody else.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.catalog import Route
from shared.errors import (
    OutcomeUnknown,
    ProviderBusy,
    ProviderFailed,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderTimedOut,
    ProviderUnavailable,
)
from shared.jobs.attempts import Outcome
from shared.jobs.tables import Attempt, Job
from workers import limits, routing
from workers.tools import Tools

# After these, nothing was made, and nothing will be paid.
_UNSPENT = (ProviderRefused, ProviderMisconfigured, ProviderFailed, ProviderUnavailable)
# The same provider would say the same again.
_FINAL = frozenset(one.code for one in (ProviderRefused, ProviderMisconfigured))
# What tells that a provider does not work, rather than that it does not like an order.
_BROKEN = (
    OutcomeUnknown,
    ProviderFailed,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderTimedOut,
    ProviderUnavailable,
)


class AllShut(Exception):
    """No provider that is left for the job works at the moment; the first may after ``wait``."""

    def __init__(self, provider: str, wait: timedelta) -> None:
        super().__init__()
        self.provider, self.wait = provider, wait


def choose(job: Job, tools: Tools) -> Route:
    """Return the route to take now.

    Raises :class:`shared.errors.ModelUnavailable` if there is none any more, and :class:`AllShut`.
    """
    routes = routing.routes(job, tools.ground.catalog)
    if job.tries and len(routes) > 1:
        with tools.ground.reading() as session:
            out = _out(failed(session, job), limits.most_attempts(job, tools))
        # Those that failed it are better than none, should the catalogue be another by now.
        routes = [one for one in routes if one.provider not in out] or routes
    waits = []
    for route in routes:
        wait = route.provider in tools.remotes and tools.breakers.wait(route.provider, route.model)
        if not wait:
            return route
        waits.append(wait)
    raise AllShut(routes[0].provider, min(waits))


def failed(session: Session, job: Job) -> Sequence[Attempt]:
    """Return the attempts of a job that came to nothing, the first one first."""
    theirs = (Attempt.job_id == job.id, Attempt.outcome != Outcome.SUCCEEDED)
    return session.scalars(select(Attempt).where(*theirs).order_by(Attempt.number)).all()


def failures(session: Session, job: Job) -> int:
    """Return how often the provider that the job is at has failed it before."""
    return sum(one.provider == job.provider for one in failed(session, job))


def is_another_left(session: Session, job: Job, error: Exception, tools: Tools) -> bool:
    """Say whether to go on to another route after this, the attempt being closed."""
    if not isinstance(error, _UNSPENT):
        return False
    out = {job.provider, *_out(failed(session, job), limits.most_attempts(job, tools))}
    return any(one.provider not in out for one in routing.routes(job, tools.ground.catalog))


def note(provider: str, model: str, tools: Tools, error: Exception | None = None) -> None:
    """Remember whether a provider works, for all workers."""
    if error is None:
        tools.breakers.succeeded(provider, model)
    elif isinstance(error, _BROKEN) and not isinstance(error, ProviderBusy):
        tools.breakers.failed(provider, model)


def _out(failed: Sequence[Attempt], most: int) -> Collection[str]:
    """Return the providers that are not to be asked for a job again."""
    counts = Counter(one.provider for one in failed)
    final = {one.provider for one in failed if one.error_code in _FINAL}
    return final | {provider for provider, count in counts.items() if count >= most}
