"""Pages, drawn once: text and boxes in HTML and CSS, with no network, no files and no scripts."""

import logging
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import pypdfium2

from shared.errors import InputUnusable
from workers.providers.render import colour, fonts
from workers.providers.render.emoji import Pictures
from workers.providers.render.parts import Planes
from workers.providers.render.sheet import RGBA, Ink, Size

# Lengths of CSS are 1/96 of an inch, those of PDF 1/72.
_PIXELS_PER_POINT = 96 / 72
# The box is the page, and what does not fit is cut, as in a window.
_BASE = """
@page {{ size: {width}px {height}px; margin: 0; background: {behind}; }}
html {{ margin: 0; font-family: 'Open Sans', sans-serif; }}
body {{
  margin: 0; position: relative !important; overflow: hidden !important;
  width: {width}px !important; height: {height}px !important; box-sizing: border-box;
}}
"""
# What stands in a line is not broken at the end of a page.
_WINDOW = "display: inline-block; vertical-align: top; overflow: hidden"
# What is relative is relative to something, though nothing is fetched from there.
_NOWHERE = "http://page.invalid/"
_LACKING = (
    "Pages are not drawn on this server: it lacks the library Pango, which WeasyPrint needs "
    "(Debian: libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0)."
)


def draw(asset: Mapping[str, Any], box: Size, frame: Size) -> Planes:  # noqa: ARG001 - as its like
    """Draw an asset ``html`` at exactly the size of its box.

    Raises :class:`~shared.errors.InputUnusable` for a page that cannot be drawn, and where the
    libraries for that are lacking.
    """
    fonts.ready()
    return colour.from_rgb(_pixels(_printed(asset, box), box))


def _printed(asset: Mapping[str, Any], box: Size) -> bytes:
    """Return a page as PDF."""
    printer = _printer()
    width, height = box
    ink = Ink.read(asset.get("background", "transparent"))
    behind = "rgba({}, {}, {}, {:.4f})".format(*ink.rgb, ink.opacity)
    base = _BASE.format(width=width, height=height, behind=behind)
    emoji = Pictures()
    fetcher = _Fetcher(emoji, printer.urls.URLFetcherResponse)
    try:
        styles = [
            printer.CSS(string=text, base_url=_NOWHERE, url_fetcher=fetcher)
            for text in (base, asset.get("css") or "")
        ]
        page = printer.HTML(
            string=asset["html"], base_url=_NOWHERE, url_fetcher=fetcher, media_type="screen"
        )
        _frame(page.etree_element)
        emoji.put_into(page.etree_element.find(".//body"))
        return bytes(page.write_pdf(stylesheets=styles))
    except Exception as error:
        raise InputUnusable(f"The page cannot be drawn: {type(error).__name__}.") from error


def _frame(page: Any) -> None:
    """Put the body of a page into a window."""
    body = page.find("body")
    window = page.makeelement("div", {"style": _WINDOW})
    page.remove(body)
    window.append(body)
    page.append(window)


class _Fetcher:
    """Fetches nothing, from nowhere, in no form, but emoji that were put there by us.

    WeasyPrint goes on without what it does not get.
    """

    # What WeasyPrint asks of its own fetchers.
    _fail_on_errors = False

    def __init__(self, emoji: Pictures, response: Callable[..., Any]) -> None:
        self._emoji, self._response = emoji, response

    def __call__(self, url: str, *_: object, **__: object) -> Any:
        content = self._emoji.drawn(url)
        if content is None:
            raise ValueError(f"Pages here fetch nothing: {url[:100]}")
        return self._response(url, body=content, headers={"Content-Type": "image/png"})

    fetch = __call__


@cache
def _printer() -> Any:
    """Load what prints, which takes a second, when the first page comes."""
    # It tells of each sign that it does not know, in whatever a caller sent.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    try:
        return import_module("weasyprint")
    except OSError:
        raise InputUnusable(_LACKING) from None


def _pixels(printed: bytes, box: Size) -> RGBA:
    """Return the first page as pixels with an opacity."""
    document = pypdfium2.PdfDocument(printed)
    try:
        bitmap = document[0].render(
            scale=_PIXELS_PER_POINT,
            fill_color=(0, 0, 0, 0),
            rev_byteorder=True,
            maybe_alpha=False,
            force_bitmap_format=pypdfium2.raw.FPDFBitmap_BGRA,
        )
        return fitted(np.array(bitmap.to_numpy()), box)
    finally:
        document.close()


def fitted(pixels: RGBA, box: Size) -> RGBA:
    """Return pixels cut, or clear at the right and below, to a size: a page is rounded up."""
    width, height = box
    whole = np.zeros((height, width, 4), np.uint8)
    kept = pixels[:height, :width]
    whole[: kept.shape[0], : kept.shape[1]] = kept
    return whole
