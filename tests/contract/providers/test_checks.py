"""`limner doctor` finds out whether keys are accepted, and spends nothing on it."""

import pytest

from deploy.cli.doctor import Ill, check_keys
from shared.vendors import VENDORS
from tests.conftest import MakeSettings
from tests.contract.providers.describing import Described
from tests.support.emulator import Emulator, running


def test_a_key_that_is_accepted_is_told_without_an_order(
    vendor: Described, provider: Emulator, make_settings: MakeSettings
) -> None:
    settings = make_settings(**vendor.settings(provider))

    told = check_keys(settings.providers)

    is_checked = bool(VENDORS[vendor.name].probe)
    assert told == f"{vendor.name}: {'keys accepted' if is_checked else 'no free way to check'}"
    assert provider.counts()["submits"] == 0
    assert sum(provider.counts()["asked"].values()) == is_checked


def test_a_key_that_is_not_accepted_is_named_and_not_shown(
    vendor: Described, provider: Emulator, make_settings: MakeSettings
) -> None:
    if not VENDORS[vendor.name].probe:
        return
    wrong = {f"LIMNER_{vendor.name}_KEY".upper(): "wrong:secret"}
    settings = make_settings(**{**vendor.settings(provider), **wrong})

    with pytest.raises(Ill, match=f"{vendor.name} answers 40[13]") as caught:
        check_keys(settings.providers)

    assert "secret" not in str(caught.value)


def test_a_provider_that_is_not_there_is_named(
    vendor: Described, make_settings: MakeSettings
) -> None:
    if not VENDORS[vendor.name].probe:
        return
    with running(vendor=vendor.name) as gone:
        settings = make_settings(**vendor.settings(gone))

    with pytest.raises(Ill, match=f"{vendor.name}: .* does not answer"):
        check_keys(settings.providers)


def test_without_providers_there_is_nothing_to_check(make_settings: MakeSettings) -> None:
    assert check_keys(make_settings().providers) == "none configured"
