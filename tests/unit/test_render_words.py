"""Titles, texts, shapes and captions: what is drawn, where, and in which letters."""

import os
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.errors import InputUnusable
from shared.timelines import names
from workers.providers.render.drawing import captions, fonts, shapes, subtitles, titles, words
from workers.providers.render.drawing.sheet import Ink
from workers.providers.render.drawing.typesetting import Face, plain, set_lines
from workers.providers.render.faults import SourceUnusable
from workers.providers.render.parts import Planes

FRAME = 640, 360
TYPEFACES = Path(words.__file__).parent / "typefaces"


def title(text: str = "Hello", **more: Any) -> Planes:
    return words.draw({"type": "title", "text": text, **more}, FRAME, FRAME)


def text(said: str = "Hello", box: tuple[int, int] = FRAME, **more: Any) -> Planes:
    return words.draw({"type": "text", "text": said, **more}, box, FRAME)


def alpha(planes: Planes) -> NDArray[np.uint8]:
    """Return how much each pixel is covered."""
    height, width = planes.y.shape
    return planes.a if planes.a is not None else np.full((height, width), 255, np.uint8)


def ink_box(planes: Planes) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of what is seen."""
    rows, columns = np.nonzero(alpha(planes) > 64)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def glyphs(said: str, family: str = "Open Sans", **more: Any) -> NDArray[np.uint8]:
    """Return the pixels of a line."""
    return set_lines(plain(said), Face(size=60, family=family, **more), width=2000).pixels


# Titles


@pytest.mark.parametrize("style", names.TITLE_STYLES)
@pytest.mark.parametrize("size", names.TITLE_SIZES)
def test_each_title_is_drawn_within_its_box(style: str, size: str) -> None:
    planes = title("Tea", style=style, size=size)

    left, top, right, bottom = ink_box(planes)
    assert planes.size == FRAME
    assert 0 < left < right < FRAME[0]
    assert 0 < top < bottom < FRAME[1]


def test_each_style_has_letters_of_its_own() -> None:
    drawn = {style: title("Hamburg", style=style, size="x-large").y for style in titles.STYLES}

    assert tuple(titles.STYLES) == names.TITLE_STYLES
    for one, other in pairwise(sorted(drawn)):
        assert not np.array_equal(drawn[one], drawn[other])


def test_a_larger_size_is_larger_by_its_share_of_the_frame() -> None:
    heights = {}
    for size in names.TITLE_SIZES:
        _, top, _, bottom = ink_box(title("H", size=size))
        heights[size] = bottom - top

    assert list(heights.values()) == sorted(heights.values())
    # Capitals of Montserrat are 0.7 of its size.
    for size, share in titles.SIZES.items():
        assert heights[size] == pytest.approx(0.7 * share * FRAME[1], abs=2)


@pytest.mark.parametrize(
    ("place", "across", "down"),
    [(name, x, y) for name, (x, y) in names.POSITIONS.items()],
)
def test_a_title_stands_where_it_is_told(place: str, across: int, down: int) -> None:
    left, top, right, bottom = ink_box(title(position=place))

    centre = (left + right) / 2 / FRAME[0] * 2 - 1, (top + bottom) / 2 / FRAME[1] * 2 - 1
    for found, wanted in zip(centre, (across, down), strict=True):
        assert abs(found) < 0.1 if wanted == 0 else found * wanted > 0.5


def test_a_title_is_moved_right_and_up_by_shares_of_the_frame() -> None:
    here, there = ink_box(title()), ink_box(title(offset={"x": 0.1, "y": 0.2}))

    assert there[0] - here[0] == 64
    assert there[1] - here[1] == -72


def test_a_subtitle_stands_below() -> None:
    _, top, _, bottom = ink_box(title(style="subtitle"))

    assert FRAME[1] * 0.75 < top < bottom < FRAME[1]


def test_the_colour_and_what_is_behind_have_their_opacity_first() -> None:
    half = title("H", color="#80ffffff", size="xx-large")
    boxed = title("H", background="#40ff0000")

    assert alpha(half).max() == pytest.approx(128, abs=1)
    assert (alpha(boxed) == 64).sum() > 200


def test_a_title_that_is_too_high_is_set_smaller() -> None:
    planes = title("A long story of many words " * 8, size="xx-large")

    _, top, _, bottom = ink_box(planes)
    assert top > 0
    assert bottom < FRAME[1]


def test_a_word_of_a_title_is_set_smaller_rather_than_broken() -> None:
    def height(said: str) -> int:
        asset = {"type": "title", "text": said, "style": "chunk", "size": "large"}
        _, top, _, bottom = ink_box(words.draw(asset, (150, 360), (150, 360)))
        return bottom - top

    # One line of smaller letters, where broken ones would be two lines.
    assert height("lighthouse") < height("light")


# Letters


@pytest.mark.parametrize(
    "said",
    ["<b>bold</b>", "a & b", "&amp;", "</span>", "\"quoted\" 'so'", "<![CDATA[x]]>", "%s {0}"],
)
def test_signs_of_markup_are_shown_as_they_are(said: str) -> None:
    shown = glyphs(said)

    # As wide as its letters one by one, spaces between them.
    alone = sum(
        set_lines(plain(f"|{sign}|"), Face(size=60), width=2000).width
        - set_lines("||", Face(size=60), width=2000).width
        for sign in said
    )
    assert shown.shape[1] == pytest.approx(alone, rel=0.06, abs=8)


@pytest.mark.parametrize("said", ["\x00\x01a\x1b[31mb", "a\ud800b", "a\ufffeb"])
def test_signs_that_no_text_has_are_left_out(said: str) -> None:
    visible = "".join(sign for sign in said if sign in "ab[31m")

    assert np.array_equal(glyphs(said), glyphs(visible))


@pytest.mark.parametrize(
    "said",
    [
        "Ελληνικά",
        "Привет",
        "مرحبا",
        "שלום",
        "नमस्ते",
        "สวัสดี",
        "你好世界",
        "日本語かな",
        "한국어",
        "→★♪✓",
    ],
)
def test_letters_of_many_scripts_are_found(said: str) -> None:
    # A box that stands for a missing letter has its number in it: all of one width and height.
    found = {sign: glyphs(sign) for sign in said if sign.isprintable()}

    box = glyphs("\U0010fffd")
    for sign, drawn in found.items():
        assert drawn.shape != box.shape, (sign, drawn.shape)


def test_emoji_have_their_colours() -> None:
    face = glyphs("😀", ink=Ink((255, 255, 255)))
    solid = face[face[..., 3] > 250]

    yellow = (solid[:, 0] > 200) & (solid[:, 1] > 150) & (solid[:, 2] < 120)
    assert yellow.mean() > 0.4
    # A flag and a family are one sign each, though several numbers.
    for together in ("🇩🇪", "👨‍👩‍👧‍👦", "👩🏽‍🚀"):
        assert glyphs(together).shape[1] < 1.4 * face.shape[1]


def test_arabic_is_joined_and_runs_to_the_left() -> None:
    joined = glyphs("بب").shape[1]
    apart = 2 * glyphs("ب").shape[1]
    assert joined < 0.95 * apart

    line = glyphs("\u0627\u0627\u0627\u0627 \u0628")
    columns = (line[..., 3] > 64).sum(axis=0)
    wide = np.flatnonzero(columns)
    # The first letters, which are narrow strokes, stand on the right.
    assert columns[wide[-1] - 40 :].max() > columns[: wide[0] + 30].max()


@pytest.mark.parametrize(("align", "side"), [("left", 0), ("right", 1)])
@pytest.mark.parametrize("said", ["Hello", "مرحبا", "שלום"])
def test_left_is_left_in_each_script(align: str, side: int, said: str) -> None:
    planes = text(said, alignment={"horizontal": align, "vertical": "top"})

    left, top, right, _ = ink_box(planes)
    assert top < 40
    assert (left < 20) if side == 0 else (right > FRAME[0] - 20)


def test_words_wrap_and_a_word_that_is_too_long_breaks() -> None:
    box = 200, 360
    for said in ("many words that do not fit one line", "Donaudampfschifffahrtsgesellschaft"):
        left, top, right, bottom = ink_box(text(said, box))
        assert 0 <= left < right <= 200
        assert bottom - top > 60


def test_lines_lie_as_far_apart_as_they_are_told() -> None:
    def height(line: float) -> int:
        planes = text("H\nH", font={"size": 40, "lineHeight": line, "color": "#ffffff"})
        _, top, _, bottom = ink_box(planes)
        return bottom - top

    assert height(2) - height(1) == pytest.approx(40, abs=1)


def test_a_family_may_be_written_without_blanks_and_an_unknown_one_is_replaced() -> None:
    assert np.array_equal(glyphs("Hamburg", "OpenSans"), glyphs("Hamburg", "Open Sans"))
    assert np.array_equal(glyphs("Hamburg", "Nobody's Own"), glyphs("Hamburg", "Open Sans"))
    assert not np.array_equal(glyphs("Hamburg", "Anton"), glyphs("Hamburg", "Open Sans"))
    assert fonts.is_known("permanent marker")
    assert fonts.is_known("Helvetica")
    assert not fonts.is_known("Nobody's Own")


def test_a_family_that_nobody_has_is_warned_of_with_its_place() -> None:
    def clip(**font: Any) -> dict[str, Any]:
        return {"asset": {"type": "text", "text": "x", "font": font}}

    timeline = {
        "tracks": [
            {"clips": [clip(family="Anton"), {"asset": {"type": "title", "text": "x"}}]},
            {"clips": [clip(), clip(family="Nobody's Own")]},
        ]
    }
    fonts.ready()

    (warning,) = fonts.warnings(timeline)

    assert warning.startswith("`timeline.tracks[1].clips[1].asset.font.family`")


@pytest.mark.parametrize(
    "family", ["Open Sans", "Montserrat", "Roboto", "Work Sans", "Permanent Marker", "NotoEmoji",
               "Arapey", "Clear Sans", "Didact Gothic", "Sue Ellen Francisco"],
)  # fmt: skip
def test_families_that_timelines_name_are_there(family: str) -> None:
    assert fonts.is_known(family)


@pytest.mark.parametrize("weight", [400, 700])
def test_weights_are_heeded(weight: int) -> None:
    thin, thick = glyphs("Hamburg", weight=300), glyphs("Hamburg", weight=weight)

    assert (thick[..., 3] > 128).sum() > (thin[..., 3] > 128).sum()


# Boxes


def test_a_box_behind_a_text_fills_the_box_of_its_clip() -> None:
    background = {"color": "#ff0000", "opacity": 0.5, "borderRadius": 30, "padding": 0}
    planes = text(box=(300, 200), background=background)

    covered = alpha(planes)
    assert (covered[0, 150], covered[199, 150], covered[100, 0]) == (128, 128, 128)
    assert covered[0, 0] == 0


def test_a_box_behind_a_text_hugs_it_if_there_is_no_box_but_the_frame() -> None:
    background = {"color": "#ff0000", "opacity": 1, "padding": 10}

    left, top, right, bottom = ink_box(text(background=background))

    assert right - left < FRAME[0] / 2
    assert bottom - top < FRAME[1] / 3


def test_a_border_lies_inside_of_its_box() -> None:
    asset = {
        "type": "rich-text",
        "text": "H",
        "font": {"size": 20, "color": "#ffffff"},
        "border": {"width": 6, "color": "#ffffff", "radius": 20},
    }
    covered = alpha(words.draw(asset, (200, 100), FRAME))

    assert [int(covered[50, column]) for column in (0, 5, 6, 194, 199)] == [255, 255, 0, 255, 255]
    assert covered[0, 0] == 0


def test_an_outline_stands_out_by_its_width() -> None:
    font = {"size": 80, "color": "#ffffff"}
    bare = ink_box(text("H", font=font))
    lined = ink_box(text("H", font=font, stroke={"width": 5, "color": "#000000"}))

    assert [bare[0] - lined[0], lined[2] - bare[2], bare[1] - lined[1]] == [5, 5, 5]


def test_a_shadow_falls_where_it_is_thrown() -> None:
    asset = {"type": "rich-text", "text": "H", "font": {"size": 80, "color": "#ffffff"}}
    bare = ink_box(words.draw(asset, FRAME, FRAME))
    shadow = {"offsetX": 12, "offsetY": 7, "blur": 0, "color": "#000000", "opacity": 1}
    cast = ink_box(words.draw({**asset, "shadow": shadow}, FRAME, FRAME))

    assert (cast[0], cast[1]) == (bare[0], bare[1])
    assert (cast[2] - bare[2], cast[3] - bare[3]) == (12, 7)


def test_a_rich_text_changes_its_letters() -> None:
    def rich(said: str, **style: Any) -> NDArray[np.uint8]:
        asset = {"type": "rich-text", "text": said, "style": style, "font": {"size": 40}}
        return words.draw(asset, FRAME, FRAME).y

    assert np.array_equal(rich("tea time", textTransform="uppercase"), rich("TEA TIME"))
    assert np.array_equal(rich("tea time", textTransform="capitalize"), rich("Tea Time"))
    assert not np.array_equal(rich("tea", textDecoration="underline"), rich("tea"))
    assert not np.array_equal(rich("tea", letterSpacing=9), rich("tea"))


def test_a_text_that_is_too_long_is_cut_where_that_is_asked_for() -> None:
    said = "A story that goes on and on. " * 40
    font = {"size": 30, "color": "#ffffff"}
    _, top, _, bottom = ink_box(text(said, (300, 200), font=font, ellipsis=True))

    assert top > 0
    assert bottom < 200


@pytest.mark.parametrize("box", [(1, 1), (3, 700), (4096, 16)])
def test_strange_boxes_are_filled(box: tuple[int, int]) -> None:
    assert text("words " * 800, box, font={"size": 500}).size == box
    assert words.draw({"type": "title", "text": "words " * 800}, box, FRAME).size == box


# The caller's fonts, and the host's


def in_own_process(program: str, *arguments: str, **environment: str) -> str:
    """Run a program of ours, whose faces are not settled yet."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    return done.stdout.strip()


_DRAW = """
import hashlib, sys
from pathlib import Path
from workers.providers.render.drawing import fonts
from workers.providers.render.drawing.typesetting import Face, set_lines
folder, *given = sys.argv[1:]
fonts.use(Path(folder), {name: Path(path) for name, path in (one.split("=") for one in given)})
for family, weight in (("Orbitron", 700), ("Own-File-Bold", 400), ("Open Sans", 400)):
    face = Face(size=40, family=family, weight=weight)
    drawn = set_lines("Hamburg", face, width=900).pixels
    print(family, hashlib.sha256(drawn.tobytes()).hexdigest(), fonts.is_known(family))
"""


def test_a_font_of_the_callers_is_found_by_the_name_of_its_file(tmp_path: Path) -> None:
    # Orbitron, renamed: what it is called inside stays as well.
    font = tmp_path / "download.bin"
    font.write_bytes((TYPEFACES / "Orbitron-Bold.ttf").read_bytes())

    with_it = in_own_process(_DRAW, str(tmp_path / "a"), f"Own-File-Bold.ttf={font}").splitlines()
    without = in_own_process(_DRAW, str(tmp_path / "b")).splitlines()

    orbitron, own, usual = (line.split()[-2:] for line in with_it)
    assert own == [orbitron[0], "True"]
    assert without[1].split()[-2:] == [usual[0], "False"]


def test_the_fonts_and_rules_of_the_host_change_nothing(tmp_path: Path) -> None:
    rules = tmp_path / "host.conf"
    rules.write_text("<fontconfig><dir>/usr/share/fonts</dir></fontconfig>")
    fonts_of_host = tmp_path / "home" / ".fonts"
    fonts_of_host.mkdir(parents=True)
    other = (TYPEFACES / "PermanentMarker-Regular.ttf").read_bytes()
    (fonts_of_host / "OpenSans-Regular.ttf").write_bytes(other)

    one = in_own_process(_DRAW, str(tmp_path / "a"))
    two = in_own_process(
        _DRAW, str(tmp_path / "b"), FONTCONFIG_FILE=str(rules), HOME=str(tmp_path / "home")
    )

    assert one == two


def test_a_file_that_is_no_font_is_refused(tmp_path: Path) -> None:
    whole = (TYPEFACES / "Orbitron-Bold.ttf").read_bytes()
    path = tmp_path / "a.ttf"
    for content in (b"", b"wOF2" + bytes(100), whole[:300], whole[:12] + bytes(4000)):
        path.write_bytes(content)
        with pytest.raises(SourceUnusable):
            fonts.families_of(path)


def test_every_face_comes_with_its_licence() -> None:
    told = (TYPEFACES / "LICENSES.md").read_text(encoding="utf-8")

    for file in TYPEFACES.glob("*.ttf"):
        assert f"| {file.name} |" in told
        assert fonts.families_of(file)


# Shapes


def test_a_rectangle_a_circle_and_a_line_are_drawn_in_the_middle() -> None:
    fill = {"color": "#ffffff", "opacity": 1}
    box = 200, 100
    rectangle = shapes.draw(
        {"shape": "rectangle", "rectangle": {"width": 80, "height": 40}, "fill": fill}, box, FRAME
    )
    circle = shapes.draw({"shape": "circle", "circle": {"radius": 30}, "fill": fill}, box, FRAME)
    line = shapes.draw(
        {"shape": "line", "line": {"length": 100, "thickness": 4}, "fill": fill}, box, FRAME
    )

    assert ink_box(rectangle) == (60, 30, 140, 70)
    assert ink_box(circle) == (70, 20, 130, 80)
    assert ink_box(line) == (50, 48, 150, 52)
    assert alpha(circle).sum() / 255 == pytest.approx(np.pi * 900, rel=0.005)


def test_the_line_around_a_shape_lies_on_its_edge() -> None:
    asset = {
        "shape": "rectangle",
        "rectangle": {"width": 80, "height": 40},
        "fill": {"color": "#ffffff", "opacity": 0},
        "stroke": {"color": "#ffffff", "width": 6},
    }

    planes = shapes.draw(asset, (200, 100), FRAME)

    assert ink_box(planes) == (57, 27, 143, 73)
    assert alpha(planes)[50, 100] == 0


# Captions

SRT = """1
00:00:01,000 --> 00:00:03,000
Hello <i>there</i> & <b>welcome</b>

2
00:00:02,500 --> 00:00:04,000 X1:0
{\\an8}- <font color="red">Again</font> 1 < 2 &lt; 3 <b>open
"""
VTT = """\ufeffWEBVTT - a title

STYLE
::cue { color: red }

NOTE 00:01.000 --> 00:02.000 is no caption

one
00:01.000 --> 00:03.000 align:start
<v Anna>Hello <00:00:02.000><c.loud>you</c>

01:00:00.000 --> 01:00:01.000
late
"""


def test_srt_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text(SRT.replace("\n", "\r\n"), encoding="utf-8", newline="")

    first, second = subtitles.read(path)

    assert [first.start, first.end] == [1, 3]
    assert first.markup == "Hello <i>there</i> &amp; <b>welcome</b>"
    assert [second.start, second.end] == [Fraction(5, 2), 4]
    assert second.markup == "- Again 1 &lt; 2 &lt; 3 <b>open</b>"


def test_webvtt_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text(VTT, encoding="utf-8")

    first, second = subtitles.read(path)

    assert [first.start, first.end, first.markup] == [1, 3, "Hello you"]
    assert [second.start, second.markup] == [3600, "late"]


def test_captions_from_old_windows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes("1\n00:00:01,000 --> 00:00:02,000\nÄpfel · süß\n".encode("cp1252"))

    assert subtitles.read(path)[0].markup == "Äpfel · süß"


@pytest.mark.parametrize("content", [b"WEBVTT\n\nnothing\n", b"#EXTM3U\n", b"\x00\x01"])
def test_what_holds_no_captions_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)

    with pytest.raises(SourceUnusable):
        subtitles.read(path)


def captioned(tmp_path: Path, **asset: Any) -> captions.Captions:
    path = tmp_path / "a.srt"
    path.write_text(SRT)
    return captions.open(path, {"type": "caption", **asset}, FRAME, FRAME)


def test_captions_show_while_they_are_said(tmp_path: Path) -> None:
    reel = captioned(tmp_path)
    shown = {t: reel.at(Fraction(t, 10)) for t in (0, 9, 10, 20, 25, 29, 30, 39, 40, 99)}

    blank = shown[0]
    assert blank.a is not None
    assert blank.a.max() == 0
    assert shown[9] is shown[40] is shown[99] is blank
    assert shown[10] is shown[20]
    # Two at a time stand above each other.
    assert ink_box(shown[25])[1] < ink_box(shown[20])[1]
    assert not np.array_equal(shown[30].y, shown[10].y)
    reel.close()


def test_captions_stand_below_unless_a_margin_says_else(tmp_path: Path) -> None:
    _, top, _, bottom = ink_box(captioned(tmp_path).at(Fraction(2)))
    assert FRAME[1] * 0.75 < top < bottom < FRAME[1]

    _, top, _, _ = ink_box(captioned(tmp_path, margin={"top": 0.1}).at(Fraction(2)))
    assert 0.1 * FRAME[1] <= top < 0.2 * FRAME[1]


def test_captions_are_legible_over_white(tmp_path: Path) -> None:
    planes = captioned(tmp_path).at(Fraction(2))

    dark = (alpha(planes) > 200) & (planes.y < 60)
    assert dark.sum() > 500


def test_a_text_that_cannot_be_set_is_a_fault_of_the_input() -> None:
    with pytest.raises(InputUnusable):
        set_lines("H\n" * 400, Face(size=500), width=600)
