"""Pages, drawn once: text and boxes in HTML and CSS, with no network, no files and no scripts."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from shared.errors import InputUnusable
from workers.providers.render import colour
from workers.providers.render.drawing import fonts
from workers.providers.render.drawing.sheet import RGBA, Ink, Size
from workers.providers.render.parts import Planes

# The box is the page, and what does not fit is cut, as in a window.
_BASE = """
@page {{ size: {width}px {height}px !important; margin: 0 !important }}
html {{ margin: 0; font-family: 'Open Sans', sans-serif; }}
body {{
  margin: 0; position: relative !important; overflow: hidden !important;
  width: {width}px !important; height: {height}px !important; box-sizing: border-box;
}}
"""
# What is relative is relative to something, though nothing is fetched from there.
_NOWHERE = "http://page.invalid/"
_LACKING = (
    "Pages are not drawn on this server: there is no build of PlutoPrint for its kind of machine."
)


def draw(asset: Mapping[str, Any], box: Size, frame: Size) -> Planes:  # noqa: ARG001 - as its like
    """Draw an asset ``html`` at exactly the size of its box.

    Raises :class:`~shared.errors.InputUnusable` for a page that cannot be drawn, and where there is
    nothing to draw it with.
    """
    fonts.ready()
    return colour.from_rgb(_pixels(asset, box))


def _pixels(asset: Mapping[str, Any], box: Size) -> RGBA:
    """Return a page as pixels with an opacity."""
    printer, (width, height) = _printer(), box
    style = _BASE.format(width=width, height=height) + (asset.get("css") or "")
    size = printer.PageSize(width * printer.UNITS_PX, height * printer.UNITS_PX)
    book = printer.Book(size, printer.PAGE_MARGINS_NONE, printer.MEDIA_TYPE_SCREEN)
    book.custom_resource_fetcher = _fetcher()
    ink = Ink.read(asset.get("background", "transparent"))
    try:
        with _silence(), printer.ImageCanvas(width, height) as canvas:
            canvas.clear_surface(*(one / 255 for one in ink.rgb), ink.opacity)
            book.load_html(asset["html"], user_style=style, base_url=_NOWHERE)
            book.render_document(canvas)
            canvas.flush()
            return _plain(canvas, box)
    except (printer.Error, ValueError) as error:
        raise InputUnusable(f"The page cannot be drawn: {type(error).__name__}.") from error


def _plain(canvas: Any, box: Size) -> RGBA:
    """Return red, green, blue and opacity of what was drawn, none multiplied by another."""
    width, height = box
    rows = np.frombuffer(canvas.get_data(), np.uint8).reshape(height, canvas.get_stride())
    # Four bytes a pixel, the lowest first: blue, green, red, opacity.
    drawn = rows[:, : 4 * width].reshape(height, width, 4)
    alpha = drawn[..., 3:].astype(np.uint16)
    solid = np.maximum(alpha, 1)
    plain = (drawn[..., 2::-1].astype(np.uint16) * 255 + solid // 2) // solid
    return np.concatenate([np.minimum(plain, 255), alpha], axis=2).astype(np.uint8)


@contextmanager
def _silence() -> Iterator[None]:
    """Let nothing be told of a page: PlutoPrint prints out whole what it cannot use."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


@cache
def _printer() -> Any:
    """Load what draws when the first page comes."""
    try:
        return import_module("plutoprint")
    except ImportError:
        raise InputUnusable(_LACKING) from None


@cache
def _fetcher() -> Any:
    """Return what fetches nothing, from nowhere, in no form: a page goes on without."""
    printer = _printer()

    class Nothing(printer.ResourceFetcher):  # type: ignore[name-defined,misc]
        def fetch_url(self, url: str) -> Any:  # noqa: ARG002
            return printer.ResourceData(b"", "application/octet-stream", "")

    return Nothing()
