"""Whether to try a job again, and when."""

import random
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import NotSubmitted, ProviderBusy, ServiceError, Temporary

_FIRST_WAIT = 2.0
_LONGEST_WAIT = 60.0
# Nothing was asked of the provider, so nothing was paid: such a failure may come this often.
_MOST_FREE_TRIES = 40


@dataclass(frozen=True)
class Retry:
    """Try again after this time."""

    after: timedelta
    error: ServiceError


@dataclass(frozen=True)
class GiveUp:
    """Fail the job, and say this."""

    error: ServiceError


def decide(error: Exception, *, failures: int, most: int) -> Retry | GiveUp:
    """Judge a failed attempt after so many failures before it, of ``most`` that there may be.

    Only what is temporary is tried again, after a time that doubles and is never quite the same,
    and not sooner than the other side asked for.
    """
    if not isinstance(error, ServiceError):
        return GiveUp(ServiceError("The job failed because of a mistake in this server."))
    is_free = isinstance(error, NotSubmitted | ProviderBusy)
    if not isinstance(error, Temporary) or failures + 1 >= (_MOST_FREE_TRIES if is_free else most):
        return GiveUp(error)
    wait = min(_FIRST_WAIT * 2 ** min(failures, 30), _LONGEST_WAIT) * random.uniform(0.75, 1.25)
    return Retry(timedelta(seconds=max(wait, error.retry_after or 0)), error)
