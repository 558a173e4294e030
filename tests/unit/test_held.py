"""How far a job is, while a worker holds it."""

import pytest

from shared.jobs.tables import Job
from workers.held import HeldJob


def test_an_attempt_that_is_asked_for_again_does_not_fall_back() -> None:
    held = HeldJob(Job(progress=40.0, attempt_id="att_1"))

    held.report(0.0)

    assert held.progress == 40.0


def test_a_new_try_begins_anew_and_says_so() -> None:
    held = HeldJob(Job(progress=40.0, attempt_id=None))

    assert held.progress == 0.0
    assert held.progress != held.told


@pytest.mark.parametrize(("fraction", "per_cent"), [(0.5, 50.0), (0.1, 40.0), (1.0, 99.0)])
def test_progress_only_grows_and_the_end_is_the_last_word(fraction: float, per_cent: float) -> None:
    held = HeldJob(Job(progress=40.0, attempt_id="att_1"))

    held.report(fraction)

    assert held.progress == per_cent
