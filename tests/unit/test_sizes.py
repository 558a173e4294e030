"""Which size a vendor is asked for: it covers what was asked for, within what the vendor makes."""

import pytest

from workers.providers.remote.sizes import GPT_IMAGE, Sizes, nearest_ratio

TILES = Sizes(step=32, least=256, most=1440)
MEGAPIXELS = Sizes(step=16, least=64, most=4096, area=(0, 4_000_000))


@pytest.mark.parametrize(
    ("sizes", "asked", "made"),
    [
        (TILES, (1024, 768), (1024, 768)),
        (TILES, (1000, 600), (1024, 608)),
        (TILES, (64, 64), (256, 256)),
        (TILES, (2048, 1024), (1440, 704)),
        (TILES, (1440, 1440), (1440, 1440)),
        (TILES, (1430, 100), (1440, 256)),
        (MEGAPIXELS, (2048, 2048), (2000, 2000)),
        (MEGAPIXELS, (1920, 1080), (1920, 1088)),
        (MEGAPIXELS, (64, 64), (64, 64)),
        (GPT_IMAGE, (512, 512), (1024, 1024)),
        (GPT_IMAGE, (1920, 1080), (1920, 1088)),
        (GPT_IMAGE, (2048, 64), (2048, 688)),
    ],
)
def test_the_nearest_size(sizes: Sizes, asked: tuple[int, int], made: tuple[int, int]) -> None:
    assert sizes.nearest(*asked) == made


@pytest.mark.parametrize("sizes", [TILES, MEGAPIXELS, GPT_IMAGE])
def test_every_size_is_one_that_the_vendor_makes(sizes: Sizes) -> None:
    for width in range(64, 2049, 61):
        for height in range(64, 2049, 67):
            across, down = sizes.nearest(width, height)
            assert across % sizes.step == down % sizes.step == 0
            assert sizes.least <= min(across, down) <= max(across, down) <= sizes.most
            assert across * down <= sizes.area[1]
            assert max(across, down) <= sizes.ratio * min(across, down)


@pytest.mark.parametrize(
    ("size", "ratio"), [((1920, 1080), "16x9"), ((64, 64), "1x1"), ((100, 1000), "1x3")]
)
def test_the_nearest_shape(size: tuple[int, int], ratio: str) -> None:
    assert nearest_ratio(*size, ("1x1", "16x9", "1x3"), sign="x") == ratio
