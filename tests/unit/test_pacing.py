"""When a provider is asked next."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from workers import pacing

ACCEPTED = datetime(2030, 1, 31, 12, tzinfo=UTC)
DURATIONS = [0.5, 2, 8, 30, 100, 300, 600, 3_600]


def polls(usual: float | None = None) -> Iterator[float]:
    """Yield at which ages, in seconds, an order is asked for."""
    now = pacing.first_poll(ACCEPTED, usual_seconds=usual)
    while True:
        yield (now - ACCEPTED).total_seconds()
        now = pacing.next_poll(now, accepted_at=ACCEPTED, usual_seconds=usual)


def polls_until(duration: float, usual: float | None = None) -> list[float]:
    """Return them up to the one that finds the order finished."""
    found = []
    for age in polls(usual):
        found.append(age)
        if age >= duration:
            return found
    raise AssertionError


@pytest.mark.parametrize("usual", DURATIONS)
def test_nobody_asks_long_before_an_order_is_usually_finished(usual: float) -> None:
    first = next(polls(usual))

    assert min(1.0, usual) <= first <= 30
    assert first >= min(0.55 * usual, 15)


@pytest.mark.parametrize("usual", [None, *DURATIONS])
def test_no_wait_is_too_short_or_too_long(usual: float | None) -> None:
    ages = [0.0, *polls_until(7_200, usual)]
    waits = [after - before for before, after in itertools.pairwise(ages)]

    assert min(waits) >= 0.999
    assert max(waits) <= 30.001


@pytest.mark.parametrize("usual", [None, *DURATIONS])
@pytest.mark.parametrize("duration", DURATIONS)
def test_an_end_is_seen_within_a_share_of_what_it_took_or_should_have_taken(
    duration: float, usual: float | None
) -> None:
    late = polls_until(duration, usual)[-1] - duration

    # Finished long before it was to be expected, it is seen with the first question.
    early = min(0.72 * usual, 30) if usual and duration < 0.72 * usual else 0
    assert late <= max(early, 1.2, 0.28 * duration, 0.15 * (usual or 0))
    assert late <= 30


@pytest.mark.parametrize(("duration", "before", "most"), [(8, 7, 5), (30, 12, 6), (100, 17, 9)])
def test_who_knows_what_is_usual_asks_less_often(duration: float, before: int, most: int) -> None:
    assert len(polls_until(duration)) >= before
    assert len(polls_until(duration, usual=duration)) <= most


def test_a_clock_that_went_back_does_no_harm() -> None:
    due = pacing.next_poll(ACCEPTED, accepted_at=ACCEPTED + timedelta(minutes=5))

    assert due >= ACCEPTED + timedelta(seconds=1)
