"""Why a job ended badly, for contracts that know nothing of places in an input."""

import re

from shared.faults import steps
from shared.jobs.status import Status
from shared.jobs.tables import Job

_PLACE = re.compile(r"`([^`]+)`")


def reason(job: Job, *, canceled: str) -> str | None:
    """Return what went wrong, with the address at the place that it names; or that it was canceled.

    So whoever brought several files is told which one it was.
    """
    if job.error_message is None:
        return canceled if job.status == Status.CANCELED else None
    place = _PLACE.search(job.error_message)
    address = _value(job, place[1]) if place else None
    return f"{job.error_message} ({address})" if address else job.error_message


def _value(job: Job, path: str) -> str | None:
    value: object = job.input
    for step in steps(f".{path}"):
        match value, step:
            case dict(), str():
                value = value.get(step)
            case list(), int() if step < len(value):
                value = value[step]
            case _:
                return None
    is_address = isinstance(value, str) and value.startswith(("http://", "https://"))
    return str(value) if is_address else None
