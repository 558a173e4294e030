"""What Ideogram's adapter does beyond the suite: pictures that are withheld among others."""

from tests.contract.providers.ideogram import IDEOGRAM
from tests.contract.providers.test_adapters import made, several
from tests.support.emulator import running
from workers.providers.remote.ideogram import Ideogram


def test_one_picture_that_is_withheld_does_not_spoil_the_others() -> None:
    with running(vendor="ideogram", seconds=0) as provider:
        provider.fault("refuse_content", shape="one")

        finished = made(Ideogram(provider.key, provider.url), several(IDEOGRAM.order, 3))

    assert [one.seed for one in finished.outputs] == [7, 9]
