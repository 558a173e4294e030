"""One vendor after the other, each with its emulator."""

from collections.abc import Iterator

import pytest

from tests.contract.providers.described import DESCRIBED
from tests.contract.providers.describing import Described
from tests.support.emulator import Emulator, running
from workers.providers.base import Remote
from workers.providers.remote.client import Client


@pytest.fixture(scope="module", params=DESCRIBED, ids=str)
def vendor(request: pytest.FixtureRequest) -> Described:
    """A vendor."""
    found: Described = request.param
    return found


@pytest.fixture(scope="module")
def listening(vendor: Described) -> Iterator[Emulator]:
    with running(vendor=vendor.name, seconds=0) as found:
        yield found


@pytest.fixture
def provider(listening: Emulator) -> Emulator:
    """Its emulator, which has seen nothing yet."""
    listening.reset()
    return listening


@pytest.fixture(scope="module")
def patient() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


@pytest.fixture(scope="module")
def in_a_hurry() -> Iterator[Client]:
    made = Client(read_seconds=0.3, deadline_seconds=0.6)
    yield made
    made.close()


@pytest.fixture
def remote(vendor: Described, provider: Emulator, patient: Client) -> Remote:
    """Its adapter."""
    return vendor.adapter(provider, patient)


@pytest.fixture
def impatient(vendor: Described, provider: Emulator, in_a_hurry: Client) -> Remote:
    """An adapter that does not wait long: only for answers that never come."""
    return vendor.adapter(provider, in_a_hurry)
