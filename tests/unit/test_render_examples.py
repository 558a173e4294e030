"""Whole timelines, read as the API reads them, and what is planned and drawn of them."""

# Exact times, which are fractions, are compared with whole numbers.
# mypy: disable-error-code="comparison-overlap"

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from shared.timelines.schema import SCHEMAS
from tests.support.pictures import Pictures, frames, photograph, plain, to_rgb
from workers.providers.render.meaning.semantics import pose
from workers.providers.render.parts import Facts
from workers.providers.render.planning import plan
from workers.providers.render.planning.plan import Plan

MEDIA = "https://media.example.org/"
IMAGE = Facts(kind="image", content_type="image/jpeg", size=(3000, 2000))
MUSIC = Facts(kind="audio", content_type="audio/mpeg", duration=Fraction("7.25"), has_audio=True)
VIDEO = Facts(
    kind="video",
    content_type="video/mp4",
    size=(1920, 1080),
    duration=Fraction(40),
    frame_rate=Fraction(30),
    has_audio=True,
)
KINDS = {"jpg": IMAGE, "png": IMAGE, "mp3": MUSIC, "mp4": VIDEO}


def read(document: dict[str, Any], operation: str = "timeline") -> Plan:
    given = SCHEMAS[operation]().load(document)
    needed = plan.sources_needed(given)
    return plan.make(
        given, {at: KINDS[src[-3:]] for at, src in needed.items() if src[-3:] in KINDS}
    )


def title(text: str, start: float, length: float, **fields: Any) -> dict[str, Any]:
    asset = {"type": "title", "text": text, "style": "minimal", "size": "large"}
    return {"asset": asset, "start": start, "length": length, **fields}


def image(name: str, **fields: Any) -> dict[str, Any]:
    return {"asset": {"type": "image", "src": f"{MEDIA}{name}.jpg"}, **fields}


def test_three_layers_with_a_picture_in_a_picture() -> None:
    # The contract's example 6.2, in our words.
    small = {"type": "video", "src": f"{MEDIA}guide.mp4", "trim": 1.5, "volume": 0.9}
    made = read(
        {
            "timeline": {
                "background": "#10202b",
                "soundtrack": {"src": f"{MEDIA}slow.mp3", "effect": "fadeOut", "volume": 0.25},
                "tracks": [
                    {
                        "clips": [
                            title("One", 0.5, 4, transition={"in": "fade", "out": "slideUp"}),
                            title("Two", 9, 3, transition={"in": "wipeRight", "out": "fade"}),
                        ]
                    },
                    {
                        "clips": [
                            {
                                "asset": small,
                                "start": 2,
                                "length": 9,
                                "scale": 0.25,
                                "position": {"x": 0.8, "y": 0.8},
                                "opacity": 0.95,
                            }
                        ]
                    },
                    {
                        "clips": [
                            image("east", start=0, length=6, effect="zoomIn"),
                            image("west", start=6, length=6, transition={"in": "carouselLeft"}),
                        ]
                    },
                ],
            },
            "output": {"format": "mp4", "resolution": "1080", "fps": 30},
        }
    )

    assert (made.size, made.rate, made.frames, made.length) == ((1920, 1080), 30, 360, 12)
    assert (made.warnings, made.copy) == ((), ())
    guide = next(shot for shot in made.shots if shot.kind == "video")
    here = pose(guide, 1.0, made.size)
    area = here.affine.bounds(here.cut)
    assert (area.left, area.top, area.width, area.height) == pytest.approx((1296, 729, 480, 270))
    assert guide.size == (480, 270)
    west = next(shot for shot in made.shots if shot.path.endswith("tracks[2].clips[1]"))
    lefts = [pose(west, at, made.size).affine.c for at in (0, 0.5, 1)]
    assert lefts == pytest.approx([1920, 960, 0])
    assert [(one.start, one.length) for one in made.sounds] == [(2, 9), (0, Fraction("7.25"))]


def test_merge_fields_smart_times_aliases_and_tweens() -> None:
    # The contract's example 6.5, without what is refused.
    fading = {"from": 0, "to": 1, "start": 0, "length": 1}
    tram = {"type": "video", "src": f"{MEDIA}tram.mp4", "trim": 2, "volume": 0.1, "speed": 0.5}
    river = {"type": "video", "src": f"{MEDIA}river.mp4", "volumeEffect": "fadeOut", "trim": 36}
    voice = {"type": "audio", "src": f"{MEDIA}narration.mp3", "effect": "fadeIn"}
    document = {
        "merge": [{"find": "CITY", "replace": "Porto"}, {"find": "HOLD", "replace": 3.5}],
        "timeline": {
            "fonts": [{"src": f"{MEDIA}Lora-Regular.ttf"}],
            "tracks": [
                {"clips": [title("{{ CITY }}", 0.5, 1) | {"length": "{{HOLD}}"}]},
                {
                    "clips": [
                        image(
                            "badge",
                            start=0,
                            length="end",
                            fit="none",
                            scale=0.2,
                            position="topRight",
                            offset={"x": -0.03, "y": -0.04},
                            opacity=[
                                {**fading, "interpolation": "bezier", "easing": "easeOutCubic"}
                            ],
                            transform={"rotate": {"angle": 8}},
                        )
                    ]
                },
                {"clips": [{"alias": "voice", "asset": voice, "start": 0, "length": "auto"}]},
                {
                    "clips": [
                        {
                            "asset": {**tram, "crop": {"top": 0.1, "bottom": 0.1}},
                            "start": "auto",
                            "length": 6,
                            "filter": "boost",
                            "transition": {"out": "carouselLeft"},
                        },
                        {
                            "asset": river,
                            "start": "auto",
                            "length": "auto",
                            "effect": "slideRightSlow",
                            "transition": {"in": "shuffleTopRight"},
                        },
                    ]
                },
                {"clips": [title("Under it", 0, 1) | {"length": "alias://voice"}]},
            ],
        },
        "output": {"format": "mp4", "size": {"width": 1080, "height": 1350}, "quality": "high"},
    }

    made = read(document)

    times = {shot.path[9:]: (float(shot.start), float(shot.length)) for shot in made.shots}
    assert times == {
        "tracks[0].clips[0]": (0.5, 3.5),
        "tracks[1].clips[0]": (0, 10),
        "tracks[3].clips[0]": (0, 6),
        "tracks[3].clips[1]": (6, 4),
        "tracks[4].clips[0]": (0, 7.25),
    }
    assert (made.size, made.frames, made.target.crf) == ((1080, 1350), 250, 20)
    badge = made.shots[-2]
    assert badge.size == (600, 400)
    assert pose(badge, 0.5, made.size).opacity == pytest.approx(1 - 0.5**3)
    assert [(one.start, one.trim, one.speed) for one in made.sounds] == [
        (0, 0, 1),
        (0, 2, Fraction(1, 2)),
        (6, 36, 1),
    ]


def test_one_frame_of_a_text_over_nothing() -> None:
    # The contract's example 6.6.
    text = {"type": "text", "text": "Open", "width": 600, "height": 200}
    clip = {"asset": text, "start": 0, "length": 2, "position": "bottom", "offset": {"y": 0.08}}
    output = {
        "format": "png",
        "resolution": "sd",
        "aspectRatio": "1:1",
        "range": {"start": 1, "length": 0},
    }

    made = read({"timeline": {"tracks": [{"clips": [clip]}]}, "output": output})

    assert (made.frames, made.begin, made.size) == (1, 1, (576, 576))
    area = pose(made.shots[0], 1, made.size).affine.bounds(made.shots[0].layout.crop)
    assert (area.left, area.right) == (-12, 588)
    assert area.bottom == pytest.approx(576 * 0.92, abs=0.5)


def test_everything_that_may_be_tweened_is_seen_to_change() -> None:
    def tween(first: float, last: float) -> list[dict[str, float]]:
        return [{"from": first, "to": last, "start": 0.2, "length": 0.6}]

    seen: dict[str, dict[str, Any]] = {
        "opacity": {"opacity": tween(0.2, 1)},
        "scale": {"scale": tween(0.2, 0.6)},
        "offset": {"offset": {"x": tween(-0.3, 0.3), "y": tween(0, 0.2)}},
        "angle": {"transform": {"rotate": {"angle": tween(0, 90)}}},
        "skew": {"transform": {"skew": {"x": tween(0, 1)}}},
    }
    wide = np.concatenate([plain((1, 1, 1), (120, 40)), plain((0, 0.6, 0), (120, 20))])
    for name, fields in seen.items():
        clip = {
            "asset": {"type": "image", "src": f"{MEDIA}it.png"},
            "start": 0,
            "length": 1,
            "fit": "none",
            "scale": 0.5,
            **fields,
        }
        output = {"format": "mp4", "size": {"width": 160, "height": 90}, "fps": 10}
        document = {"timeline": {"tracks": [{"clips": [clip]}]}, "output": output}
        given = SCHEMAS["timeline"]().load(document)

        drawn = frames(given, Pictures({f"{MEDIA}it.png": wide}))

        # Held before and after; moving in between.
        assert [drawn[n] is drawn[n - 1] for n in range(1, 10)] == [
            *(True, True),
            *(False,) * 6,
            True,
        ], name


def test_a_stitch_is_drawn_as_its_clips_follow() -> None:
    pictures = {f"{MEDIA}{n}.jpg": photograph((160, 90), n) for n in range(3)}
    clips = [{"src": src, "length": 0.2} for src in pictures]
    output = {"size": {"width": 160, "height": 90}, "fps": 25}
    given = SCHEMAS["stitch"]().load({"clips": clips, "output": output})

    drawn = frames(given, pictures)

    assert [drawn[n] is drawn[n - 1] for n in range(1, 15)] == [n % 5 != 0 for n in range(1, 15)]
    for n, picture in enumerate(pictures.values()):
        assert np.abs(to_rgb(drawn[5 * n]) - picture).mean() < 0.01
