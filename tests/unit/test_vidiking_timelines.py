"""VidiKing's timelines into ours: what the same words mean there."""

from typing import Any

import pytest

from api.dialects.vidiking import edits, leniency, terms
from api.dialects.vidiking.meaning import Meaning
from api.dialects.vidiking.translate import Wanted
from shared import catalog
from shared.declaring import SettingsError
from shared.errors import InvalidRequest
from shared.faults import steps
from shared.jobs import requests
from shared.settings import CatalogSettings

OFFERED = catalog.load(CatalogSettings(path="", local_engines="fallback"))
OWN = Meaning(is_own=True, cover="crop")
TAKEN_OVER = Meaning(is_own=False, cover="stretch")

PHOTO = {"type": "image", "src": "https://media.example.org/img/harbour.jpg"}
FILM = {"type": "video", "src": "https://media.example.org/video/harbour.mp4"}


def clip(**fields: Any) -> dict[str, Any]:
    return {"asset": PHOTO, "start": 0, "length": 6} | fields


def wanted(*clips: dict[str, Any], whose: Meaning = OWN, **fields: Any) -> Wanted:
    body = {"timeline": {"tracks": [{"clips": list(clips)}]}, "output": {"format": "mp4"}}
    return edits.render(body | fields, whose, "montage")


def read(*clips: dict[str, Any], whose: Meaning = OWN, **fields: Any) -> Any:
    """Return the input as our own form takes it."""
    return requests.read(wanted(*clips, whose=whose, **fields).request, OFFERED).input


def clip_read(whose: Meaning = OWN, **fields: Any) -> Any:
    return read(clip(**fields), whose=whose)["timeline"]["tracks"][0]["clips"][0]


def known(wanted: Wanted) -> Wanted:
    return leniency.known_of(wanted, lambda one: requests.read(one.request, OFFERED))


@pytest.mark.parametrize(
    ("offset", "position"),
    [
        ({"x": 0.8, "y": 0.8}, {"x": 0.8, "y": 0.8}),
        ({"x": -1, "y": 1}, {"x": -1, "y": 1}),
        ({"x": 0.1, "y": 0.1}, {"x": 0.1, "y": 0.1}),
        ({"y": -0.5}, {"x": 0, "y": -0.5}),
        ({"x": -1.5, "y": 7}, {"x": -1, "y": 1}),
    ],
)
def test_an_offset_is_a_place_between_the_edges_with_y_down(
    offset: dict[str, float], position: dict[str, float]
) -> None:
    shown = clip_read(offset=offset)

    assert (shown["position"], "offset" in shown) == (position, False)


def test_an_offset_beyond_the_edges_is_warned_of() -> None:
    found = wanted(clip(offset={"x": -1.5, "y": 1}))

    assert found.warnings == ("timeline.tracks[0].clips[0].offset.x: outside -1 to 1, taken as -1",)


def test_an_offset_of_the_timelines_that_it_took_over_stays_what_it_is() -> None:
    shown = clip_read(TAKEN_OVER, offset={"x": 0.1, "y": -1.5}, position="topRight")

    assert (shown["offset"], shown["position"]) == ({"x": 0.1, "y": -1.5}, "topRight")


def test_a_named_place_is_kept_unless_there_is_an_offset() -> None:
    assert clip_read(position="bottomLeft")["position"] == "bottomLeft"
    both = wanted(clip(position="bottomLeft", offset={"x": 1, "y": 0}))
    assert both.warnings == (
        "timeline.tracks[0].clips[0].position: the offset says where it is, ignored",
    )


@pytest.mark.parametrize(
    ("whose", "fit"),
    [(OWN, "crop"), (Meaning(is_own=True, cover="stretch"), "stretch"), (TAKEN_OVER, "stretch")],
)
def test_cover_means_what_it_means_there(whose: Meaning, fit: str) -> None:
    assert clip_read(whose, fit="cover")["fit"] == fit
    assert [clip_read(whose, fit=one)["fit"] for one in ("crop", "contain", "none")] == [
        "crop", "contain", "none",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("side", "theirs", "ours"),
    [
        # From the left it goes to the right; out to the left it goes to the left.
        ("in", "slideLeft", "carouselRight"),
        ("in", "slideRight", "carouselLeft"),
        ("in", "slideUp", "carouselDown"),
        ("in", "slideDown", "carouselUp"),
        ("out", "slideLeft", "carouselLeft"),
        ("out", "slideRight", "carouselRight"),
        ("out", "slideUp", "carouselUp"),
        ("out", "slideDownFast", "carouselDownFast"),
        *((side, name, name) for side in ("in", "out") for name in (
            "fade", "zoom", "wipeLeft", "wipeRight", "wipeUp", "wipeDown", "reveal", "none",
            "carouselLeftSlow", "shuffleTopRight", "fadeFast",
        )),
    ],
)  # fmt: skip
def test_a_transition_is_named_by_where_it_goes(side: str, theirs: str, ours: str) -> None:
    assert clip_read(transition={side: theirs})["transition"] == {side: ours}
    assert clip_read(TAKEN_OVER, transition={side: theirs})["transition"] == {side: theirs}


def test_more_than_full_volume_is_full_volume_with_a_word() -> None:
    sound = {"src": "https://media.example.org/audio/music.mp3", "volume": 1.5}
    timeline = {"tracks": [{"clips": [clip(asset=FILM | {"volume": 3})]}], "soundtrack": sound}

    found = edits.render({"timeline": timeline, "output": {}}, OWN, "montage")

    draft = requests.read(found.request, OFFERED)
    assert draft.input["timeline"]["soundtrack"]["volume"] == 1
    assert draft.input["timeline"]["tracks"][0]["clips"][0]["asset"]["volume"] == 1
    assert len(found.warnings) == 2
    with pytest.raises(InvalidRequest):
        clip_read(TAKEN_OVER, asset=FILM | {"volume": 3})


@pytest.mark.parametrize("written", ["1080", 1080, 1080.0])
def test_a_resolution_may_be_a_number(written: object) -> None:
    assert read(clip(), output={"resolution": written})["output"]["resolution"] == "1080"
    assert read(clip(), output={"resolution": "4K"})["output"]["resolution"] == "4k"


@pytest.mark.parametrize(("theirs", "ours"), [("mov", "mp4"), ("bmp", "png"), ("webm", "webm")])
def test_a_format_that_is_not_written_here_becomes_the_nearest(theirs: str, ours: str) -> None:
    found = wanted(clip(), output={"format": theirs})

    assert found.request["input"]["output"]["format"] == ours
    assert bool(found.warnings) == (theirs != ours)


@pytest.mark.parametrize(
    ("fps", "is_taken"), [(12, True), (29.97, True), (60, True), (11.9, False), (61, False)]
)
def test_rates_are_12_to_60(fps: float, is_taken: bool) -> None:
    found = wanted(clip(), output={"fps": fps})

    assert [one.path for one in found.wrong] == [] if is_taken else ["$.input.output.fps"]


def test_merge_fields_are_put_in_before_words_are_understood() -> None:
    shown = read(
        clip(offset="{{ PLACE }}", length="{{HOLD}}", transition={"in": "slide{{ side }}"}),
        merge=[
            {"find": "PLACE", "replace": {"x": 2, "y": 0}},
            {"find": "HOLD", "replace": 3.5},
            {"find": "side", "replace": "Left"},
        ],
    )

    found = shown["timeline"]["tracks"][0]["clips"][0]
    assert (found["position"], found["length"]) == ({"x": 1, "y": 0}, 3.5)
    assert found["transition"] == {"in": "carouselRight"}


def test_merge_fields_that_cannot_be_are_told_with_their_place() -> None:
    with pytest.raises(InvalidRequest) as caught:
        wanted(clip(), merge=[{"find": "A"}])

    assert [one.path for one in caught.value.faults] == [".merge[0]"]


def test_clips_that_overlap_on_one_track_are_warned_of() -> None:
    found = wanted(
        clip(start=0, length=2),
        clip(start=1.5, length=1),
        clip(start=2.5, length=1),
        clip(start=0, length=9, asset={"type": "luma", "src": PHOTO["src"]}),
        clip(start="auto", length=1),
    )

    assert found.warnings == (
        "timeline.tracks[0].clips[1]: begins before clips[0] ends, and is drawn over it",
    )


def test_fields_that_nobody_knows_are_left_out_with_a_word_wherever_they_are() -> None:
    found = known(
        wanted(
            clip(asset=FILM | {"transcode": True}, offset={"x": 0, "z": 1}, **{"a b": 1, "é": [2]}),
            disk="local",
            instance="s2",
            speed="fast",
            output={"format": "mp4", "destinations": [{"provider": "s3"}]},
        )
    )

    place = "timeline.tracks[0].clips[0]"
    assert sorted(found.warnings) == sorted(
        f"{one}: unknown field, ignored"
        for one in (
            "speed",
            "output.destinations",
            f"{place}.asset.transcode",
            f"{place}.offset.z",
            f"{place}['a b']",
            f"{place}.é",
        )
    )
    assert requests.read(found.request, OFFERED).kind == "render"


def test_what_is_wrong_is_told_where_they_have_it_and_all_of_it() -> None:
    faulty = clip(
        start="1", length=0, offset={"x": "left"}, effect="spin", asset=FILM | {"src": "film"}
    )

    with pytest.raises(InvalidRequest) as caught:
        known(wanted(faulty, callback="ftp://example.org/", metadata=[], more=1))

    place = "timeline.tracks[0].clips[0]"
    assert {one.path for one in caught.value.faults} == {
        "callback",
        "metadata",
        f"{place}.start",
        f"{place}.length",
        f"{place}.offset.x",
        f"{place}.effect",
        f"{place}.asset.src",
    }


@pytest.mark.parametrize(
    "odd",
    [
        {"timeline": None},
        {"timeline": {"tracks": None, "soundtrack": 7}},
        {"timeline": {"tracks": [None, {"clips": None}, {"clips": [None, []]}]}},
        {"timeline": {"tracks": [{"clips": [{"asset": [], "transition": 1, "offset": []}]}]}},
        {"output": []},
        {"output": {"fps": "x", "format": [], "resolution": {}}},
        {},
    ],
    ids=str,
)
def test_a_body_of_any_form_is_told_what_is_wrong(odd: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        known(edits.render(odd, OWN, "montage"))

    assert caught.value.faults
    assert all(one.path for one in caught.value.faults)


SRC = "https://media.example.org/video/lecture.mp4"


def test_clips_are_joined_and_parts_are_cut() -> None:
    clips = [{"src": PHOTO["src"], "length": 2.5}, {"src": SRC, "trim": 12, "length": 20}]
    output = {"format": "mp4", "resolution": "hd"}

    stitched = edits.stitch({"clips": clips, "output": output}, OWN, "montage")
    trimmed = edits.trim(
        {"src": SRC, "start": 61.25, "length": 30, "output": output}, OWN, "montage"
    )

    assert (stitched.request["operation"], trimmed.request["operation"]) == ("stitch", "trim")
    joined = requests.read(stitched.request, OFFERED)
    assert joined.input["clips"] == [{"src": PHOTO["src"], "trim": 0, "length": 2.5}, clips[1]]
    part = requests.read(trimmed.request, OFFERED)
    assert (part.input["start"], part.input["length"]) == (61.25, 30)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.a[0].b", ["a", 0, "b"]),
        ("$['a b'][12]['x].y']", ["a b", 12, "x].y"]),
        ("""$["it's"].ok""", ["it's", "ok"]),
        (r"$['\n\'\"'].ok", ["\n'\"", "ok"]),
    ],
)
def test_a_path_leads_where_it_says(path: str, found: list[str | int]) -> None:
    assert steps(path) == found


def test_terms_of_an_operator_replace_those_that_come_along(tmp_path: Any) -> None:
    (tmp_path / "vidiking.toml").write_text('cover = "stretch"\ncredit = "0.03"')

    found = terms.load(str(tmp_path))

    assert (found.cover, str(found.credit), found.currency) == ("stretch", "0.03", "USD")
    (tmp_path / "vidiking.toml").write_text('cover = "fill"\naccepted = 204')
    with pytest.raises(SettingsError, match=r"cover.*|accepted.*"):
        terms.load(str(tmp_path))
