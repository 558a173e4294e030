"""What Replicate's adapter does beyond the suite: several predictions, pages, limits in words."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared import clock
from shared.errors import OutcomeUnknown, ProviderBusy, ProviderMisbehaved
from tests.contract.providers.replicate import REPLICATE
from tests.contract.providers.test_adapters import made, of_input, several
from tests.support.emulator import Emulator, running
from workers.providers.base import Accepted
from workers.providers.remote.replicate import Replicate


@pytest.fixture(scope="module")
def listening() -> Iterator[Emulator]:
    with running(vendor="replicate", seconds=0) as found:
        yield found


@pytest.fixture
def provider(listening: Emulator) -> Emulator:
    listening.reset()
    return listening


@pytest.fixture
def replicate(provider: Emulator) -> Replicate:
    return Replicate(provider.key, f"{provider.url}/v1")


def test_equal_orders_are_found_over_many_pages_oldest_first(replicate: Replicate) -> None:
    since = clock.now() - timedelta(seconds=1)
    equal = []
    for seed in (7, 8, 9, 7, 10, 11, 7):
        answer = replicate.submit(of_input(REPLICATE.order, seed=seed))
        equal += [answer.ticket] if seed == 7 else []

    assert replicate.find(REPLICATE.order, since=since) == equal


def test_of_several_whose_first_answer_was_lost_the_first_is_found(
    replicate: Replicate, provider: Emulator
) -> None:
    since = clock.now() - timedelta(seconds=1)
    provider.fault("cut_after")
    order = several(REPLICATE.order, 3)
    with pytest.raises(OutcomeUnknown):
        replicate.submit(order)

    found = replicate.find(order, since=since)

    assert found is not None
    assert len(found) == 1
    assert provider.counts()["submits"] == 1


def test_all_of_several_are_stopped(replicate: Replicate, provider: Emulator) -> None:
    provider.pace(seconds=60)
    accepted = replicate.submit(several(REPLICATE.order, 3))
    assert isinstance(accepted, Accepted)

    replicate.cancel(accepted.ticket)

    assert provider.counts()["asked"]["cancel"] == 3


def test_what_several_took_is_added_up(replicate: Replicate) -> None:
    assert made(replicate, several(REPLICATE.order, 3)).cost == {"seconds": 4.5}


def test_a_limit_that_is_told_in_words_is_kept(replicate: Replicate, provider: Emulator) -> None:
    provider.fault("429", type="throttled")

    with pytest.raises(ProviderBusy) as caught:
        replicate.submit(REPLICATE.order)

    assert caught.value.retry_after == 30


def test_a_list_that_goes_on_elsewhere_is_not_followed(provider: Emulator) -> None:
    # By its other name the emulator is a stranger: what it links to lies elsewhere.
    by_name = provider.url.replace("127.0.0.1", "localhost")
    replicate = Replicate(provider.key, f"{by_name}/v1")
    for seed in range(3):
        replicate.submit(of_input(REPLICATE.order, seed=seed))

    with pytest.raises(ProviderMisbehaved):
        replicate.find(REPLICATE.order, since=clock.now() - timedelta(minutes=1))
