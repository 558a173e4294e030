"""What Stability's adapter does beyond the suite: pictures enlarged by a factor."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image

from tests.contract.providers.stability import upscaled
from tests.support.emulator import Emulator, running
from workers.providers.base import Output
from workers.providers.remote.stability import Stability


@pytest.fixture(scope="module")
def provider() -> Iterator[Emulator]:
    with running(vendor="stability", seconds=0) as found:
        yield found


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
@pytest.mark.parametrize(("factor", "size"), [(2, (96, 64)), (3, (144, 96)), (4, (192, 128))])
def test_a_picture_is_enlarged_by_the_factor_that_was_asked_for(
    provider: Emulator, factor: int, size: tuple[int, int], form: str
) -> None:
    stability = Stability(provider.key, provider.url)

    (output,) = stability.submit(upscaled(factor=factor, format=form)).outputs

    assert isinstance(output, Output)
    with Image.open(io.BytesIO(output.content)) as image:
        assert (image.format, image.size) == (form.upper(), size)
