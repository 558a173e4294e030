"""What the local engine does with pictures that are there."""

import io
from functools import partial
from typing import Any

import numpy as np
import pytest
from marshmallow import ValidationError
from PIL import ExifTags, Image

from shared.errors import InputUnusable
from shared.jobs.edits import SCHEMAS
from tests.support.media import picture
from workers.providers.base import Order, Source
from workers.providers.local.darkroom import DarkroomEngine

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def quarters(side: int = 20) -> Image.Image:
    """Red, green, blue and white, in reading order."""
    tiny = Image.new("RGB", (2, 2))
    tiny.putdata([RED, GREEN, BLUE, WHITE])
    return tiny.resize((2 * side, 2 * side), Image.Resampling.NEAREST)


def order(operation: str, *files: bytes, **asked: Any) -> Order:
    given = {"image": "upl_01jd3k8v9xf6tq2m5c7h0w4ezr"} | asked
    marks = {f"watermarks[{at}]": one for at, one in enumerate(files[1:])}
    if marks:
        given["watermarks"] = [given["image"]] * len(marks)
    named = {"image": files[0], **marks}
    return Order(
        kind="image",
        operation=operation,
        model="darkroom",
        route_model="darkroom",
        input=SCHEMAS[operation]().load(given),
        sources={
            path: Source(content_type="image/png", link="", open=partial(list, [one]))
            for path, one in named.items()
        },
    )


def changed(operation: str, image: Image.Image, *marks: Image.Image, **asked: Any) -> Image.Image:
    wanted = order(operation, png(image), *map(png, marks), **asked)
    [output] = DarkroomEngine().make(wanted, on_progress=lambda _: None)
    return Image.open(io.BytesIO(output.content))


def colours(image: Image.Image) -> list[Any]:
    """The colours of the four quarters, in reading order."""
    across, down = image.width // 4, image.height // 4
    places = [(1, 1), (3, 1), (1, 3), (3, 3)]
    return [image.convert("RGB").getpixel((x * across, y * down)) for x, y in places]


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_upscaling_enlarges_and_invents_nothing(factor: int) -> None:
    rng = np.random.default_rng(5)
    soft = Image.fromarray(rng.integers(0, 255, (6, 8, 3), np.uint8)).resize(
        (64, 48), Image.Resampling.BICUBIC
    )

    larger = changed("upscale", soft, factor=factor)

    assert larger.size == (64 * factor, 48 * factor)
    back = larger.resize(soft.size, Image.Resampling.BOX)
    assert np.abs(np.asarray(back, float) - np.asarray(soft, float)).mean() < 3


def test_upscaling_keeps_edges_sharper_than_plain_interpolation() -> None:
    edge = Image.new("L", (32, 32), 60)
    edge.paste(190, (16, 0, 32, 32))

    ours = np.asarray(changed("upscale", edge, factor=4).convert("L"), float)
    plain = np.asarray(edge.resize((128, 128), Image.Resampling.BILINEAR), float)

    assert np.abs(np.diff(ours[64])).max() > np.abs(np.diff(plain[64])).max()


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({"width": 30, "height": 90}, (30, 90)),
        ({"width": 20}, (20, 10)),
        ({"height": 100}, (200, 100)),
        ({"width": 50, "height": 50, "fit": "contain"}, (50, 50)),
        ({"width": 50, "height": 50, "fit": "cover"}, (50, 50)),
    ],
)
def test_a_picture_is_resized_to_what_is_asked(
    asked: dict[str, Any], size: tuple[int, int]
) -> None:
    assert changed("resize", Image.new("RGB", (80, 40), RED), **asked).size == size


def test_what_is_contained_lies_on_the_background_where_it_was_wished() -> None:
    wide = Image.new("RGB", (80, 40), RED)

    top = changed(
        "resize", wide, width=40, height=40, fit="contain", position="top", background="#0000ff"
    )
    middle = changed("resize", wide, width=40, height=40, fit="contain")

    assert colours(top) == [RED, RED, BLUE, BLUE]
    assert [middle.getpixel((20, y))[3] for y in (2, 20, 37)] == [0, 255, 0]  # type: ignore[index]


@pytest.mark.parametrize(("position", "seen"), [("left", RED), ("right", GREEN)])
def test_what_covers_is_cut_on_the_other_side(position: str, seen: Any) -> None:
    upper = quarters().crop((0, 0, 40, 20))

    cut = changed("resize", upper, width=10, height=10, fit="cover", position=position)

    assert all(one == pytest.approx(seen, abs=2) for one in colours(cut))


def test_a_part_is_cut_out() -> None:
    part = changed("crop", quarters(), x1=20, y1=0, x2=40, y2=19.6)

    assert part.size == (20, 20)
    assert set(colours(part)) == {GREEN}


@pytest.mark.parametrize(
    ("operation", "asked", "expected"),
    [
        ("rotate", {"angle": 90}, [BLUE, RED, WHITE, GREEN]),
        ("rotate", {"angle": -90}, [GREEN, WHITE, RED, BLUE]),
        ("rotate", {"angle": 540}, [WHITE, BLUE, GREEN, RED]),
        ("mirror", {"mode": "horizontal"}, [GREEN, RED, WHITE, BLUE]),
        ("mirror", {"mode": "vertical"}, [BLUE, WHITE, RED, GREEN]),
        ("mirror", {"mode": "both"}, [WHITE, BLUE, GREEN, RED]),
    ],
)
def test_a_picture_is_turned_and_mirrored(
    operation: str, asked: dict[str, Any], expected: list[Any]
) -> None:
    assert colours(changed(operation, quarters(), **asked)) == expected


def test_a_picture_that_is_turned_a_little_keeps_its_corners() -> None:
    turned = changed("rotate", Image.new("RGB", (40, 40), RED), angle=45, background="#00ff00")

    assert turned.size == pytest.approx((57, 57), abs=1)
    corner, middle = turned.convert("RGB").getpixel((1, 1)), turned.getpixel((28, 28))
    assert (corner, middle[:3]) == (GREEN, RED)  # type: ignore[index]


@pytest.mark.parametrize(("name", "kind"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
def test_a_picture_is_converted(name: str, kind: str) -> None:
    assert changed("convert", quarters(), format=name).format == kind


def test_a_picture_stays_in_its_format_and_transparency_is_white_in_jpeg() -> None:
    clear = Image.new("RGBA", (30, 30), (255, 0, 0, 0))

    assert changed("blur", clear).format == "PNG"
    assert changed("convert", clear, format="webp").getpixel((5, 5))[3] == 0  # type: ignore[index]
    assert changed("convert", clear, format="jpeg").getpixel((5, 5)) == WHITE


def test_blurring_mixes_neighbours_and_no_hidden_colours() -> None:
    half = Image.new("RGBA", (60, 20), (0, 0, 255, 0))
    half.paste((255, 0, 0, 255), (0, 0, 30, 20))

    soft = changed("blur", half, sigma=4)

    red, _, blue, alpha = soft.getpixel((30, 10))  # type: ignore[misc]
    assert 60 < alpha < 200
    assert red > 240
    assert blue < 15


@pytest.mark.parametrize("name", ["brightness", "exposure"])
def test_light_grows_and_shrinks(name: str) -> None:
    grey = Image.new("RGB", (10, 10), (100, 100, 100))

    levels = [changed("modulate", grey, **{name: by}).getpixel((5, 5)) for by in (-50, 0, 50)]

    assert levels == sorted(set(levels))  # type: ignore[type-var]
    assert levels[1] == (100, 100, 100)


def test_saturation_and_contrast_can_be_taken_away() -> None:
    grey = changed("modulate", quarters(), saturation=-100)
    flat = changed("modulate", quarters(), contrast=-100)

    assert all(len(set(one)) == 1 for one in colours(grey))
    assert len(set(colours(flat))) == 1


def test_modulating_keeps_what_is_transparent() -> None:
    clear = Image.new("RGBA", (10, 10), (10, 20, 30, 77))

    assert changed("modulate", clear, brightness=40).getpixel((5, 5))[3] == 77  # type: ignore[index]


@pytest.mark.parametrize(("repeat", "count"), [("none", 1), ("x", 4), ("y", 4), ("both", 16)])
def test_a_watermark_is_laid_once_or_again_and_again(repeat: str, count: int) -> None:
    mark = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    mark.putpixel((5, 5), (*BLUE, 255))

    marked = changed(
        "watermark", Image.new("RGB", (40, 40), RED), mark, placements=[{"repeat": repeat}]
    )

    assert int((np.asarray(marked) == BLUE).all(axis=2).sum()) == count


def test_watermarks_lie_where_and_as_large_as_is_said() -> None:
    marked = changed(
        "watermark",
        Image.new("RGB", (40, 40), RED),
        Image.new("RGB", (9, 9), GREEN),
        Image.new("RGB", (9, 9), BLUE),
        placements=[{"left": 20, "width": 20, "height": 20}, {"left": -4, "top": 36}],
    )

    assert colours(marked) == [RED, GREEN, RED, RED]
    assert [marked.getpixel((x, 38)) for x in (0, 4, 5)] == [BLUE, BLUE, RED]


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("upscale", {"factor": 4}),
        ("resize", {"width": 10_000}),
        ("crop", {"x1": 0, "y1": 0, "x2": 4001, "y2": 10}),
        ("rotate", {"angle": 45}),
    ],
)
def test_what_is_too_large_or_outside_is_refused(operation: str, asked: dict[str, Any]) -> None:
    with pytest.raises(InputUnusable):
        changed(operation, Image.new("L", (4000, 6000)), **asked)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_is_imported_stays_as_it_is(kind: str) -> None:
    file = picture(format=kind)

    [output] = DarkroomEngine().make(order("import", file), on_progress=lambda _: None)

    assert output.content == file


def test_what_lies_on_its_side_is_imported_upright() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # shown turned clockwise
    buffer = io.BytesIO()
    quarters().resize((80, 40)).save(buffer, "JPEG", exif=exif, quality=100)

    wanted = order("import", buffer.getvalue())
    [output] = DarkroomEngine().make(wanted, on_progress=lambda _: None)

    with Image.open(io.BytesIO(output.content)) as upright:
        assert (upright.format, upright.size) == ("JPEG", (40, 80))
        assert ExifTags.Base.Orientation not in upright.getexif()
        expected = [BLUE, RED, WHITE, GREEN]
        assert all(
            one == pytest.approx(seen, abs=8)
            for one, seen in zip(colours(upright), expected, strict=True)
        )


@pytest.mark.parametrize("operation", ["import", "blur"])
def test_what_cannot_be_read_is_refused(operation: str) -> None:
    wanted = order(operation, picture(400, 300)[:80])

    with pytest.raises(InputUnusable):
        list(DarkroomEngine().make(wanted, on_progress=lambda _: None))


def test_a_damaged_picture_is_named() -> None:
    wanted = order("watermark", picture(), picture()[:60])

    with pytest.raises(InputUnusable, match="watermarks"):
        list(DarkroomEngine().make(wanted, on_progress=lambda _: None))


@pytest.mark.parametrize(
    ("operation", "asked", "wrong"),
    [
        ("resize", {}, {"width"}),
        ("resize", {"width": 9000, "height": 9000}, {"width"}),
        ("resize", {"width": 0, "background": "red"}, {"width", "background"}),
        ("crop", {"x1": 5, "y1": 5, "x2": 5, "y2": 4}, {"x2", "y2"}),
        ("convert", {"format": "gif", "quality": 0}, {"format", "quality"}),
        ("mirror", {"mode": "diagonal"}, {"mode"}),
        ("modulate", {"exposure": 101}, {"exposure"}),
        ("watermark", {"watermarks": []}, {"watermarks"}),
        ("rotate", {"angle": float("nan")}, {"angle"}),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(
    operation: str, asked: dict[str, Any], wrong: set[str]
) -> None:
    with pytest.raises(ValidationError) as refused:
        SCHEMAS[operation]().load({"image": "upl_01jd3k8v9xf6tq2m5c7h0w4ezr"} | asked)

    assert set(refused.value.messages) == wrong
