"""What a provider made becomes what was asked for."""

import io
from typing import Any

import pytest
from PIL import Image

from workers.finishing import Finish
from workers.providers.base import Order


def finish(operation: str = "generate", **of_input: Any) -> Finish:
    order = Order(kind="image", operation=operation, model="m", route_model="r", input=of_input)
    return Finish(order)


def picture(size: tuple[int, int], form: str = "png", mode: str = "RGB") -> io.BytesIO:
    """Return a picture that is red on the left and blue on the right, seen through if it may be."""
    red, blue = ((255, 0, 0), (0, 0, 255)) if mode == "RGB" else ((255, 0, 0, 0), (0, 0, 255, 255))
    image = Image.new(mode, size, red)
    image.paste(blue, (size[0] // 2, 0, *size))
    file = io.BytesIO()
    image.save(file, form)
    file.seek(0)
    return file


def seen(content: Any) -> tuple[str | None, tuple[int, int]]:
    with Image.open(content) as image:
        image.load()
        return image.format, image.size


def test_what_is_as_it_was_asked_for_is_not_touched() -> None:
    made, wanted = picture((64, 32)), finish(width=64, height=32, format="png")

    assert wanted.apply(made) is made
    assert made.tell() == 0
    assert wanted.remarks == []


def test_another_shape_is_cropped_around_its_middle() -> None:
    done = finish(width=1920, height=1080).apply(picture((1920, 1088)))
    square = finish(width=32, height=32).apply(picture((64, 32)))

    assert seen(done) == ("PNG", (1920, 1080))
    with Image.open(square) as image:
        assert (image.getpixel((2, 16)), image.getpixel((29, 16))) == ((255, 0, 0), (0, 0, 255))


def test_who_is_given_less_than_asked_is_told() -> None:
    small, large = finish(width=128, height=64), finish(width=32, height=16)

    assert seen(small.apply(picture((64, 32)))) == ("PNG", (128, 64))
    assert seen(large.apply(picture((64, 32)))) == ("PNG", (32, 16))

    [remark] = small.remarks
    assert "64x32" in remark
    assert large.remarks == []


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("made", ["png", "jpeg", "webp"])
def test_every_format_becomes_the_one_that_was_asked_for(made: str, form: str) -> None:
    done = finish("edit", format=form).apply(picture((40, 20), made))

    assert seen(done) == (form.upper(), (40, 20))


def test_what_can_be_seen_through_stays_so_where_the_format_can() -> None:
    webp = finish(format="webp").apply(picture((8, 8), mode="RGBA"))
    jpeg = finish(format="jpeg").apply(picture((8, 8), mode="RGBA"))

    with Image.open(webp) as image:
        assert image.convert("RGBA").getpixel((0, 0))[3] == 0  # type: ignore[index]
    with Image.open(jpeg) as image:
        assert image.convert("L").getpixel((0, 0)) == 255


def test_a_picture_that_was_changed_stays_as_large_as_it_came() -> None:
    assert seen(finish("edit", width=8, height=8).apply(picture((40, 20)))) == ("PNG", (40, 20))


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n broken"])
def test_what_is_no_picture_is_left_to_whoever_measures_it(content: bytes) -> None:
    file = io.BytesIO(content)

    assert finish(width=8, height=8, format="webp").apply(file) is file
    assert file.tell() == 0
