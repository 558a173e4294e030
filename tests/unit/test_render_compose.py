"""What the pixels of composed frames are."""

from typing import Any

import numpy as np
import pytest

from shared.timelines import names
from tests.support.pictures import (
    Pictures,
    clip,
    frames,
    made,
    photograph,
    plain,
    timeline,
    to_planes,
    to_rgb,
)
from workers.providers.render.composing import compose
from workers.providers.render.parts import Planes

RED, GREEN, BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
WHITE, BLACK, GREY = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.5, 0.5, 0.5)
COLOURS = {
    name: plain(colour)
    for name, colour in {
        "red": RED,
        "green": GREEN,
        "blue": BLUE,
        "white": WHITE,
        "black": BLACK,
        "grey": GREY,
        "clear red": (*RED, 0.5),
    }.items()
}
# So that it is moved, and not copied.
SLIGHTLY = {"rotate": {"angle": 0.02}}
# Bars of red, green, blue and white, of 40 pixels each.
BARS = np.concatenate([plain(colour, (40, 90)) for colour in (RED, GREEN, BLUE, WHITE)], axis=1)
PICTURES = COLOURS | {"bars": BARS}


def shown(given: dict[str, Any], number: int = 0, **more: Any) -> np.ndarray:
    """One frame of an input, as RGB."""
    return to_rgb(frames(given, PICTURES | more, number, number + 1)[0])


def at(picture: np.ndarray, x: float, y: float) -> Any:
    """The colour of a pixel."""
    return pytest.approx(picture[int(y), int(x)], abs=0.03)


def near(*borders: float) -> object:
    """Borders to within a pixel, which may be half covered or have a neighbour's colour."""
    return pytest.approx(borders, abs=1.1)


def box_of(picture: np.ndarray, colour: tuple[float, ...] = WHITE) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what has a colour."""
    rows, columns = np.nonzero(np.abs(picture - colour).max(axis=2) < 0.5)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


# What shows


def test_the_background_fills_what_no_clip_covers() -> None:
    given = timeline(clip("red", 1, 1, scale=0.5), background="#80ff0000")

    assert at(shown(given), 80, 45) == RED
    assert at(shown(timeline(clip("red", 1), background="#00f")), 3, 3) == BLUE


def test_the_first_track_hides_the_others_until_it_has_a_gap() -> None:
    # The contract's case 6.7, 3.
    given = timeline(
        [clip("red", 0, 0.2), clip("red", 0.4, 0.2)], clip("green", 0.2, 0.2), background="#0000ff"
    )
    given["timeline"]["tracks"].append({"clips": [clip("white", 0.6, 0.2), clip("grey", 1, 0.2)]})

    drawn = [to_rgb(frame)[45, 80] for frame in frames(given, PICTURES)]

    expected = [RED] * 5 + [GREEN] * 5 + [RED] * 5 + [WHITE] * 5 + [BLUE] * 5 + [GREY] * 5
    assert np.abs(np.array(drawn) - expected).max() < 0.03


def test_every_frame_shows_the_video_frame_of_its_time() -> None:
    levels = [plain((n / 60,) * 3, (32, 18)) for n in range(60)]
    asset = {"type": "video", "src": "film", "trim": 0.4, "speed": 2}
    given = timeline({"asset": asset, "start": 0.2, "length": 1.2}, size=(32, 18))

    drawn = frames(given, {"film": levels})

    # Frame n shows source second .4 + 2 (n/25 - .2), and the last frame from then on.
    seen = [round(float(to_rgb(frame)[9, 16, 0]) * 60) for frame in drawn]
    assert seen == [0] * 5 + [min(59, 10 + 2 * n) for n in range(30)]


def test_frames_that_look_the_same_are_the_same() -> None:
    given = timeline(
        clip("red", 0.2, 0.8, scale=0.5, transition={"in": "fadeFast"}),
        clip("bars", 0, 1.2),
    )

    drawn = frames(given, PICTURES)

    changes = [n for n in range(1, 30) if drawn[n] is not drawn[n - 1]]
    # It comes with frame 5, where nothing of it is seen yet, to 17; after 24 it is gone.
    assert changes == [*range(6, 19), 25]


def test_a_video_that_stands_still_in_its_source_gives_one_frame() -> None:
    film = [plain(RED)] * 3 + [plain(GREEN)] * 3
    asset = {"type": "video", "src": "film"}
    given = timeline({"asset": asset, "start": 0, "length": 1}, fps=50)

    drawn = frames(given, Pictures({"film": film}, rate=5))

    assert len({id(frame) for frame in drawn}) == 5


def test_a_part_of_the_frames_is_as_in_the_whole() -> None:
    given = timeline(clip("bars", 0, 1, effect="zoomIn", transition={"in": "fade"}))
    whole = frames(given, PICTURES)

    part = frames(given, PICTURES, 10, 14)

    assert len(part) == 4
    assert all(np.array_equal(part[n].y, whole[10 + n].y) for n in range(4))


def test_sources_are_open_only_while_they_are_seen() -> None:
    given = timeline(
        [clip("red", 0.4, 0.4)],
        [clip("bars", 0.2, 0.4), clip("blue", 1, 0.2, offset={"x": 2})],
        clip("green", 0.44, 0.2),
    )
    door = Pictures(PICTURES)

    counts = [
        sorted(path.split(".", 1)[1] for path in door.open_now)
        for _ in compose.frames(made(given, door), door)
    ]

    assert counts[4] == []
    assert counts[5] == ["tracks[1].clips[0]"]
    assert counts[12] == ["tracks[0].clips[0]", "tracks[1].clips[0]"]
    assert counts[16] == ["tracks[0].clips[0]"]
    assert counts[20] == []
    # What is always hidden, or never within the frame, is not opened at all.
    assert sorted(door.opened) == ["timeline.tracks[0].clips[0]", "timeline.tracks[1].clips[0]"]


def test_what_is_open_is_closed_when_nobody_wants_more_frames() -> None:
    given = timeline(clip("red", 0, 1))
    door = Pictures(PICTURES)
    drawn = compose.frames(made(given, door), door)
    next(drawn)

    drawn.close()  # type: ignore[attr-defined]

    assert door.open_now == []


def test_frames_lie_in_one_piece_of_memory() -> None:
    (frame,) = set(frames(timeline(clip("bars", 0, 0.2)), PICTURES))

    addresses = [plane.ctypes.data for plane in (frame.y, frame.u, frame.v)]
    assert np.diff(addresses).tolist() == [160 * 90, 80 * 45]
    assert all(plane.flags.c_contiguous for plane in (frame.y, frame.u, frame.v))


# Where


@pytest.mark.parametrize(
    ("fields", "box"),
    [
        ({"scale": 0.5}, (40, 22, 120, 68)),
        ({"scale": 0.25, "position": "topRight"}, (120, 0, 160, 23)),
        ({"scale": 0.5, "position": {"x": 0.5, "y": -1}}, (60, 0, 140, 45)),
        ({"scale": 0.5, "offset": {"x": -0.1, "y": 0.2}}, (24, 4, 104, 50)),
        ({"width": 60, "height": 40, "position": "bottomLeft"}, (0, 50, 60, 90)),
        ({"offset": {"x": 0.75}}, (120, 0, 160, 90)),
    ],
)
def test_clips_lie_where_they_are_put(
    fields: dict[str, Any], box: tuple[int, int, int, int]
) -> None:
    assert box_of(shown(timeline(clip("white", 0, 1, **fields)))) == near(*box)


@pytest.mark.parametrize(
    ("fit", "box"),
    [
        ("crop", (0, 0, 160, 90)),
        ("stretch", (0, 0, 160, 90)),
        ("contain", (35, 0, 125, 90)),
        ("none", (50, 15, 110, 75)),
    ],
)
def test_a_square_by_its_fit(fit: str, box: tuple[int, int, int, int]) -> None:
    square = plain(WHITE, (60, 60))

    assert box_of(shown(timeline(clip("square", 0, 1, fit=fit)), square=square)) == near(*box)


def test_crop_cuts_the_middle_out_and_stretch_does_not() -> None:
    tall = np.concatenate([plain(RED, (40, 40)), plain(WHITE, (40, 20)), plain(BLUE, (40, 40))])

    cut = shown(timeline(clip("tall", 0, 1, fit="crop")), tall=tall)
    pressed = shown(timeline(clip("tall", 0, 1, fit="stretch")), tall=tall)

    assert box_of(cut)[1::2] == near(5, 85)
    assert box_of(pressed)[1::2] == near(36, 54)


def test_a_crop_of_the_asset_cuts_its_sides() -> None:
    asset = {"crop": {"left": 0.25, "right": 0.5}}

    drawn = shown(timeline(clip("bars", 0, 1, asset=asset, fit="contain")))

    assert box_of(drawn, GREEN) == near(60, 0, 100, 90)
    assert at(drawn, 55, 45) == BLACK


def test_a_flip_and_a_turn() -> None:
    flipped = shown(timeline(clip("bars", 0, 1, transform={"flip": {"horizontal": True}})))
    turned = shown(timeline(clip("bars", 0, 1, transform={"rotate": {"angle": 180}})))
    quarter = shown(timeline(clip("bars", 0, 1, scale=0.5, transform={"rotate": {"angle": 90}})))

    for drawn in (flipped, turned):
        assert [drawn[45, x].round().tolist() for x in (20, 60, 100, 140)] == [
            list(colour) for colour in (WHITE, BLUE, GREEN, RED)
        ]
    # Clockwise: what was left is on top.
    assert [quarter[y, 80].round().tolist() for y in (12, 35, 55, 77)] == [
        list(colour) for colour in (RED, GREEN, BLUE, WHITE)
    ]
    assert at(quarter, 40, 45) == BLACK


def test_borders_between_pixels_are_blended() -> None:
    drawn = shown(timeline(clip("white", 0, 1, width=60, height=40, offset={"x": 0.3 / 160})))

    # From 50.3 to 110.3.
    assert drawn[45, 50, 1] == pytest.approx(0.7, abs=0.02)
    assert drawn[45, 110, 1] == pytest.approx(0.3, abs=0.02)
    assert drawn[45, 51, 1] == pytest.approx(1, abs=0.02)


def test_a_turned_edge_is_blended_and_its_area_kept() -> None:
    turn = {"rotate": {"angle": 30}}

    drawn = shown(timeline(clip("white", 0, 1, width=60, height=40, transform=turn)))

    assert drawn[..., 1].sum() == pytest.approx(60 * 40, rel=0.005)
    assert len(np.unique(drawn[..., 1].round(3))) > 20


@pytest.mark.parametrize(
    "fields",
    [
        {"scale": 0},
        {"opacity": 0},
        {"offset": {"x": 3}},
        {"offset": {"y": -10}},
        {"transform": {"rotate": {"angle": 33}}, "offset": {"x": 4}},
        {"asset": {"crop": {"left": 0.5, "right": 0.5}}},
        {"asset": {"crop": {"top": 0.9, "bottom": 0.8}}},
    ],
)
def test_what_cannot_be_seen_changes_nothing(fields: dict[str, Any]) -> None:
    drawn = shown(timeline(clip("white", 0, 1, **fields), background="#ff0000"))

    assert np.abs(drawn - RED).max() < 0.03


@pytest.mark.parametrize("size", [(1, 1), (3, 1), (7, 301), (641, 361), (5000, 3)])
@pytest.mark.parametrize("fit", ["crop", "contain", "none"])
def test_pictures_of_odd_sizes_are_drawn(size: tuple[int, int], fit: str) -> None:
    given = timeline(clip("odd", 0, 1, fit=fit, effect="zoomIn", transform=SLIGHTLY))

    drawn = shown(given, 5, odd=plain(WHITE, size))

    least = min(160 / size[0], 90 / size[1])
    side = {"crop": (160, 90), "contain": (size[0] * least, size[1] * least), "none": size}[fit]
    area = min(160, side[0]) * min(90, side[1])
    assert drawn[..., 1].sum() == pytest.approx(area, rel=0.03, abs=2)


def test_a_picture_thousands_of_pixels_wide_on_the_frame() -> None:
    given = timeline(clip("bars", 0, 1, scale=60, offset={"x": 7.5}))

    drawn = shown(given)

    # The border of red and green is moved to 80 - 40 * 60 + 7.5 * 160.
    assert at(drawn, 80, 45) == GREEN


def test_what_is_drawn_small_is_averaged() -> None:
    fine = np.indices((540, 960)).sum(axis=0) % 2
    given = timeline(
        clip("fine", 0, 1, scale=[{"from": 1, "to": 0.1, "start": 0, "length": 1}]),
        size=(320, 180),
    )

    drawn = shown(given, 24, fine=fine[..., None].repeat(3, axis=2).astype(float))

    middle = drawn[84:96, 150:170, 1]
    assert np.abs(middle - 0.5).max() < 0.06


# Opacity and alpha


def test_opacity_mixes() -> None:
    drawn = shown(timeline(clip("red", 0, 1, opacity=0.25), clip("blue", 0, 1)))

    assert at(drawn, 80, 45) == (0.25, 0, 0.75)


def test_alpha_mixes_and_multiplies_with_opacity() -> None:
    under = clip("blue", 0, 1)

    assert at(shown(timeline(clip("clear red", 0, 1), under)), 80, 45) == (0.5, 0, 0.5)
    half = clip("clear red", 0, 1, opacity=0.5, scale=0.5)
    assert at(shown(timeline(half, under)), 80, 45) == (0.25, 0, 0.75)
    assert at(shown(timeline(half, under)), 10, 45) == BLUE


def test_a_clear_picture_that_is_turned_has_no_dark_rim() -> None:
    disc = plain((*WHITE, 0.0), (80, 80))
    disc[..., 3] = np.clip(30 - np.hypot(*np.mgrid[-39.5:40, -39.5:40]), 0, 1)
    turned = clip("disc", 0, 1, fit="none", transform={"rotate": {"angle": 20}}, scale=0.9)

    over_white = shown(timeline(turned, clip("white", 0, 1)), disc=disc)
    over_black = shown(timeline(turned), disc=disc)

    assert over_white.min() > 0.97
    assert over_black[..., 1].sum() == pytest.approx(np.pi * (29.5 * 0.9) ** 2, rel=0.01)


# Transitions


@pytest.mark.parametrize(
    ("name", "box"),
    [
        ("wipeRight", (0, 0, 80, 90)),
        ("wipeLeft", (80, 0, 160, 90)),
        ("wipeDown", (0, 0, 160, 45)),
        ("wipeUp", (0, 45, 160, 90)),
        ("reveal", (0, 0, 80, 90)),
        ("carouselLeft", (80, 0, 160, 90)),
        ("carouselRight", (0, 0, 80, 90)),
        ("carouselUp", (0, 45, 160, 90)),
        ("carouselDown", (0, 0, 160, 45)),
        ("zoom", (40, 22, 120, 68)),
    ],
)
def test_transitions_halfway_in(name: str, box: tuple[int, int, int, int]) -> None:
    given = timeline(clip("white", 0, 4, transition={"in": name}), fps=24)

    assert box_of(shown(given, 12)) == near(*box)
    assert box_of(shown(given, 24)) == (0, 0, 160, 90)
    assert np.abs(shown(given, 0) - BLACK).max() < 0.03


@pytest.mark.parametrize(
    ("name", "box"),
    [
        ("wipeRight", (80, 0, 160, 90)),
        ("wipeLeft", (0, 0, 80, 90)),
        ("wipeDown", (0, 45, 160, 90)),
        ("wipeUp", (0, 0, 160, 45)),
        ("reveal", (0, 0, 80, 90)),
        ("carouselLeft", (0, 0, 80, 90)),
        ("carouselDown", (0, 45, 160, 90)),
        ("zoom", (40, 22, 120, 68)),
    ],
)
def test_transitions_halfway_out(name: str, box: tuple[int, int, int, int]) -> None:
    given = timeline(clip("white", 0, 4, transition={"out": name}), fps=24)

    assert box_of(shown(given, 84)) == near(*box)
    assert box_of(shown(given, 72)) == (0, 0, 160, 90)


def test_a_wipe_opens_and_a_carousel_brings() -> None:
    wiped = shown(timeline(clip("bars", 0, 4, transition={"in": "wipeRight"}), fps=24), 12)
    brought = shown(timeline(clip("bars", 0, 4, transition={"in": "carouselRight"}), fps=24), 12)

    assert [wiped[45, x].round().tolist() for x in (20, 60)] == [list(RED), list(GREEN)]
    assert [brought[45, x].round().tolist() for x in (20, 60)] == [list(BLUE), list(WHITE)]


def test_a_slide_moves_a_little_while_it_fades() -> None:
    drawn = shown(timeline(clip("white", 0, 4, transition={"in": "slideRight"}), fps=24), 12)

    assert drawn[45, :152, 1] == pytest.approx(0.5, abs=0.03)
    assert drawn[45, 153:, 1] == pytest.approx(0, abs=0.03)


def test_a_shuffle_comes_turned() -> None:
    given = timeline(
        clip("white", 0, 4, width=40, height=30, transition={"in": "shuffleTopRight"}), fps=24
    )

    drawn = shown(given, 18)

    left, top, right, bottom = box_of(drawn)
    assert (left + right) / 2 > 82
    assert (top + bottom) / 2 < 43
    # It is turned: no row of it is as wide as it is.
    assert right - left > 41
    assert np.ptp(np.diff(np.nonzero(drawn[..., 1] > 0.5)[1])) > 0


def test_a_wipe_of_what_is_turned_is_upright() -> None:
    given = timeline(
        clip(
            "white",
            0,
            4,
            width=60,
            height=60,
            transform={"rotate": {"angle": 45}},
            transition={"in": "wipeRight"},
        ),
        fps=24,
    )

    drawn = shown(given, 12)

    assert drawn[..., 1].sum() == pytest.approx(60 * 60 / 2, rel=0.01)
    assert drawn[:, 81:, 1].max() < 0.03


def test_a_cross_fade_of_two_tracks() -> None:
    given = timeline(clip("red", 0, 2, transition={"in": "fade"}), clip("blue", 0, 2))

    assert at(shown(given, 15), 80, 45) == (0.6, 0, 0.4)


# Effects


def test_effects_stay_within_the_element() -> None:
    given = timeline(clip("bars", 0, 1, effect="zoomIn", scale=0.5))

    first, last = shown(given, 0), shown(given, 24)

    for drawn in (first, last):
        assert at(drawn, 37, 45) == BLACK
        assert at(drawn, 42, 45) == RED
        assert at(drawn, 117, 45) == WHITE
    # The border of red and green moves outwards: from 60 to 80 - 20 * 1.192.
    assert box_of(first, GREEN)[0] == pytest.approx(60, abs=1)
    assert box_of(last, GREEN)[0] == pytest.approx(80 - 20 * 1.192, abs=1)


def test_a_slide_pans() -> None:
    given = timeline(clip("bars", 0, 1, effect="slideRight"))

    # 1.2 times as wide: from 32 pixels too far to the left to flush with the left edge.
    for number, left in ((0, 16), (12, 16 + 32 * 12 / 25), (24, 48 - 32 / 25)):
        assert box_of(shown(given, number), GREEN)[:3:2] == pytest.approx((left, left + 48), abs=2)


# Filters, keys and masks


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("boost", 0.5 + 1.2 * (0.7 - 0.5)),
        ("contrast", 0.5 + 1.4 * (0.7 - 0.5)),
        ("darken", 0.45),
        ("greyscale", 0.7),
        ("lighten", 0.9),
        ("muted", 0.5 + 0.85 * (0.7 - 0.5)),
        ("negative", 0.3),
        ("none", 0.7),
    ],
)
def test_filters_change_the_light_of_grey(name: str, expected: float) -> None:
    grey, clear = plain((0.7, 0.7, 0.7)), plain((0.7, 0.7, 0.7, 0.5))

    solid = shown(timeline(clip("it", 0, 1, filter=name)), it=grey)
    half = shown(timeline(clip("it", 0, 1, filter=name)), it=clear)

    assert at(solid, 80, 45) == (expected,) * 3
    assert at(half, 80, 45) == (expected / 2,) * 3


@pytest.mark.parametrize(
    ("name", "saturation"), [("boost", 1.5), ("greyscale", 0), ("muted", 0.6), ("darken", 1)]
)
def test_filters_change_how_colourful_it_is(name: str, saturation: float) -> None:
    drawn = shown(timeline(clip("it", 0, 1, filter=name)), it=plain((0.5, 0.4, 0.45)))

    assert np.ptp(drawn[45, 80]) == pytest.approx(0.1 * saturation, abs=0.02)


def test_a_negative_turns_colours_round() -> None:
    drawn = shown(timeline(clip("bars", 0, 1, filter="negative")))

    turned = [[1 - part for part in colour] for colour in (RED, GREEN, BLUE, WHITE)]
    assert [drawn[45, x].round().tolist() for x in (20, 60, 100, 140)] == turned


@pytest.mark.parametrize("size", [(160, 90), (640, 360)])
def test_a_blur_is_as_soft_as_the_frame_is_high(size: tuple[int, int]) -> None:
    half = np.concatenate([plain(BLACK, (160, 180)), plain(WHITE, (160, 180))], axis=1)
    given = timeline(clip("half", 0, 1, filter="blur"), size=size)

    drawn = shown(given, half=half)

    # The steepness of a blurred edge tells the deviation.
    steepest = np.diff(drawn[size[1] // 2, :, 1]).max()
    assert 1 / (steepest * np.sqrt(2 * np.pi)) == pytest.approx(size[1] / 90, rel=0.15)
    assert at(drawn, 3, 3) == BLACK


def test_a_key_clears_its_colour_and_nothing_else() -> None:
    key = {"color": "#00ff00", "threshold": 100, "halo": 50}
    asset = {"type": "video", "src": "film", "chromaKey": key}
    given = timeline({"asset": asset, "start": 0, "length": 1}, clip("grey", 0, 1))

    drawn = shown(given, film=[BARS])

    assert at(drawn, 20, 45) == RED
    assert at(drawn, 60, 45) == GREY
    assert at(drawn, 100, 45) == BLUE
    assert at(drawn, 140, 45) == WHITE


def test_a_halo_clears_by_degrees() -> None:
    asset = {
        "type": "video",
        "src": "film",
        "chromaKey": {"color": "#000000", "threshold": 50, "halo": 200},
    }
    # 150 away from black: half of the halo.
    grey = plain((150 / 255 / np.sqrt(3),) * 3)

    drawn = shown(timeline({"asset": asset, "start": 0, "length": 1}), film=[grey])

    assert at(drawn, 80, 45) == (150 / 255 / np.sqrt(3) / 2,) * 3


def test_a_luma_clip_masks_its_neighbour() -> None:
    ramp = np.linspace(0, 1, 160)[None, :, None].repeat(90, axis=0).repeat(3, axis=2)
    mask = {"asset": {"type": "luma", "src": "ramp"}, "start": 0, "length": 1}
    given = timeline([mask, clip("red", 0, 1)], clip("blue", 0, 1))

    drawn = shown(given, ramp=ramp)

    assert drawn[45, :, 0] == pytest.approx(np.linspace(0, 1, 160), abs=0.03)
    assert drawn[45, :, 2] == pytest.approx(1 - np.linspace(0, 1, 160), abs=0.03)


def test_a_masked_clip_may_be_turned_clear_and_fading() -> None:
    half = np.concatenate([plain(BLACK, (80, 90)), plain(WHITE, (80, 90))], axis=1)
    mask = {"asset": {"type": "luma", "src": "half"}, "start": 0, "length": 1}
    seen = clip("clear red", 0, 1, opacity=0.5, transform={"rotate": {"angle": 10}})

    drawn = shown(timeline([mask, seen]), half=half)

    assert at(drawn, 120, 45) == (0.25, 0, 0)
    assert at(drawn, 40, 45) == BLACK


# Every name that a timeline may use


@pytest.mark.parametrize("name", names.TRANSITIONS)
def test_every_transition_brings_a_clip_and_takes_it_away(name: str) -> None:
    moves = {"in": name, "out": name}
    given = timeline(clip("white", 0, 6, transition=moves, scale=0.5), size=(64, 36), fps=10)

    drawn = [to_rgb(frame) for frame in frames(given, PICTURES)]

    light = np.array([frame[..., 1].sum() for frame in drawn])
    assert light[25:35] == pytest.approx(32 * 18, rel=0.02)
    if name != "none":
        assert light[0] < 32
        assert light[0] < light[3]
        assert light[-1] < light[-4] + 1e-6
        assert light[-1] < 32 * 18 * 0.6


@pytest.mark.parametrize("name", names.EFFECTS)
def test_every_effect_moves_the_picture(name: str) -> None:
    drawn = frames(timeline(clip("bars", 0, 1, effect=name)), PICTURES)

    moved = float(np.abs(drawn[0].y.astype(float) - drawn[-1].y).mean())
    is_sideways = not name.endswith(("Up", "Down", "UpSlow", "UpFast", "DownSlow", "DownFast"))
    assert (moved > 1) == (name != "none" and is_sideways)
    assert len({id(frame) for frame in drawn}) == (1 if name == "none" else 25)


@pytest.mark.parametrize("name", names.FILTERS)
def test_every_filter_changes_the_picture(name: str) -> None:
    it = photograph((160, 90), 5)

    drawn = shown(timeline(clip("it", 0, 1, filter=name)), it=it)

    assert (np.abs(drawn - it).mean() > 0.008) == (name != "none")


@pytest.mark.parametrize("name", names.POSITIONS)
@pytest.mark.parametrize("fit", names.FITS)
def test_every_fit_goes_with_every_position(name: str, fit: str) -> None:
    given = timeline(clip("square", 0, 1, fit=fit, position=name, scale=0.5))

    drawn = shown(given, square=plain(WHITE, (60, 60)))

    width, height = {"contain": (45, 45), "none": (30, 30)}.get(fit, (80, 45))
    x, y = names.POSITIONS[name]
    left, top = (160 - width) * (1 + x) / 2, (90 - height) * (1 + y) / 2
    assert box_of(drawn) == near(left, top, left + width, top + height)


# What is drawn is drawn well


def test_a_still_picture_is_drawn_pixel_by_pixel() -> None:
    picture = photograph((160, 90), 7)

    (frame,) = set(frames(timeline(clip("it", 0, 1)), {"it": picture}))

    assert same(frame, to_planes(picture))


@pytest.mark.parametrize("move", [{}, {"transition": {"in": "slideUp"}}])
def test_words_lie_on_whole_pixels(move: dict[str, Any]) -> None:
    letters = np.dstack((photograph((41, 23), 1), photograph((41, 23), 2)[..., :1].round()))
    asset = {"type": "text", "text": "letters", "width": 41, "height": 23}
    placed = {"offset": {"x": 0.0123, "y": 0.0321}, "position": "left", **move}
    given = timeline({"asset": asset, "start": 0, "length": 4, **placed}, background="#000")

    frame = frames(given, {"letters": letters}, 60, 61)[0]

    # From 1.97 and 30.6.
    expected = to_planes(letters)
    assert expected.a is not None
    over_black = expected.y + (255.0 - expected.a) * 16 / 255
    assert np.abs(frame.y[31:54, 2:43] - over_black).max() <= 1


def test_colour_lies_where_light_does() -> None:
    """A border of two colours is at one place in the light and in the colour of a moved clip."""
    edge = np.concatenate(
        [plain((0.9, 0.1, 0.1), (80, 90)), plain((0.1, 0.3, 0.9), (80, 90))], axis=1
    )
    for across in (0.0, 1.0, 2.5, 3.0):
        drawn = frames(
            timeline(clip("edge", 0, 1, offset={"x": across / 160}), fps=25), {"edge": edge}
        )[0]

        light = border(drawn.y[45].astype(float))
        # Of two columns, the left one has the colour.
        colour = 2 * border(drawn.u[22].astype(float))
        assert light == pytest.approx(79.5 + across, abs=0.1)
        assert colour == pytest.approx(79.5 + across, abs=0.15)


def border(row: np.ndarray) -> float:
    """Where a row goes from its level at a quarter to that at three quarters, by its middle."""
    near, far = row[len(row) // 4], row[3 * len(row) // 4]
    share = (row[len(row) // 4 : 3 * len(row) // 4] - far) / (near - far)
    return len(row) // 4 + float(share.sum()) - 0.5


def same(one: Planes, other: Planes) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("y", "u", "v"))
