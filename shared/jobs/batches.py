"""Many requests in one document: each is read by itself, and its faults name its place."""

from collections.abc import Sequence
from typing import Any

from shared.catalog import Catalog
from shared.errors import Fault, InvalidRequest, ServiceError
from shared.jobs import requests
from shared.jobs.requests import Draft

MOST_JOBS = 1_000


def read(bodies: Sequence[Any], catalog: Catalog) -> list[Draft | ServiceError]:
    """Turn each body into a draft, or into what is wrong with it."""
    return [_read_one(body, place(index), catalog) for index, body in enumerate(bodies)]


def place(index: int) -> str:
    """Return the path of one of the requests in their document."""
    return f"$.jobs[{index}]"


def require_all(read: Sequence[Draft | ServiceError]) -> None:
    """Raise :class:`InvalidRequest` with the faults of every request, if there are any."""
    faults = [
        fault
        for index, one in enumerate(read)
        if isinstance(one, ServiceError)
        for fault in _faults(one, place(index))
    ]
    if faults:
        raise InvalidRequest(faults)


def _read_one(body: Any, at: str, catalog: Catalog) -> Draft | ServiceError:
    try:
        return requests.read(body, catalog)
    except InvalidRequest as error:
        moved = [Fault(at + one.path.removeprefix("$"), one.message) for one in error.faults]
        return InvalidRequest(moved)
    except ServiceError as error:
        return error


def _faults(error: ServiceError, at: str) -> Sequence[Fault]:
    return error.faults if isinstance(error, InvalidRequest) else [Fault(at, error.message)]
