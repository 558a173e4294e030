"""What BFL's adapter does beyond the suite: several orders in one ticket, and regions."""

from collections.abc import Iterator

import pytest

from shared.errors import ContentRefused, ProviderMisconfigured
from tests.contract.providers.bfl import BFL
from tests.contract.providers.test_adapters import made, several
from tests.support.emulator import Emulator, running
from workers.providers.remote.bfl import Bfl
from workers.providers.remote.client import Client


@pytest.fixture(scope="module")
def listening() -> Iterator[Emulator]:
    with running(vendor="bfl", seconds=0) as found:
        yield found


@pytest.fixture
def provider(listening: Emulator) -> Emulator:
    listening.reset()
    return listening


@pytest.fixture
def bfl(provider: Emulator) -> Bfl:
    return Bfl(provider.key, provider.url, client=Client())


def test_what_all_pictures_cost_is_added_up(bfl: Bfl) -> None:
    order = several(BFL.order, 3)

    assert bfl.submit(order).cost == {"credits": 12.0, "usd": 0.12}
    assert made(bfl, order).cost == {"credits": 12.0, "usd": 0.12}


def test_one_refused_picture_does_not_spoil_the_others(bfl: Bfl, provider: Emulator) -> None:
    provider.fault("refuse_content", after=1)

    finished = made(bfl, several(BFL.order, 3))

    assert [one.seed for one in finished.outputs] == [7, 9]
    assert finished.cost is None


def test_all_refused_is_a_refusal(bfl: Bfl, provider: Emulator) -> None:
    provider.fault("refuse_content", times=2)

    with pytest.raises(ContentRefused, match="Derivative"):
        made(bfl, several(BFL.order, 2))


@pytest.mark.parametrize(
    "url",
    [
        "https://api.us.bfl.ai.evil.example/v1/get_result?id=1",
        "https://evilbfl.ai/v1/get_result?id=1",
        "http://api.us.bfl.ai/v1/get_result?id=1",
        "https://api.bfl.ai@evil.example/v1/get_result?id=1",
    ],
)
def test_only_regions_of_bfl_are_shown_the_key(url: str) -> None:
    bfl = Bfl("key", "https://api.bfl.ai")

    with pytest.raises(ProviderMisconfigured):
        bfl.poll({"id": "1", "polling_urls": url})


def test_an_address_elsewhere_is_not_kept(provider: Emulator) -> None:
    # By its other name the emulator is a stranger: what it links to lies elsewhere.
    by_name = provider.url.replace("127.0.0.1", "localhost")

    ticket = Bfl(provider.key, by_name).submit(BFL.order).ticket

    assert ticket["polling_urls"] == f"{by_name}/v1/get_result?id={ticket['id']}"
