"""Pictures that are painted over by the local engine."""

import io

import pytest
from PIL import Image

from shared.errors import InputUnusable
from tests.support.media import picture
from workers.providers.local.sketch import Brief, open_picture, paint_over


@pytest.mark.parametrize(
    ("given", "painted"),
    [
        ((200, 100), (200, 100)),
        ((32, 16), (128, 64)),
        ((4096, 1024), (2048, 512)),
        ((4000, 10), (2048, 64)),
        ((1, 1), (64, 64)),
    ],
)
def test_a_picture_keeps_its_size_as_far_as_the_engine_paints_it(
    given: tuple[int, int], painted: tuple[int, int]
) -> None:
    assert open_picture(picture(*given)).size == painted


def test_a_picture_is_turned_upright() -> None:
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (200, 100)).save(buffer, "JPEG", exif=exif)

    assert open_picture(buffer.getvalue()).size == (100, 200)


@pytest.mark.parametrize("content", [b"", b"<svg/>", picture()[:50], picture(format="GIF")])
def test_what_cannot_be_read_is_said_to_be_unusable(content: bytes) -> None:
    with pytest.raises(InputUnusable):
        open_picture(content)


def test_the_picture_and_the_words_are_both_seen() -> None:
    def painted(colour: str, prompt: str) -> bytes:
        brief = Brief(prompt=prompt, seed=1, width=96, height=64)
        image = paint_over(
            open_picture(picture(96, 64, colour=colour)), brief, on_progress=lambda _: None
        )
        return image.tobytes()

    first = painted("red", "a lake")

    assert first == painted("red", "a lake")
    assert first != painted("blue", "a lake")
    assert first != painted("red", "a city at night")
