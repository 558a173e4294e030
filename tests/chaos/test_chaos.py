"""A short chaos: every kind of blow at least twice, on every run of the tests."""

import pytest

from tests.chaos.scenario import Scenario, run


@pytest.mark.timeout(300)
def test_every_promise_is_kept_while_everything_is_killed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    scenario = Scenario(jobs=120, seed=20, seconds=30, storage="folder", least_blows=2)

    assert run(scenario, print), capsys.readouterr().out
