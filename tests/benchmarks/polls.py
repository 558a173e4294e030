"""How often an order is asked for until it is finished, and how late its end is seen."""

from datetime import UTC, datetime
from random import lognormvariate
from statistics import mean

from workers import pacing

_ACCEPTED = datetime(2030, 1, 31, tzinfo=UTC)
_DURATIONS = (2, 8, 30, 100, 300, 600)
_ORDERS = 2_000
# Two of three orders take between 77 % and 130 % of what is usual.
_SPREAD = 0.26


def polled(seconds: float, usual: float | None) -> tuple[int, float]:
    """Return after how many polls an order is seen to be finished, and how long after its end."""
    count, now = 1, pacing.first_poll(_ACCEPTED, usual_seconds=usual)
    while (age := (now - _ACCEPTED).total_seconds()) < seconds:
        count, now = (
            count + 1,
            pacing.next_poll(now, accepted_at=_ACCEPTED, usual_seconds=usual),
        )
    return count, age - seconds


def main() -> None:
    """Print a table of both, with and without what is usual."""
    print("usual | polls, late: not known | known")  # noqa: T201
    for usual in _DURATIONS:
        durations = [usual * lognormvariate(0, _SPREAD) for _ in range(_ORDERS)]
        columns = []
        for known in (None, float(usual)):
            found = [polled(seconds, known) for seconds in durations]
            polls, late = (mean(column) for column in zip(*found, strict=True))
            columns.append(f"{polls:.1f}, {late:.1f} s")
        print(f"{usual} s | {' | '.join(columns)}")  # noqa: T201


if __name__ == "__main__":
    main()
