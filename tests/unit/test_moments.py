"""Moments and durations, as callers write them."""

from datetime import timedelta

import pytest

from shared import clock
from shared.moments import MAX_SECONDS, duration_of, moment_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("90", 90),
        ("90s", 90),
        ("5m", 300),
        ("2h", 7_200),
        ("1d", 86_400),
        ("1h30m", 5_400),
        ("1d2h3m4s", 93_784),
        ("1h5s", 3_605),
        ("90m", 5_400),
        (str(MAX_SECONDS), MAX_SECONDS),
    ],
)
def test_a_duration_is_seconds_or_parts_from_days_to_seconds(text: str, seconds: int) -> None:
    assert duration_of(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "-5m", "+5", "1.5h", "5 m", "m", "30m1h", "1h30", "5mm", "1w", "5M", "٣s"],
)
def test_what_is_no_duration_is_not_guessed_at(text: str) -> None:
    assert duration_of(text) is None


@pytest.mark.parametrize("text", [str(MAX_SECONDS + 1), "9999999d", "9" * 500])
def test_no_duration_goes_beyond_what_a_clock_can_show(text: str) -> None:
    assert duration_of(text) is None
    assert moment_of(text) is None


def test_a_duration_is_a_moment_from_now() -> None:
    before = clock.now()

    moment = moment_of("1h30m")

    assert moment is not None
    assert before <= moment - timedelta(minutes=90) <= clock.now()


@pytest.mark.parametrize("text", ["2030-01-31T12:00:00", "2030-01-31", 5, None, ["5m"]])
def test_a_moment_has_its_offset(text: object) -> None:
    assert moment_of(text) is None
