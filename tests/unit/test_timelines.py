"""The form of a timeline: what is read, what is refused, and where."""

from typing import Any

import pytest

from shared import faults
from shared.errors import InvalidRequest
from shared.jobs import media
from shared.timelines import names
from shared.timelines.schema import RenderTimelineSchema, StitchSchema, TrimSchema

VIDEO = "https://example.org/v.mp4"


def title(**clip: Any) -> dict[str, Any]:
    """Return a clip of two seconds from the beginning, but for what is said."""
    return {"asset": {"type": "title", "text": "Porto"}, "start": 0, "length": 2, **clip}


def timeline(*clips: dict[str, Any], **rest: Any) -> dict[str, Any]:
    """Return a request for one track of these clips."""
    return {"timeline": {"tracks": [{"clips": list(clips)}]}, "output": {"format": "mp4"}, **rest}


def read(document: dict[str, Any]) -> dict[str, Any]:
    """Return a timeline as it is read."""
    return faults.load(RenderTimelineSchema(), document)


def places(document: dict[str, Any]) -> list[str]:
    """Return where something is wrong."""
    with pytest.raises(InvalidRequest) as caught:
        read(document)
    return [one.path for one in caught.value.faults]


def clip_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return the first clip of a timeline as it is read."""
    clip: dict[str, Any] = read(document)["timeline"]["tracks"][0]["clips"][0]
    return clip


def test_what_is_left_open_is_complete_once_read() -> None:
    read_clip = clip_of(timeline(title()))

    assert read_clip["fit"] == "crop"
    assert read_clip["scale"] == 1
    assert read_clip["position"] == "center"
    assert read_clip["asset"]["style"] == "minimal"


def test_what_was_read_is_read_to_the_same_again() -> None:
    once = read(
        timeline(title(transition={"in": "fade"}, opacity=[{"from": 0, "to": 1, "length": 1}]))
    )

    assert read(once) == once


def test_every_fault_is_told_with_its_place_at_once() -> None:
    wrong = timeline(
        title(asset={"type": "titel"}, fit="cover", start="5.2"),
        title(asset={"type": "image", "src": "x.png", "colour": 1}, length=0),
    )
    wrong["timeline"]["background"] = "red"
    wrong["output"] = {"format": "avi", "size": {"width": 3, "height": 4}}

    first, second = (f"$.timeline.tracks[0].clips[{at}]" for at in (0, 1))
    assert sorted(places(wrong)) == sorted(
        [
            f"{first}.asset.type",
            f"{first}.fit",
            f"{first}.start",
            f"{second}.asset.src",
            f"{second}.asset.colour",
            f"{second}.length",
            "$.timeline.background",
            "$.output.format",
            "$.output.size.width",
        ]
    )


@pytest.mark.parametrize("kind", ["svg", "html5", "rich-caption", "text-to-speech"])
def test_assets_that_are_not_made_here_are_refused_by_their_name(kind: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read(timeline(title(asset={"type": kind})))

    [fault] = caught.value.faults
    assert fault.path.endswith("asset.type")
    assert kind in fault.message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("start", -0.1),
        ("start", True),
        ("length", "forever"),
        ("opacity", 1.1),
        ("scale", -1),
        ("position", "middle"),
        ("position", {"x": 1.5}),
        ("offset", {"x": 11}),
        ("effect", "spin"),
        ("filter", "sepia"),
        ("transition", {"in": "zoomSlow"}),
        ("transition", {"through": "fade"}),
        ("transform", {"rotate": {"angle": 361}}),
        ("width", 0),
        ("alias", "two words"),
        ("opacity", []),
        ("opacity", [{"from": 0, "to": 1}]),
    ],
)
def test_what_a_clip_cannot_be_is_refused(field: str, value: Any) -> None:
    [place] = places(timeline(title(**{field: value})))

    assert place.startswith(f"$.timeline.tracks[0].clips[0].{field}")


def test_files_are_found_wherever_the_timeline_names_them() -> None:
    document = timeline(title(), title(asset={"type": "video", "src": VIDEO}))
    document["timeline"]["soundtrack"] = {"src": "https://example.org/s.mp3"}
    document["timeline"]["fonts"] = [{"src": "https://example.org/f.ttf"}]

    found = media.named(RenderTimelineSchema, read(document))

    assert {one.path for one in found} == {
        "timeline.tracks[0].clips[1].asset.src",
        "timeline.soundtrack.src",
        "timeline.fonts[0].src",
    }


def test_a_placeholder_alone_takes_the_type_of_what_replaces_it() -> None:
    merge = [{"find": "HOLD", "replace": 3.5}, {"find": "CITY", "replace": "Braga"}]
    clip = title(length="{{ HOLD }}", asset={"type": "title", "text": "{{CITY}}, {{HOLD}} s"})

    merged = clip_of(timeline(clip, merge=merge))

    assert merged["length"] == 3.5
    assert merged["asset"]["text"] == "Braga, 3.5 s"


def test_a_placeholder_that_nothing_replaces_stays() -> None:
    clip = title(asset={"type": "title", "text": "{{CITY}}"})

    assert (
        clip_of(timeline(clip, merge=[{"find": "TOWN", "replace": ""}]))["asset"]["text"]
        == "{{CITY}}"
    )


@pytest.mark.parametrize(
    ("merge", "place"),
    [
        ("CITY", "$.merge"),
        ([{"find": "CITY"}], "$.merge[0]"),
        ([{"find": 1, "replace": 2}], "$.merge[0].find"),
    ],
)
def test_merge_fields_that_are_none_are_refused(merge: Any, place: str) -> None:
    assert place in places(timeline(title(), merge=merge))


def test_merging_cannot_blow_a_timeline_up() -> None:
    text = "{{X}}" * 900
    clip = title(asset={"type": "title", "text": text})

    assert "$.merge" in places(timeline(clip, merge=[{"find": "X", "replace": "x" * 4_000}]))


def test_a_clip_may_take_its_times_from_another() -> None:
    clips = (title(alias="a"), title(start="alias://a", length="alias://a"))

    assert read(timeline(*clips))


@pytest.mark.parametrize(
    ("clips", "place"),
    [
        ([title(start="alias://b")], "clips[0].start"),
        ([title(alias="a"), title(alias="a", start=2)], "clips[1].alias"),
        ([title(alias="a", start="alias://a")], "clips[0].start"),
        ([title(start="alias://b", alias="a"), title(start="auto", alias="b")], "clips[0].start"),
        (
            [title(length="alias://b", alias="a"), title(length="alias://a", alias="b")],
            "clips[0].length",
        ),
    ],
)
def test_names_that_lead_nowhere_or_back_are_refused(clips: list[Any], place: str) -> None:
    assert f"$.timeline.tracks[0].{place}" in places(timeline(*clips))


def test_some_clip_must_say_how_long_it_is() -> None:
    assert places(timeline(title(length="end"))) == ["$.timeline.tracks"]


def test_more_clips_than_are_made_are_refused_together() -> None:
    track = {"clips": [title()] * 300}
    document = timeline() | {"timeline": {"tracks": [track, track]}}

    assert places(document) == ["$.timeline.tracks"]


def test_sounds_have_no_poster_and_moving_pictures_last() -> None:
    silent = timeline(title()) | {"output": {"format": "mp3", "poster": {"capture": 1}}}
    still = timeline(title()) | {"output": {"format": "mp4", "range": {"start": 1, "length": 0}}}

    assert places(silent) == ["$.output.poster"]
    assert places(still) == ["$.output.range.length"]
    assert read(still | {"output": {"format": "png", "range": {"start": 1, "length": 0}}})


def test_stitch_and_trim_come_as_mp4_unless_said_and_as_large_as_they_are() -> None:
    joined = faults.load(StitchSchema(), {"clips": [{"src": VIDEO}]})
    cut = faults.load(TrimSchema(), {"src": VIDEO, "start": 1.5, "length": 2})

    assert joined["output"]["format"] == cut["output"]["format"] == "mp4"
    assert not {"resolution", "aspectRatio", "size", "fps"} & set(cut["output"])
    assert joined["clips"] == [{"src": VIDEO, "trim": 0}]


@pytest.mark.parametrize(
    ("resolution", "ratio", "size"),
    [
        ("hd", "16:9", (1280, 720)),
        ("hd", "9:16", (720, 1280)),
        ("sd", "1:1", (576, 576)),
        ("1080", "4:5", (1080, 1350)),
        ("1080", "4:3", (1440, 1080)),
    ],
)
def test_other_shapes_keep_the_shorter_side(
    resolution: str, ratio: str, size: tuple[int, int]
) -> None:
    assert names.frame_size(resolution, ratio) == size


@pytest.mark.parametrize(
    ("written", "exact"), [(25, (25, 1)), (29.97, (30_000, 1001)), (12.5, (25, 2))]
)
def test_rates_are_exact(written: float, exact: tuple[int, int]) -> None:
    rate = names.frame_rate(written)

    assert (rate.numerator, rate.denominator) == exact
