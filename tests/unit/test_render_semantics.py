"""Where a clip is seen: what its fit, place, moves and transitions mean."""

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from workers.providers.render.meaning.geometry import Rect
from workers.providers.render.meaning.semantics import Pose, fills, pose
from workers.providers.render.parts import Facts
from workers.providers.render.planning import plan

FRAME = (1920, 1080)
SOURCE = "timeline.tracks[0].clips[0].asset.src"


def posed(at: float, *, native: tuple[int, int] = (1920, 1080), **fields: Any) -> Pose:
    clip = {"asset": {"type": "image", "src": "x"}, "start": 0, "length": 4, **fields}
    facts = {SOURCE: Facts(kind="image", content_type="image/png", size=native)}
    output = {"format": "mp4", "resolution": "1080"}
    shots = plan.make({"timeline": {"tracks": [{"clips": [clip]}]}, "output": output}, facts).shots
    return pose(shots[0], at, FRAME)


def shown(here: Pose) -> tuple[float, float, float, float]:
    """What of the frame a clip takes up: left, top, right, bottom."""
    area = here.affine.bounds(here.cut)
    return area.left, area.top, area.right, area.bottom


def box(left: float, top: float, width: float, height: float) -> object:
    return pytest.approx((left, top, left + width, top + height), abs=1e-6)


# Fit


def test_crop_fills_the_frame_and_cuts_what_sticks_out() -> None:
    here = posed(0, native=(2000, 2000))

    assert shown(here) == box(0, 0, 1920, 1080)
    assert here.cut.left == pytest.approx(0)
    assert here.cut.top == pytest.approx((1920 - 1080) / 2 / 1920)
    assert fills(here, FRAME)


def test_contain_shows_all_of_it_in_the_middle() -> None:
    here = posed(0, native=(500, 1000), fit="contain")

    assert shown(here) == box((1920 - 540) / 2, 0, 540, 1080)
    assert not fills(here, FRAME)


def test_stretch_distorts_and_none_leaves_its_pixels() -> None:
    assert shown(posed(0, native=(100, 100), fit="stretch")) == box(0, 0, 1920, 1080)
    assert shown(posed(0, native=(100, 60), fit="none")) == box(910, 510, 100, 60)


def test_a_box_of_its_own_takes_the_place_of_the_frame() -> None:
    here = posed(0, native=(100, 100), width=400, height=200)

    assert shown(here) == box(760, 440, 400, 200)


def test_a_crop_counts_before_the_fit() -> None:
    asset = {"type": "image", "src": "x", "crop": {"left": 0.5, "top": 0.25, "bottom": 0.25}}

    here = posed(0, native=(800, 400), asset=asset, fit="contain")

    assert here.cut == Rect(0.5, 0.25, 1.0, 0.75)
    assert shown(here) == box(0, 60, 1920, 960)


# Place


@pytest.mark.parametrize(
    ("name", "left", "top"),
    [
        ("center", 720, 405),
        ("top", 720, 0),
        ("topRight", 1440, 0),
        ("right", 1440, 405),
        ("bottomRight", 1440, 810),
        ("bottom", 720, 810),
        ("bottomLeft", 0, 810),
        ("left", 0, 405),
        ("topLeft", 0, 0),
    ],
)
def test_positions_are_flush_with_the_edges(name: str, left: float, top: float) -> None:
    assert shown(posed(0, scale=0.25, position=name)) == box(left, top, 480, 270)


def test_a_place_on_the_grid_counts_downwards() -> None:
    # The picture-in-picture of the contract's example 6.2.
    here = posed(0, scale=0.25, position={"x": 0.8, "y": 0.8})

    assert shown(here) == box(1296, 729, 480, 270)


def test_an_offset_is_a_share_of_the_frame_and_counts_upwards() -> None:
    # The contract's case 6.7, 2.
    assert shown(posed(0, scale=0.5, offset={"x": 0.1, "y": 0.1})) == box(
        480 + 192, 270 - 108, 960, 540
    )


def test_an_offset_may_leave_the_frame() -> None:
    assert shown(posed(0, offset={"x": 10, "y": -10})) == box(19200, 10800, 1920, 1080)


def test_tweens_move_and_hold() -> None:
    moving = {"x": [{"from": 0, "to": 0.5, "start": 1, "length": 2}]}

    lefts = [shown(posed(at, offset=moving))[0] for at in (0, 1, 2, 3, 3.9)]

    assert lefts == pytest.approx([0, 0, 480, 960, 960])


def test_a_scale_of_nothing_shows_nothing() -> None:
    assert not posed(0, scale=0).shows
    assert not posed(0, native=(9, 9), scale=[{"from": 0, "to": 1, "start": 0, "length": 2}]).shows


# Turning, skewing, flipping


def test_a_turn_is_clockwise_about_the_middle() -> None:
    here = posed(0, native=(200, 100), fit="none", transform={"rotate": {"angle": 90}})

    assert shown(here) == box(960 - 50, 540 - 100, 100, 200)
    # Its left upper corner is now at the upper right.
    assert here.affine(0, 0) == pytest.approx((1010, 440))


def test_a_skew_leans_rows_by_how_low_they_are() -> None:
    here = posed(0, native=(200, 100), fit="none", transform={"skew": {"x": 0.5}})

    assert here.affine(0.5, 0.5) == pytest.approx((960, 540))
    assert here.affine(0.5, 1) == pytest.approx((960 + 25, 590))


def test_a_flip_mirrors_in_place() -> None:
    flip = {"flip": {"horizontal": True, "vertical": False}}

    here = posed(0, native=(200, 100), fit="none", position="left", transform=flip)

    assert shown(here) == box(0, 490, 200, 100)
    assert here.affine(0, 0) == pytest.approx((200, 490))


# Effects


@pytest.mark.parametrize(
    ("effect", "first", "last"),
    [
        ("zoomIn", 1.0, 1.2),
        ("zoomInSlow", 1.0, 1.1),
        ("zoomInFast", 1.0, 1.4),
        ("zoomOut", 1.2, 1.0),
        ("zoomOutSlow", 1.1, 1.0),
        ("zoomOutFast", 1.4, 1.0),
    ],
)
def test_a_zoom_is_linear_and_stays_in_its_box(effect: str, first: float, last: float) -> None:
    for gone in (0.0, 0.25, 0.5, 1.0):
        here = posed(4 * gone, effect=effect, scale=0.5)

        assert shown(here) == box(480, 270, 960, 540)
        assert here.affine.a == pytest.approx(960 * (first + (last - first) * gone))
        assert here.affine(0.5, 0.5) == pytest.approx((960, 540))


@pytest.mark.parametrize(
    ("effect", "way", "zoom"),
    [
        ("slideLeft", (-1, 0), 1.2),
        ("slideRightSlow", (1, 0), 1.1),
        ("slideUpFast", (0, -1), 1.4),
        ("slideDown", (0, 1), 1.2),
    ],
)
def test_a_slide_pans_over_what_is_spare(effect: str, way: tuple[int, int], zoom: float) -> None:
    first, last = posed(0, effect=effect), posed(4, effect=effect)

    spare = ((zoom - 1) * 1920, (zoom - 1) * 1080)
    before, after = first.affine(0, 0), last.affine(0, 0)
    moved = (after[0] - before[0], after[1] - before[1])
    assert moved == pytest.approx((way[0] * spare[0], way[1] * spare[1]))
    for here in (first, last):
        assert shown(here) == box(0, 0, 1920, 1080)
        assert fills(here, FRAME)
    # From edge to edge: at one end of the way the picture's own border is the frame's.
    borders = (first.cut.left, last.cut.left, first.cut.top, last.cut.top)
    assert min(borders) == pytest.approx(0)


# Transitions


def coming(name: str, at: float, **fields: Any) -> Pose:
    return posed(at, transition={"in": name}, **fields)


def going(name: str, left: float, **fields: Any) -> Pose:
    return posed(4 - left, transition={"out": name}, **fields)


def test_a_fade_is_linear() -> None:
    assert [coming("fade", at).opacity for at in (0, 0.25, 1, 2)] == pytest.approx([0, 0.25, 1, 1])
    assert [going("fade", left).opacity for left in (0.25, 1)] == pytest.approx([0.25, 1])
    assert coming("fadeSlow", 0.5).opacity == pytest.approx(0.25)
    assert coming("fadeFast", 0.25).opacity == pytest.approx(0.5)


def test_a_fade_multiplies_what_opacity_there_is() -> None:
    assert coming("fade", 0.5, opacity=0.6).opacity == pytest.approx(0.3)


def test_transitions_longer_than_the_clip_share_it() -> None:
    # The contract's case 6.7, 4.
    both = {"in": "fade", "out": "fade"}

    seen = [posed(at, length=1.2, transition=both).opacity for at in (0, 0.3, 0.6, 0.9, 1.199)]

    assert seen == pytest.approx([0, 0.5, 1, 0.5, 0.001 / 0.6], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "x", "y"), [("Left", -1, 0), ("Right", 1, 0), ("Up", 0, -1), ("Down", 0, 1)]
)
def test_slides_and_carousels_move_in_their_direction(name: str, x: int, y: int) -> None:
    # Half of the time is half of the way.
    assert shown(coming(f"slide{name}", 0.5)) == box(-x * 96, -y * 54, 1920, 1080)
    assert shown(going(f"slide{name}", 0.5)) == box(x * 96, y * 54, 1920, 1080)
    assert coming(f"slide{name}", 0.5).opacity == pytest.approx(0.5)
    assert shown(coming(f"carousel{name}", 0)) == box(-x * 1920, -y * 1080, 1920, 1080)
    assert shown(coming(f"carousel{name}", 0.5)) == box(-x * 960, -y * 540, 1920, 1080)
    assert shown(going(f"carousel{name}", 0)) == box(x * 1920, y * 1080, 1920, 1080)
    assert coming(f"carousel{name}", 0.1).opacity == 1


def test_a_carousel_takes_a_small_clip_wholly_out() -> None:
    left = shown(coming("carouselLeft", 0, scale=0.25, position="left"))[0]

    assert left == pytest.approx(1920)


@pytest.mark.parametrize(
    ("name", "come", "go"),
    [
        ("wipeRight", (0, 0, 960, 1080), (960, 0, 960, 1080)),
        ("wipeLeft", (960, 0, 960, 1080), (0, 0, 960, 1080)),
        ("wipeDown", (0, 0, 1920, 540), (0, 540, 1920, 540)),
        ("wipeUp", (0, 540, 1920, 540), (0, 0, 1920, 540)),
        ("reveal", (0, 0, 960, 1080), (0, 0, 960, 1080)),
    ],
)
def test_wipes_sweep_over_the_clip(
    name: str, come: tuple[int, int, int, int], go: tuple[int, int, int, int]
) -> None:
    for here, expected in ((coming(name, 0.5), come), (going(name, 0.5), go)):
        assert here.window is not None
        opened = here.window
        assert (opened.left, opened.top, opened.right, opened.bottom) == box(*expected)
    assert coming(name, 1).window is None


def test_a_wipe_eases_in_and_out() -> None:
    here = coming("wipeRight", 0.25)

    assert here.window is not None
    assert here.window.right == pytest.approx(1920 * (3 / 16 - 2 / 64))


def test_a_zoom_grows_from_nothing_and_shrinks_to_it() -> None:
    assert not coming("zoom", 0).shows
    assert shown(coming("zoom", 0.5)) == box(480, 270, 960, 540)
    assert shown(going("zoom", 0.5)) == box(480, 270, 960, 540)


@pytest.mark.parametrize(
    "corner",
    [
        "TopRight",
        "RightTop",
        "RightBottom",
        "BottomRight",
        "BottomLeft",
        "LeftBottom",
        "LeftTop",
        "TopLeft",
    ],
)
def test_a_shuffle_comes_turned_from_beyond_its_side(corner: str) -> None:
    first, amid = (coming(f"shuffle{corner}", at, scale=0.5) for at in (0, 0.5))
    left, top, right, bottom = shown(first)

    # How far it still reaches into the frame over the side that it comes from.
    inside = {"Top": bottom, "Bottom": 1080 - top, "Left": right, "Right": 1920 - left}
    side = next(name for name in inside if corner.startswith(name))
    assert inside[side] == pytest.approx(0, abs=1e-6)
    x, y = first.affine(0.5, 0.5)
    assert (x > 960) == ("Right" in corner)
    assert (y > 540) == ("Bottom" in corner)
    turned = [math.degrees(math.atan2(one.affine.d, one.affine.a)) for one in (first, amid)]
    sign = 1 if "Right" in corner else -1
    assert turned == pytest.approx([30 * sign, 15 * sign])
    assert coming(f"shuffle{corner}", 1, scale=0.5).affine.d == 0


# Whatever is asked for


def everything() -> Iterator[dict[str, Any]]:
    names = [
        *("fade", "zoom", "reveal", "slideLeftSlow", "carouselUpFast", "wipeDown"),
        *("shuffleTopRight", "shuffleLeftBottomSlow"),
    ]
    for number, name in enumerate(names):
        yield {
            "transition": {"in": name, "out": names[-number]},
            "effect": ["zoomIn", "slideUp", "none", "zoomOutFast"][number % 4],
            "fit": ["crop", "contain", "stretch", "none"][number % 4],
            "scale": [0.3, 1, 4][number % 3],
            "position": ["topLeft", "right", {"x": 0.3, "y": -1}][number % 3],
            "offset": {"x": 0.01 * number, "y": [{"from": -1, "to": 1, "start": 0, "length": 3}]},
            "transform": {"rotate": {"angle": 40 * number}, "skew": {"x": 0.1 * number}},
            "length": [0.2, 1.5, 4][number % 3],
        }


@pytest.mark.parametrize("fields", list(everything()))
def test_what_shows_is_part_of_the_picture_and_of_its_box(fields: dict[str, Any]) -> None:
    for step in range(40):
        here = posed(fields["length"] * step / 40, native=(777, 333), **fields)

        assert 0 <= here.opacity <= 1
        assert all(math.isfinite(value) for value in shown(here))
        if here.shows:
            assert 0 <= here.cut.left < here.cut.right <= 1
            assert 0 <= here.cut.top < here.cut.bottom <= 1


@pytest.mark.parametrize("fields", list(everything()))
def test_nothing_jumps_within_a_clip(fields: dict[str, Any]) -> None:
    """A hundredth of a second moves nothing by more than a tenth of the frame."""
    steps = range(1, int(fields["length"] * 100))
    poses = [posed(step / 100, native=(777, 333), **fields) for step in steps]

    seen = [shown(here) for here in poses if here.shows]
    leaps = [
        max(abs(one - other) for one, other in zip(before, after, strict=True))
        for before, after in pairwise(seen)
    ]
    # A clip of .2 s does in it what others do in whole seconds.
    assert max(leaps) <= 192 * max(1.0, 4 / fields["length"])


def test_the_rate_of_frames_is_exact() -> None:
    clip = {"asset": {"type": "image", "src": "x"}, "start": 0, "length": 100}
    facts = {SOURCE: Facts(kind="image", content_type="image/png", size=(9, 9))}
    output = {"format": "mp4", "resolution": "sd", "fps": 29.97}

    made = plan.make({"timeline": {"tracks": [{"clips": [clip]}]}, "output": output}, facts)

    assert made.rate == Fraction(30000, 1001)
    assert made.frames == math.ceil(100 * Fraction(30000, 1001)) == 2998
    assert made.time(30000) == 1001
