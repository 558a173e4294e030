"""Plans: how much an account may ask for, and a list that is not usable."""

from pathlib import Path

import pytest

from shared.accounts import plans
from shared.accounts.plans import Limits, Plans
from shared.declaring import SettingsError
from shared.errors import InvalidRequest
from shared.settings import AccountSettings

FREE = """
[plans.free]
title = "Free"
requests_per_hour = 10
concurrency = 1
jobs_per_day = 5
max_keys = 3
"""


def load(tmp_path: Path, text: str) -> Plans:
    path = tmp_path / "plans.toml"
    path.write_text(text)
    return plans.load(AccountSettings(plans=str(path), opening_credits=0))


def test_the_plans_that_come_along_are_usable() -> None:
    found = plans.load(AccountSettings(plans="", opening_credits=0))

    assert [one.limits.requests_per_hour for one in found.plans.values()][:3] == [100, 500, 1000]
    assert found.default.name == "internal"


def test_a_list_that_says_nothing_of_it_keeps_everything_for_ever(tmp_path: Path) -> None:
    limits = load(tmp_path, 'default = "free"' + FREE).default.limits

    assert (limits.artifact_days, limits.job_days) == (0, 0)


def test_an_account_has_the_limits_of_its_plan_but_for_its_own(tmp_path: Path) -> None:
    found = load(tmp_path, 'default = "free"' + FREE)

    assert found.limits("free", {}) == Limits(
        requests_per_hour=10, concurrency=1, jobs_per_day=5, max_keys=3
    )
    assert found.limits("free", {"concurrency": 7}).concurrency == 7


def test_an_account_whose_plan_is_gone_has_the_default_ones_limits(tmp_path: Path) -> None:
    found = load(tmp_path, 'default = "free"' + FREE)

    assert found.limits("gold", {}) == found.default.limits


def test_a_plan_that_is_not_there_is_answered_with_the_nearest(tmp_path: Path) -> None:
    found = load(tmp_path, 'default = "free"' + FREE)

    with pytest.raises(InvalidRequest) as caught:
        found.get("fre")

    assert caught.value.faults[0].message == "Unknown plan 'fre'. Did you mean 'free'?"


@pytest.mark.parametrize(
    "text",
    [
        "",
        FREE,
        'default = "gold"' + FREE,
        'default = "free"' + FREE.replace("jobs_per_day = 5", ""),
        'default = "free"' + FREE.replace("concurrency = 1", "concurrency = 0"),
        'default = "free"' + FREE.replace("requests_per_hour = 10", 'requests_per_hour = "ten"'),
        'default = "free"' + FREE + "speed = 9",
        "[",
    ],
)
def test_a_list_that_cannot_be_used_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"LIMNER_PLANS: .*plans\.toml cannot be used"):
        load(tmp_path, text)


def test_a_list_that_is_not_there_is_refused_by_its_name() -> None:
    with pytest.raises(SettingsError, match="LIMNER_PLANS"):
        plans.load(AccountSettings(plans="/nowhere/plans.toml", opening_credits=0))
