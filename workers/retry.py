"""Whether to try a job again, and when."""

import random
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import ServiceError, Temporary

_FIRST_WAIT = 2.0
_LONGEST_WAIT = 300.0


@dataclass(frozen=True)
class Retry:
    """Try again after this time."""

    after: timedelta
    error: ServiceError


@dataclass(frozen=True)
class GiveUp:
    """Fail the job, and say this."""

    error: ServiceError


def decide(error: Exception, *, attempt: int, most: int) -> Retry | GiveUp:
    """Judge the failed attempt with this number, of ``most`` that there may be.

    Only what is temporary is tried again, after a time that doubles and is never quite the same,
    and not sooner than the other side asked for.
    """
    if not isinstance(error, ServiceError):
        return GiveUp(ServiceError("The job failed because of a mistake in this server."))
    if not isinstance(error, Temporary) or attempt >= most:
        return GiveUp(error)
    wait = min(_FIRST_WAIT * 2 ** min(attempt - 1, 30), _LONGEST_WAIT) * random.uniform(0.75, 1.25)
    return Retry(timedelta(seconds=max(wait, error.retry_after or 0)), error)
