"""What a plan makes of an input: times, frames, sizes, sounds, and what is wrong with it."""

# Exact times, which are fractions, are compared with whole numbers.
# mypy: disable-error-code="comparison-overlap"

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from shared.errors import InputUnusable
from workers.providers.render.parts import Facts
from workers.providers.render.planning import plan
from workers.providers.render.planning.plan import Plan

IMAGE = Facts(kind="image", content_type="image/jpeg", size=(3000, 2000), coded=(3000, 2000))
MUSIC = Facts(kind="audio", content_type="audio/mpeg", duration=Fraction(4), has_audio=True)
VIDEO = Facts(
    kind="video",
    content_type="video/mp4",
    size=(1280, 720),
    coded=(1280, 720),
    duration=Fraction(10),
    frame_rate=Fraction(25),
    has_audio=True,
    codec="h264",
    format="yuv420p",
    sound_codec="aac",
)
GIF = Facts(kind="animation", content_type="image/gif", size=(64, 48), duration=Fraction(1, 2))
FILES = {"image": IMAGE, "music": MUSIC, "video": VIDEO, "gif": GIF}


def image(start: Any = 0, length: Any = 2, src: str = "image", **fields: Any) -> dict[str, Any]:
    return {"asset": {"type": "image", "src": src}, "start": start, "length": length, **fields}


def video(start: Any = 0, length: Any = "auto", **fields: Any) -> dict[str, Any]:
    asset = {"type": "video", "src": "video", **fields.pop("asset", {})}
    return {"asset": asset, "start": start, "length": length, **fields}


def audio(start: Any = 0, length: Any = "auto", **asset: Any) -> dict[str, Any]:
    asset = {"type": "audio", "src": "music", **asset}
    return {"asset": asset, "start": start, "length": length}


def title(start: Any = 0, length: Any = "auto", **fields: Any) -> dict[str, Any]:
    return {"asset": {"type": "title", "text": "Hello"}, "start": start, "length": length, **fields}


def made(*tracks: list[dict[str, Any]], soundtrack: Any = None, **output: Any) -> Plan:
    timeline: dict[str, Any] = {"tracks": [{"clips": clips} for clips in tracks]}
    if soundtrack:
        timeline["soundtrack"] = soundtrack
    shape = {} if "size" in output else {"resolution": "hd"}
    return planned({"timeline": timeline, "output": {"format": "mp4", **shape, **output}})


def planned(given: dict[str, Any], **changed: Facts) -> Plan:
    files = FILES | changed
    needed = plan.sources_needed(given)
    return plan.make(given, {path: files[src] for path, src in needed.items() if src in files})


def times(of: Plan) -> dict[str, tuple[float, float]]:
    return {shot.path[9:]: (float(shot.start), float(shot.length)) for shot in of.shots}


# Times


def test_what_starts_by_itself_follows_the_clip_before() -> None:
    # The contract's case 6.7, 5.
    chain = made([image("auto", 2.5), image("auto", "auto"), video("auto"), title("auto")])

    assert times(chain) == {
        "tracks[0].clips[0]": (0, 2.5),
        "tracks[0].clips[1]": (2.5, 3),
        "tracks[0].clips[2]": (5.5, 10),
        "tracks[0].clips[3]": (15.5, 3),
    }
    assert chain.length == Fraction(37, 2)


def test_a_video_by_itself_lasts_what_trim_and_speed_leave_of_it() -> None:
    assert made([video(asset={"trim": 4, "speed": 0.5})]).length == 12


def test_the_end_is_that_of_all_other_clips() -> None:
    # The contract's case 6.7, 6: short music under a long picture is followed by silence.
    under = made([audio(1, "end")], [image(0, 7.5)])

    assert under.length == Fraction(15, 2)
    assert [(one.start, one.length) for one in under.sounds] == [(1, 4)]
    assert under.samples == 360_000


def test_an_alias_lends_its_start_and_its_length() -> None:
    both = made(
        [image("alias://voice", "alias://voice")],
        [{**audio(1.5, "auto", trim=1), "alias": "voice"}],
    )

    assert times(both) == {"tracks[0].clips[0]": (1.5, 3)}


@pytest.mark.parametrize(
    ("clips", "place"),
    [
        ([image("alias://who", 1)], "timeline.tracks[0].clips[0].start"),
        ([image(0, 1), image(3, "end")], "timeline.tracks[0].clips[1].length"),
        (
            [image("alias://b", 1, alias="a"), image("alias://a", 1, alias="b")],
            "timeline.tracks[0].clips[0].start",
        ),
        ([image(0, "end"), image("auto", 1)], "timeline.tracks[0].clips[0].length"),
        ([video(asset={"trim": 10})], "timeline.tracks[0].clips[0].length"),
        ([video(0, 2, asset={"trim": 12})], "timeline.tracks[0].clips[0].asset.trim"),
        ([image(), audio(0, 2, trim=4)], "timeline.tracks[0].clips[1].asset.trim"),
        ([video(asset={"src": "image"})], "timeline.tracks[0].clips[0].asset.src"),
        ([image(src="music")], "timeline.tracks[0].clips[0].asset.src"),
        ([image(src="nowhere")], "timeline.tracks[0].clips[0].asset.src"),
        ([image(), audio(src="image")], "timeline.tracks[0].clips[1].asset.src"),
    ],
)
def test_what_cannot_be_names_its_place(clips: list[dict[str, Any]], place: str) -> None:
    with pytest.raises(InputUnusable, match=r"^`") as fault:
        made(clips)

    assert fault.value.message.startswith(f"`{place}`")


# Frames


@pytest.mark.parametrize("fps", [12, 15, 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60])
@pytest.mark.parametrize(("start", "length"), [(0, 1), (0.05, 0.1), (1.3, 2.7), (0.333, 1.111)])
def test_a_clip_shows_on_the_frames_of_its_time_and_no_others(
    fps: float, start: float, length: float
) -> None:
    exact = made([image(start, length)], fps=fps)

    shot, end = exact.shots[0], Fraction(str(start)) + Fraction(str(length))
    assert exact.frames == math.ceil(end * exact.rate)
    showing = [n for n in range(exact.frames) if shot.start <= n / exact.rate < end]
    assert list(range(shot.first, shot.stop)) == showing
    assert abs(exact.rate - Fraction(str(fps))) < Fraction(1, 1000)


def test_a_clip_between_two_frames_shows_on_none() -> None:
    assert [shot.path for shot in made([image(0.01, 0.02), image(1, 1)]).shots] == [
        "timeline.tracks[0].clips[1]"
    ]


def test_a_range_is_counted_from_its_own_start() -> None:
    part = made([image(0, 2), video(2, 3)], range={"start": 1.5, "length": 2})

    assert (part.begin, part.length, part.frames) == (Fraction(3, 2), 2, 50)
    assert [(shot.first, shot.stop) for shot in part.shots] == [(0, 13), (13, 50)]
    assert part.time(13) == Fraction(3, 2) + Fraction(13, 25)
    assert [(one.start, one.length, one.trim) for one in part.sounds] == [
        (Fraction(1, 2), Fraction(3, 2), 0)
    ]


def test_a_range_that_begins_amid_a_sound_goes_on_with_it() -> None:
    part = made([video(0, 5, asset={"volumeEffect": "fadeIn", "speed": 2})], range={"start": 1})

    (sound,) = part.sounds
    assert (sound.start, sound.trim, sound.length) == (0, 2, 4)
    assert sound.gain.levels(np.array([0.0, 1.0, 3.0])) == pytest.approx([0.5, 1, 1])


def test_a_range_after_the_end_and_one_of_nothing_are_faults() -> None:
    for wrong in ({"start": 2}, {"start": 0, "length": 0}):
        with pytest.raises(InputUnusable, match=r"output\.range"):
            made([image(0, 2)], range=wrong)


def test_a_picture_is_one_frame() -> None:
    still = made([image(0, 2), video(2, 2)], format="png", range={"start": 2.5, "length": 0})

    assert (still.frames, still.begin) == (1, Fraction(5, 2))
    assert [shot.path for shot in still.shots] == ["timeline.tracks[0].clips[1]"]
    assert made([image(0, 2)], format="jpg").frames == 1


# Outputs


@pytest.mark.parametrize(
    ("output", "size", "rate"),
    [
        ({"resolution": "preview"}, (512, 288), 15),
        ({"resolution": "preview", "fps": 30}, (512, 288), 30),
        ({"resolution": "mobile"}, (640, 360), 25),
        ({"resolution": "sd"}, (1024, 576), 25),
        ({"resolution": "hd", "aspectRatio": "9:16"}, (720, 1280), 25),
        ({"resolution": "1080", "aspectRatio": "1:1"}, (1080, 1080), 25),
        ({"resolution": "sd", "aspectRatio": "4:5"}, (576, 720), 25),
        ({"resolution": "4k"}, (3840, 2160), 25),
        ({"resolution": "hd", "aspectRatio": "4:3"}, (960, 720), 25),
        ({"size": {"width": 1080, "height": 1350}, "fps": 24}, (1080, 1350), 24),
    ],
)
def test_outputs_by_their_names(output: dict[str, Any], size: tuple[int, int], rate: int) -> None:
    asked = made([image()], **output)

    assert (asked.size, asked.rate) == (size, rate)
    assert asked.target.size == size


def test_what_is_written_about_the_file() -> None:
    target = made(
        [image()],
        quality="veryhigh",
        scaleTo="preview",
        repeat=False,
        poster={"capture": 1},
        thumbnail={"capture": 99, "scale": 0.25},
    ).target

    assert (target.crf, target.jpeg, target.size, target.repeat) == (17, 95, (512, 288), False)
    assert target.poster is not None
    assert target.thumbnail is not None
    assert (target.poster.frame, target.poster.size) == (25, (512, 288))
    assert (target.thumbnail.frame, target.thumbnail.size) == (49, (128, 72))


def test_sound_alone_has_no_frames_and_pictures_alone_no_sound() -> None:
    assert made([video()], format="mp3").frames == 0
    assert made([video()], format="mp3").samples == 480_000
    assert made([video()], format="gif").sounds == ()
    assert made([video()], mute=True).sounds == ()


# Layers


def test_the_first_track_lies_on_top_and_the_later_clip_on_the_earlier() -> None:
    layers = made([image(0, 1)], [image(1, 3), image(0, 2)])

    assert [shot.path[9:] for shot in layers.shots] == [
        "tracks[1].clips[1]",
        "tracks[1].clips[0]",
        "tracks[0].clips[0]",
    ]
    assert len(layers.warnings) == 1
    assert (
        "`timeline.tracks[1].clips[0]` overlaps `timeline.tracks[1].clips[1]`"
        in (layers.warnings[0])
    )


def test_a_video_shorter_than_its_clip_is_warned_of() -> None:
    (warning,) = made([video(0, 12, asset={"trim": 1})]).warnings

    assert "`timeline.tracks[0].clips[0]`" in warning
    assert "9 s" in warning


def test_volumes_are_held_within_bounds() -> None:
    loud = made([video(asset={"volume": 1.7})])

    assert "asset.volume" in loud.warnings[0]
    assert loud.sounds[0].gain.levels(np.array([1.0])) == pytest.approx([1.0])


def test_a_luma_clip_masks_what_has_its_times() -> None:
    mask = {"asset": {"type": "luma", "src": "image"}, "start": 1, "length": 2}
    both = made([mask, image(1, 2), image(3, 2)])

    assert [shot.mask is not None for shot in both.shots] == [True, False]
    assert not both.shots[0].solid
    idle = made([mask, image(0, 2)])
    assert idle.shots[0].mask is None
    assert any("masks nothing" in warning for warning in idle.warnings)


def test_spans_say_what_shows_and_what_stands_still() -> None:
    spans = made(
        [title(1, 2, transition={"in": "fade"})],
        [image(2, 3, effect="zoomIn")],
        [image(0, 4)],
    ).spans

    assert [(one.first, one.stop, one.shots, one.is_static) for one in spans] == [
        (0, 25, (0,), True),
        (25, 50, (0, 2), False),
        (50, 75, (1, 2), False),
        (75, 100, (1,), False),
        (100, 125, (1,), False),
    ]
    assert all(one.cost > 0 for one in spans)
    assert spans[0].cost < spans[1].cost


# Sizes


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({}, (1280, 853)),
        ({"effect": "zoomIn"}, (1536, 1024)),
        ({"scale": 0.25}, (320, 213)),
        ({"fit": "contain"}, (1080, 720)),
        ({"fit": "stretch"}, (1280, 720)),
        ({"fit": "none"}, (3000, 2000)),
        ({"scale": [{"from": 0.1, "to": 0.5, "start": 0, "length": 1}]}, (640, 427)),
        ({"transition": {"in": "zoom", "out": "shuffleTopLeft"}}, (1280, 854)),
        ({"effect": "zoomOut", "scale": 4}, (3000, 2000)),
        ({"transform": {"rotate": {"angle": 30}}}, (1280, 853)),
    ],
)
def test_pictures_are_prepared_as_large_as_they_are_seen(
    fields: dict[str, Any], size: tuple[int, int]
) -> None:
    assert made([image(**fields)]).shots[0].size == size


def test_a_small_picture_that_moves_is_not_made_larger() -> None:
    small = Facts(kind="image", content_type="image/png", size=(100, 80))
    given = {"timeline": {"tracks": [{"clips": [image(effect="zoomIn")]}]}, "output": {}}

    assert planned(given, image=small).shots[0].size == (100, 80)


def test_a_video_that_stands_still_lies_on_the_pixels_of_the_frame() -> None:
    odd = Facts(kind="video", content_type="video/mp4", size=(1001, 777), duration=Fraction(9))
    given = {"timeline": {"tracks": [{"clips": [video()]}]}, "output": {"resolution": "hd"}}

    shot = planned(given, video=odd).shots[0]

    assert (shot.layout.picture.left % 2, shot.layout.picture.top % 2) == (0, 0)
    assert shot.size == (shot.layout.picture.width, shot.layout.picture.height)
    assert shot.size == pytest.approx((1280, 1280 / 1001 * 777), abs=4)


def test_words_are_drawn_in_their_box() -> None:
    text = {"asset": {"type": "text", "text": "Hi", "width": 600, "height": 200}}
    page = {"asset": {"type": "html", "html": "<p>Hi</p>"}, "width": 300, "height": 100}
    both = made(
        [{**text, "start": 0, "length": 1, "position": "bottom"}],
        [{**page, "start": 0, "length": 1}],
    )

    assert [(shot.kind, shot.size) for shot in both.shots] == [
        ("html", (300, 100)),
        ("text", (600, 200)),
    ]
    assert both.shots[1].layout.element == (600, 200)


def test_a_shape_is_as_large_as_it_is_drawn_unless_it_has_a_box() -> None:
    shapes: list[dict[str, Any]] = [
        {"shape": "rectangle", "rectangle": {"width": 200, "height": 100}},
        {"shape": "circle", "circle": {"radius": 40.5}, "stroke": {"width": 6}},
        {"shape": "line", "line": {"length": 300, "thickness": 5}},
        {"shape": "circle", "circle": {"radius": 40}, "width": 500, "height": 90},
    ]
    clips = [{"asset": {"type": "shape", **one}, "start": 0, "length": 1} for one in shapes]

    assert [shot.size for shot in made(clips).shots] == [(200, 100), (87, 87), (300, 5), (500, 90)]


def test_an_animation_in_a_picture_goes_round() -> None:
    shot = made([image(1, 3, src="gif")]).shots[0]

    assert shot.kind == "animation"
    assert [shot.source_time(Fraction(at)) for at in ("1", "1.25", "1.5", "2.75")] == [
        0,
        Fraction(1, 4),
        0,
        Fraction(1, 4),
    ]


# Sounds


def test_sounds_of_clips_and_of_the_soundtrack() -> None:
    heard = made(
        [video(1, 4, asset={"volume": 0.5, "trim": 2, "volumeEffect": "fadeInFadeOut"})],
        [audio(2, 1, speed=2, trim=0.5)],
        soundtrack={"src": "music", "effect": "fadeOut", "volume": 0.25},
    ).sounds

    assert [(one.path.split(".", 1)[1], one.start, one.length, one.trim) for one in heard] == [
        ("tracks[0].clips[0]", 1, 4, 2),
        ("tracks[1].clips[0]", 2, 1, Fraction(1, 2)),
        ("soundtrack", 0, 4, 0),
    ]
    levels = [one.gain.levels(np.array([0.0, 1.0, 2.0, 3.0, 4.0])) for one in heard]
    assert levels[0] == pytest.approx([0, 0.25, 0.5, 0.25, 0])
    assert levels[1] == pytest.approx([1] * 5)
    assert levels[2] == pytest.approx([0.25, 0.25, 0.25, 0.125, 0])


def test_a_soundtrack_does_not_lengthen_the_timeline() -> None:
    short = made([image(0, 1)], soundtrack={"src": "music"})

    assert (short.length, short.sounds[0].length) == (1, 1)


def test_volume_may_be_tweened() -> None:
    tweens = [{"from": 0, "to": 1, "start": 1, "length": 2, "interpolation": "linear"}]

    (sound,) = made([audio(volume=tweens)], [image()]).sounds

    assert sound.gain.levels(np.arange(5.0)) == pytest.approx([0, 0, 0.5, 1, 1])


# Stitches, trims, and what may be copied


def test_a_stitch_is_one_clip_after_the_other() -> None:
    joined = planned(
        {
            "clips": [
                {"src": "image"},
                {"src": "video", "trim": 8},
                {"src": "video", "length": 4.5, "trim": 1},
            ],
            "output": {"format": "mp4", "resolution": "sd"},
        }
    )

    assert [(s.path, float(s.start), float(s.length), s.source) for s in joined.shots] == [
        ("clips[0]", 0, 3, "clips[0].src"),
        ("clips[1]", 3, 2, "clips[1].src"),
        ("clips[2]", 5, 4.5, "clips[2].src"),
    ]
    assert (joined.frames, joined.size) == (238, (1024, 576))
    assert [sound.start for sound in joined.sounds] == [3, 5]
    assert joined.copy == ()


def test_a_stitch_of_like_videos_may_be_copied() -> None:
    pieces = planned({"clips": [{"src": "video"}, {"src": "video", "trim": 2}]}).copy

    assert [(one.source, one.start, one.length, one.whole) for one in pieces] == [
        ("clips[0].src", 0, 10, True),
        ("clips[1].src", 2, 8, False),
    ]


def test_a_stitch_is_as_its_first_video_unless_a_size_is_asked_for() -> None:
    small = replace(VIDEO, size=(641, 360), coded=(641, 360), frame_rate=Fraction(30000, 1001))
    given = {"clips": [{"src": "image"}, {"src": "small"}, {"src": "gif"}, {"src": "video"}]}

    joined = planned(given, small=small)

    assert (joined.size, joined.rate) == ((640, 360), Fraction(30000, 1001))
    assert [float(shot.length) for shot in joined.shots] == [3, 10, 0.5, 10]
    assert planned({"clips": [{"src": "image"}]}).size == (1280, 720)


def test_a_trim_stops_where_its_source_does() -> None:
    # The contract's case 6.7, 8.
    cut = planned({"src": "video", "start": 7.5, "length": 30})

    assert (cut.length, cut.frames, cut.size, cut.rate) == (Fraction(5, 2), 63, (1280, 720), 25)
    assert [(one.source, one.start, one.length) for one in cut.copy] == [
        ("src", Fraction(15, 2), Fraction(5, 2))
    ]
    assert cut.sounds[0].trim == Fraction(15, 2)


def test_a_trim_from_behind_the_end_is_a_fault() -> None:
    with pytest.raises(InputUnusable, match="`start`"):
        planned({"src": "video", "start": 10, "length": 1})


@pytest.mark.parametrize(
    "given",
    [
        {"src": "video", "start": 1, "length": 2, "output": {"resolution": "sd"}},
        {"src": "video", "start": 1, "length": 2, "output": {"fps": 30}},
        {"src": "video", "start": 1, "length": 2, "output": {"format": "webm"}},
        {"src": "video", "start": 1, "length": 2, "output": {"mute": True}},
        {"src": "image", "start": 1, "length": 2},
        {"clips": [{"src": "video"}, {"src": "video", "length": 11}]},
    ],
)
def test_what_is_more_than_a_copy_is_none(given: dict[str, Any]) -> None:
    if given.get("src") == "image":
        with pytest.raises(InputUnusable, match="`src`"):
            planned(given)
    else:
        assert planned(given).copy == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"filter": "boost"},
        {"effect": "zoomIn"},
        {"opacity": 0.5},
        {"asset": {"volume": 0.5}},
        {"asset": {"speed": 2}},
        {"transition": {"in": "fade"}},
        {"transform": {"flip": {"horizontal": True}}},
    ],
)
def test_a_video_that_is_changed_is_no_copy(fields: dict[str, Any]) -> None:
    assert made([video()]).copy != ()
    assert made([video(**fields)]).copy == ()
    assert made([video()], [image(0, 1)]).copy == ()
    assert made([title(0, 1)], [video()]).copy == ()


def test_every_source_is_named_by_its_place() -> None:
    given = {
        "timeline": {
            "fonts": [{"src": "font"}],
            "soundtrack": {"src": "music"},
            "tracks": [{"clips": [title(), video(4)]}],
        },
        "output": {"format": "mp4"},
    }

    assert plan.sources_needed(given) == {
        "timeline.tracks[0].clips[1].asset.src": "video",
        "timeline.soundtrack.src": "music",
        "timeline.fonts[0].src": "font",
    }
    assert plan.sources_needed({"src": "a", "start": 0, "length": 1}) == {"src": "a"}
    assert plan.sources_needed({"clips": [{"src": "a"}]}) == {"clips[0].src": "a"}
