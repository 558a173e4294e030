"""How near the renderer's frames come to a slow, exact one's."""

import random
from typing import Any

import cv2
import numpy as np
import pytest

from tests.support import reference
from tests.support.pictures import (
    Pictures,
    clip,
    frames,
    light,
    made,
    photograph,
    timeline,
    to_rgb,
)

SIZE = (320, 180)
PICTURES = {
    "wide": photograph((480, 320), 1),
    "odd": photograph((401, 333), 2),
    "tall": photograph((260, 470), 3),
    "logo": np.dstack(
        (
            photograph((120, 90), 4),
            np.clip(1.4 - np.hypot(*np.mgrid[-1.2:1.2:90j, -1.2:1.2:120j]), 0, 1),
        )
    ),
}
TIMELINES: dict[str, dict[str, Any]] = {
    "two zooms and a cross-fade": timeline(
        clip("odd", 1, 2, effect="zoomOut", transition={"in": "fade"}),
        clip("wide", 0, 2, effect="zoomIn"),
        size=SIZE,
    ),
    "slides and wipes": timeline(
        [
            clip("wide", 0, 1.5, transition={"out": "slideLeft"}),
            clip("odd", 1.5, 1.5, transition={"in": "wipeDown"}),
        ],
        clip("tall", 0, 3, transition={"in": "wipeRight"}),
        size=SIZE,
    ),
    "carousels": timeline(
        [
            clip("odd", 0.5, 1.5, transition={"in": "carouselLeft"}),
            clip("wide", 2, 1, transition={"in": "carouselDown"}),
        ],
        clip("tall", 0, 3),
        size=SIZE,
    ),
    "a clear logo, turned and moved": timeline(
        clip(
            "logo",
            0.5,
            2,
            fit="none",
            scale=0.7,
            position="topRight",
            offset={"x": -0.053, "y": -0.071},
            opacity=0.8,
            transform={"rotate": {"angle": 17}},
        ),
        clip("wide", 0, 3, effect="slideLeftSlow"),
        size=SIZE,
    ),
    "small ones beside each other": timeline(
        clip("tall", 0, 3, fit="contain", position="left", offset={"x": 0.0333}),
        clip("odd", 0, 3, scale=0.4137, position="bottomRight", effect="zoomInFast"),
        clip("wide", 0, 3, fit="stretch", opacity=0.5),
        size=SIZE,
    ),
    "one that grows and one that shrinks": timeline(
        clip("odd", 0, 2, transition={"in": "zoom"}),
        clip("wide", 0, 3, transition={"out": "zoom"}, scale=0.8),
        size=SIZE,
    ),
}


@pytest.mark.parametrize("name", TIMELINES)
def test_frames_are_like_those_of_an_exact_renderer(name: str) -> None:
    given = TIMELINES[name]

    drawn = frames(given, PICTURES)

    for number in range(3, len(drawn), 9):
        exact = reference.frame(given, PICTURES, number / 25)
        assert likeness(light(to_rgb(drawn[number])), light(exact)) >= 0.99, number
        colour = np.abs(to_rgb(drawn[number]) - exact).mean()
        assert colour < 0.01, number


@pytest.mark.parametrize("seed", range(20))
def test_any_timeline_is_drawn_like_by_an_exact_renderer(seed: int) -> None:
    chance = random.Random(seed)
    given = timeline(*(any_clip(chance) for _ in range(chance.randint(1, 3))), size=SIZE)
    number = chance.randrange(2, 50)

    drawn = to_rgb(frames(given, PICTURES, number, number + 1)[0])

    exact = reference.frame(given, PICTURES, number / 25)
    assert likeness(light(drawn), light(exact)) >= 0.99


@pytest.mark.parametrize("seed", range(100, 115))
def test_spans_keep_their_word(seed: int) -> None:
    chance = random.Random(seed)
    given = timeline(*(any_clip(chance) for _ in range(3)), size=(64, 36))
    door = Pictures(PICTURES)
    made_of, spans = made(given, door).shots, made(given, door).spans

    drawn = frames(given, door)

    assert [span.first for span in spans] == [0, *(span.stop for span in spans[:-1])]
    assert spans[-1].stop == len(drawn)
    for span in spans:
        if span.is_static:
            assert len({id(frame) for frame in drawn[span.first : span.stop]}) == 1
    listed = {made_of[at].path for span in spans for at in span.shots}
    assert set(door.opened) <= listed


def any_clip(chance: random.Random) -> dict[str, Any]:
    still = ["fade", "zoom", "slideLeft", "slideUp"]
    moving = [*still, "wipeUp", "wipeLeft", "carouselRight", "carouselDown"]
    turn = chance.choice([0, 0, 90, 180, 33, -120])
    # The reference wipes and carries what is not turned.
    names = still if turn else moving
    fields: dict[str, Any] = {
        "fit": chance.choice(["crop", "contain", "stretch", "none"]),
        "scale": chance.choice([0.1, 0.25, 0.77, 1, 1, 1.9]),
        "position": chance.choice(["center", "topLeft", "bottomRight", "top", "right"]),
        "offset": {"x": chance.choice([0, 0.0137, 0.3]), "y": chance.choice([0, -0.11])},
        "opacity": chance.choice([1, 1, 0.6]),
        "transition": {"in": chance.choice(names), "out": chance.choice(names)},
        "transform": {"rotate": {"angle": turn}},
    }
    if chance.random() < 0.5:
        fields["effect"] = chance.choice(["zoomIn", "zoomOutFast", "slideUp", "slideLeftSlow"])
    source = chance.choice(list(PICTURES))
    return clip(source, chance.choice([0, 0.3]), chance.choice([2.2, 3]), **fields)


def test_a_zoom_moves_smoothly() -> None:
    y, x = np.mgrid[0:800, 0:1200]
    disc = np.clip(40.5 - np.hypot(x - 899.5, y - 399.5), 0, 1)[..., None].repeat(3, axis=2)
    given = timeline(clip("disc", 0, 4, effect="zoomIn"), size=(480, 270))

    drawn = frames(given, {"disc": disc})

    found = np.array([centroid(frame.y) for frame in drawn])
    # At three quarters of the width, in the middle of the height: by 1 to 1.2 away from there.
    zoom = 1 + 0.2 * np.arange(100) / 100
    errors = found - np.column_stack((240 + 120 * zoom, np.full(100, 135.0)))
    assert np.sqrt((errors**2).sum(axis=1).mean()) <= 0.05
    assert np.abs(np.diff(errors, axis=0)).max() <= 0.05


def centroid(plane: np.ndarray) -> tuple[float, float]:
    """The middle of what is bright, in pixels from the frame's corner."""
    weight = np.clip(plane.astype(float) - 16, 0, None)
    rows, columns = np.mgrid[0 : plane.shape[0], 0 : plane.shape[1]] + 0.5
    return (weight * columns).sum() / weight.sum(), (weight * rows).sum() / weight.sum()


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """The structural similarity (SSIM) of two pictures of 0 to 255."""

    def mean(of: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.GaussianBlur(of, (11, 11), 1.5))

    here, there = mean(one), mean(other)
    first, second = mean(one**2) - here**2, mean(other**2) - there**2
    both = mean(one * other) - here * there
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(
        (
            ((2 * here * there + c1) * (2 * both + c2))
            / ((here**2 + there**2 + c1) * (first + second + c2))
        ).mean()
    )
