"""Pictures that are painted over by the local engine."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from shared.errors import InputUnusable
from tests.support.media import picture
from workers.providers.local.sketch import Brief, open_original, open_picture, paint_over

SIZE = (96, 64)
LAKE = Brief(prompt="a lake", seed=1, width=SIZE[0], height=SIZE[1])


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
            open_original(picture(96, 64, colour=colour)), brief, on_progress=lambda _: None
        )
        return image.tobytes()

    first = painted("red", "a lake")

    assert first == painted("red", "a lake")
    assert first != painted("blue", "a lake")
    assert first != painted("red", "a city at night")


def painted_over(mask: bytes | None = None, strength: float | None = None) -> np.ndarray:
    original = open_original(picture(*SIZE, colour="red"), mask, strength=strength)
    return np.asarray(paint_over(original, LAKE, on_progress=lambda _: None), dtype=np.int16)


def mask_of(mode: str, left: Any, right: Any, size: tuple[int, int] = SIZE) -> bytes:
    """Return a mask whose halves are of these colours."""
    image = Image.new(mode, size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_the_strength_says_how_much_is_changed() -> None:
    red = np.asarray(Image.new("RGB", SIZE, "red"), dtype=np.int16)
    changes = [np.abs(painted_over(strength=one) - red).mean() for one in (0, 0.25, 0.75, 1)]

    assert changes[0] == 0
    assert changes == sorted(changes)
    assert len({*changes}) == 4
    assert (painted_over() == painted_over(strength=0.5)).all()


@pytest.mark.parametrize(
    ("mode", "black", "white"),
    [
        ("L", 0, 255),
        ("1", 0, 1),
        ("RGB", "black", "white"),
        ("RGBA", (0, 0, 0, 255), (255, 255, 255, 255)),
        ("RGBA", (255, 255, 255, 0), (255, 255, 255, 255)),
    ],
)
def test_of_a_mask_white_is_changed_and_black_is_kept(mode: str, black: Any, white: Any) -> None:
    changed = painted_over(mask_of(mode, black, white))

    assert (changed[:, :48] == (255, 0, 0)).all()
    assert (changed[:, 48:] == painted_over(strength=1)[:, 48:]).all()


def test_grey_in_a_mask_is_changed_in_part() -> None:
    black, grey, white = (
        painted_over(mask_of("L", tone, tone)).astype(float) for tone in (0, 128, 255)
    )

    assert np.abs(grey - (black + white) / 2).max() <= 2


def test_a_mask_and_a_strength_go_together() -> None:
    changed = painted_over(mask_of("L", 0, 255), strength=0.3)

    assert (changed[:, :48] == (255, 0, 0)).all()
    assert (changed[:, 48:] == painted_over(strength=0.3)[:, 48:]).all()


def test_a_mask_of_another_size_is_said_to_be_unusable() -> None:
    with pytest.raises(InputUnusable, match=r"`mask` has 64 x 96 pixels, and `image` 96 x 64"):
        open_original(picture(*SIZE), mask_of("L", 0, 255, (64, 96)))


def test_a_damaged_mask_is_told_by_its_name() -> None:
    with pytest.raises(InputUnusable, match="`mask` cannot be read"):
        open_original(picture(*SIZE), mask_of("L", 0, 255)[:50])
