"""What Gemini's adapter does beyond the suite: limits in details, drafts, tokens of several."""

from collections.abc import Iterator

import pytest

from shared.errors import ProviderBusy
from tests.contract.providers.gemini import GEMINI
from tests.contract.providers.test_adapters import several
from tests.support.emulator import Emulator, running
from workers.providers.base import Output
from workers.providers.remote.gemini import Gemini


@pytest.fixture(scope="module")
def provider() -> Iterator[Emulator]:
    with running(vendor="gemini", seconds=0) as found:
        yield found


@pytest.fixture
def gemini(provider: Emulator) -> Gemini:
    provider.reset()
    return Gemini(provider.key, f"{provider.url}/v1beta")


def test_a_wait_that_is_told_in_details_is_kept(gemini: Gemini, provider: Emulator) -> None:
    provider.fault("429", type="soon")

    with pytest.raises(ProviderBusy) as caught:
        gemini.submit(GEMINI.order)

    assert caught.value.retry_after == 23


def test_a_draft_among_its_thoughts_is_not_the_picture(gemini: Gemini) -> None:
    (output,) = gemini.submit(GEMINI.order).outputs

    assert isinstance(output, Output)
    assert output.content.startswith(b"\x89PNG")


def test_the_tokens_of_all_pictures_are_added_up(gemini: Gemini) -> None:
    cost = gemini.submit(several(GEMINI.order, 3)).cost

    assert cost == {"input_tokens": 30, "output_tokens": 3870}
