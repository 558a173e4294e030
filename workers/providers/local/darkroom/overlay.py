"""One picture over another."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.providers.local.darkroom.files import demand_bounded

# At the upper left, in its own size, once.
WHOLE: Mapping[str, Any] = {"left": 0, "top": 0, "repeat": "none"}


def lay(picture: Image.Image, mark: Image.Image, place: Mapping[str, Any]) -> Image.Image:
    """Lay a mark over a picture, once or again and again in one direction or both.

    Raises :class:`InputUnusable` for a mark that would be too large.
    """
    sized = np.asarray(_resized(mark, place.get("width"), place.get("height")).convert("RGBA"))
    repeat = place["repeat"]
    rows = _places(picture.height, sized.shape[0], place["top"], repeats=repeat in {"y", "both"})
    columns = _places(picture.width, sized.shape[1], place["left"], repeats=repeat in {"x", "both"})
    sheet = np.zeros((picture.height, picture.width, 4), np.uint8)
    seen = np.ix_(np.flatnonzero(rows >= 0), np.flatnonzero(columns >= 0))
    sheet[seen] = sized[np.ix_(rows[rows >= 0], columns[columns >= 0])]
    laid = Image.alpha_composite(picture.convert("RGBA"), Image.fromarray(sheet))
    return laid if picture.mode == "RGBA" else laid.convert("RGB")


def _places(length: int, size: int, start: int, *, repeats: bool) -> NDArray[np.int64]:
    """Return which line of the mark lies on each line of the picture; -1 where none does."""
    lines = np.arange(length) - start
    if repeats:
        return lines % size
    return np.where((lines >= 0) & (lines < size), lines, -1)


def _resized(mark: Image.Image, width: int | None, height: int | None) -> Image.Image:
    if width is None and height is None:
        return mark
    width = width or max(1, round(mark.width * (height or 1) / mark.height))
    height = height or max(1, round(mark.height * width / mark.width))
    demand_bounded(width, height)
    return mark.resize((width, height), Image.Resampling.LANCZOS)
