"""A word in the corner of a picture."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.media import picture
from workers.marking import marked


def opened(content: bytes, word: str = "TEST") -> Image.Image:
    return Image.open(marked(io.BytesIO(content), word))


def changed(image: Image.Image) -> Any:
    """Return where a picture of one red is no longer that red."""
    return np.abs(np.asarray(image.convert("RGB"), int) - (255, 0, 0)).sum(axis=2) > 60


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_word_is_written_small_into_the_corner(kind: str) -> None:
    image = opened(picture(360, 240, format=kind, colour="#ff0000"))

    where = changed(image)
    assert (image.format, image.size) == (kind, (360, 240))
    assert where[-40:, -80:].any()
    assert not where[:-40].any()
    assert not where[:, :-80].any()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_picture_becomes_no_better_than_was_asked(kind: str) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((200, 200), 90).convert("RGB").save(buffer, kind, quality=30)

    sizes = [
        len(marked(io.BytesIO(buffer.getvalue()), "TEST", quality=quality).read())
        for quality in (30, 95)
    ]

    assert sizes[0] < 1.5 * len(buffer.getvalue()) < sizes[1]


def test_what_is_transparent_stays_so() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (200, 100), (0, 0, 0, 0)).save(buffer, "PNG")

    image = opened(buffer.getvalue())

    assert image.getpixel((5, 5)) == (0, 0, 0, 0)
    assert image.getchannel("A").getextrema()[1] > 150  # type: ignore[operator]


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (12, 12)])
def test_a_picture_may_be_smaller_than_the_word(size: tuple[int, int]) -> None:
    assert opened(picture(*size), "a long word").size == size


@pytest.mark.parametrize("content", [b"", b"no picture", picture(400, 300)[:90]])
def test_what_cannot_be_read_is_left_to_others(content: bytes) -> None:
    assert marked(io.BytesIO(content), "TEST").read() == content
