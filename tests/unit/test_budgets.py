"""When a job at a provider says that it is still there."""

from datetime import timedelta

import pytest

from shared import budgets


@pytest.mark.parametrize("interval", [1.0, 15.0, 30.0])
def test_a_place_is_asked_for_often_enough_and_not_at_every_poll(interval: float) -> None:
    ages = [number * interval for number in range(1, round(3_600 / interval))]

    kept = [
        age
        for age in ages
        if budgets.is_to_be_kept(timedelta(seconds=age), until=timedelta(seconds=age + interval))
    ]

    assert 17 <= len(kept) <= 18
    assert max(after - before for before, after in zip([0.0, *kept], kept, strict=False)) <= 230
