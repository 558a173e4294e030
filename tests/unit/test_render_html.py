"""Pages: drawn at the size of their box, and cut off from everything else."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from shared.errors import InputUnusable
from tests.support.listening import Listener
from workers.providers.render.drawing import html
from workers.providers.render.parts import Planes

FRAME = 320, 180


def page(markup: str, css: str = "", box: tuple[int, int] = FRAME, **more: Any) -> Planes:
    return html.draw({"type": "html", "html": markup, "css": css, **more}, box, FRAME)


def alpha(planes: Planes) -> NDArray[np.uint8]:
    height, width = planes.y.shape
    return planes.a if planes.a is not None else np.full((height, width), 255, np.uint8)


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.close()


@pytest.mark.parametrize("box", [(320, 180), (321, 181), (1, 1), (1000, 33)])
def test_a_page_has_the_size_of_its_box(box: tuple[int, int]) -> None:
    planes = page("<p>Hello</p>", "p { color: white }", box)

    assert planes.size == box


def test_lengths_are_pixels_of_the_frame() -> None:
    css = "div { position: absolute; left: 40px; top: 20px; width: 100px; height: 60px;"
    planes = page("<div></div>", css + "background: #ffffff }")

    rows, columns = np.nonzero(alpha(planes) > 128)
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (40, 20, 140, 80)
    assert alpha(planes)[50, 90] == 255
    assert planes.y[50, 90] == 235


def test_colours_and_opacities_come_out_as_written() -> None:
    css = "div { height: 90px; background: rgba(190, 90, 40, .5) } body { background: #00000000 }"
    planes = page("<div></div>", css)

    assert alpha(planes)[20, 20] == pytest.approx(128, abs=2)
    assert alpha(planes)[120, 20] == 0
    # Multiplied by its opacity already.
    exact = 16 + 219 * (0.2126 * 190 + 0.7152 * 90 + 0.0722 * 40) / 255
    assert planes.y[20, 20] == pytest.approx(exact * 128 / 255, abs=2)


def test_what_is_behind_a_page_fills_its_box() -> None:
    planes = page("<p>Hello</p>", background="#80ff0000")

    assert alpha(planes)[-1, -1] == pytest.approx(128, abs=1)
    assert alpha(planes)[0, 0] == pytest.approx(128, abs=1)


def test_what_does_not_fit_is_cut_and_what_fits_stays_where_it_is() -> None:
    css = "p { margin: 0; height: 50px } .a { background: white } .b { background: black }"
    rows = "<p class=a></p><p class=b></p>" * 10
    planes = page(rows, css)

    assert [int(planes.y[row, 10]) for row in (25, 75, 125, 175)] == [235, 16, 235, 16]
    assert alpha(planes).min() == 255


def test_tables_and_lists_and_headings_are_drawn() -> None:
    markup = "<h1>Sales</h1><table><tr><td>1<td>2</table><ul><li>one<li>two</ul><b>b</b><u>u</u>"

    drawn = alpha(page(markup, "* { color: white; margin: 0 }"))

    assert (drawn > 128).sum() > 500


def test_pages_are_set_in_our_faces() -> None:
    def drawn(family: str) -> NDArray[np.uint8]:
        return page("<p>Hamburg</p>", f"p {{ color: white; font-family: {family} }}").y

    assert not np.array_equal(drawn("Anton"), drawn("'Open Sans'"))
    assert np.array_equal(drawn("sans-serif"), drawn("'Open Sans'"))
    # Whatever faces the machine has of its own.
    assert np.array_equal(drawn("'Liberation Sans'"), drawn("'Nobody Knows It'"))


@pytest.mark.parametrize("said", ["你好", "مرحبا", "नमस्ते", "😀", "★"])
def test_letters_of_many_scripts_are_found(said: str) -> None:
    drawn = alpha(page(f"<p>{said}</p>", "p { color: white; font-size: 60px }"))
    missing = alpha(page("<p>\U0010fffd</p>", "p { color: white; font-size: 60px }"))

    assert (drawn > 128).sum() > 200
    assert not np.array_equal(drawn, missing)


def test_emoji_have_their_colours() -> None:
    planes = page("<p>😀</p>", "p { color: white; font-size: 100px; margin: 0 }")

    # Yellow has little blue.
    assert planes.ac is not None
    solid = planes.ac > 250
    assert (planes.u[solid] < 90).mean() > 0.4


GREEDY = (
    "@page { size: 200000px 200000px; margin: 50px }",
    "@page { size: 200000px 200000px !important }",
    "@page big { size: 99999px 99999px !important } div { page: big }",
    "body { width: 99999px !important; height: 99999px !important }",
    "html { transform: scale(1000) } div { font-size: 9999999px }",
    "div { width: 1e30px; height: 1e30px; border: 1e20px solid }",
    "div { columns: 5000; column-gap: 0 }",
    "div { filter: blur(9999px); box-shadow: 0 0 99999px 99999px red }",
)


def test_a_page_cannot_make_itself_larger_than_its_box() -> None:
    program = """
import resource, sys
from workers.providers.render.drawing import html
from shared.errors import InputUnusable
plain = {"html": "<div>Hello</div>"}
html.draw(plain, (320, 180), (320, 180))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for css in sys.argv[1:]:
    try:
        assert html.draw({**plain, "css": css}, (320, 180), (320, 180)).size == (320, 180)
    except InputUnusable:
        pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, *GREEDY], capture_output=True, text=True, check=True
    )

    assert int(done.stdout) < 100


def hostile(address: str) -> dict[str, tuple[str, str]]:
    """Return pages, and their styles, that want to have something from an address."""
    box = "display: block; width: 300px; height: 150px"
    return {
        "img": (f'<img src="{address}">', ""),
        "srcset": (f'<img srcset="{address} 2x" src="{address}">', ""),
        "link": (f'<link rel="stylesheet" href="{address}"><p>x', ""),
        "import": ("<p>x", f'@import url("{address}");'),
        "style with import": (f"<style>@import '{address}';</style><p>x", ""),
        "background": ("<p>x", f'body {{ background: url("{address}") }}'),
        "page background": ("<p>x", f'@page {{ background: url("{address}") }}'),
        "font": (
            "<p>x",
            f"@font-face {{ font-family: x; src: url('{address}') }} p {{ font-family: x }}",
        ),
        "content": ("<p>x", f"p::before {{ content: url('{address}') }}"),
        "list": ("<ul><li>x</ul>", f"li {{ list-style-image: url('{address}') }}"),
        "iframe": (f'<iframe src="{address}" style="{box}"></iframe>', ""),
        "object": (f'<object data="{address}" style="{box}"></object>', ""),
        "embed": (f'<embed src="{address}" style="{box}">', ""),
        "video": (f'<video src="{address}" poster="{address}"></video>', ""),
        "svg": (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="300" height="150"><image xlink:href="{address}" href="{address}" '
            f'width="300" height="150"/><use href="{address}#a"/></svg>',
            "",
        ),
        "base": (f'<base href="{address}"><img src="x.png">', ""),
        "attachment": (f'<link rel="attachment" href="{address}"><p>x', ""),
        "anchor": (f'<a rel="attachment" href="{address}">x</a>', ""),
        "meta": (f'<meta http-equiv="refresh" content="0; url={address}"><p>x', ""),
        "script": (f'<script src="{address}"></script><script>fetch("{address}")</script>x', ""),
        "entity": (f'<!DOCTYPE x [<!ENTITY e SYSTEM "{address}">]><p>&e;', ""),
        "form": (f'<form action="{address}"><input type="image" src="{address}"></form>', ""),
    }


@pytest.mark.parametrize("name", hostile(""))
def test_a_page_calls_nobody(name: str, listener: Listener) -> None:
    markup, css = hostile(f"{listener.url}/x.png")[name]

    planes = page(markup, css)

    assert planes.size == FRAME
    assert listener.hits == 0


@pytest.mark.parametrize("name", hostile(""))
@pytest.mark.parametrize("form", ["uri", "path"])
def test_a_page_reads_no_file(name: str, form: str, tmp_path: Path) -> None:
    # All red: a page that has it shows red.
    secret = tmp_path / "secret.png"
    Image.new("RGB", (300, 150), (255, 0, 0)).save(secret)
    markup, css = hostile(secret.as_uri() if form == "uri" else str(secret))[name]

    planes = page(markup, css)

    assert planes.v.max() <= 135


def test_a_page_shows_pictures_that_it_brings_along() -> None:
    dot = "data:image/gif;base64,R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="
    planes = page(f'<img src="{dot}" style="width: 100px; height: 100px">')

    assert planes.v.max() > 200


def test_a_page_runs_no_script() -> None:
    planes = page("<p id=x></p><script>document.getElementById('x').innerText = 'HELLO'</script>")

    assert alpha(planes).max() == 0


@pytest.mark.parametrize(
    "markup",
    ["<", "</html></html>", "<p" * 50, "\x00\ud800", "<table>" * 30, "<!--", "&#0;&#x110000;"],
)
def test_a_page_that_is_none_is_drawn_as_it_can_be(markup: str) -> None:
    try:
        planes = page(markup)
    except InputUnusable:
        return
    assert planes.size == FRAME
