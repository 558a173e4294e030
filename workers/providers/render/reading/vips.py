"""libvips, let at four kinds of pictures only, and its pixels as an array."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from workers.providers.render.faults import SourceUnusable
from workers.providers.render.reading import opening

Unreadable = pyvips.Error

_LOADERS: Mapping[str, Callable[..., pyvips.Image]] = {
    "image/png": pyvips.Image.pngload_source,
    "image/jpeg": pyvips.Image.jpegload_source,
    "image/webp": pyvips.Image.webpload_source,
    "image/gif": pyvips.Image.gifload_source,
}
PICTURES = frozenset(_LOADERS)

# A thumbnail finds out by itself what a file is: then too, it is one of these or nothing.
pyvips.operation_block_set("VipsForeignLoad", state=True)
for _name in ("Png", "Jpeg", "Webp", "Nsgif"):
    pyvips.operation_block_set(f"VipsForeignLoad{_name}", state=False)
# What it warns of is in its errors too, or no matter.
logging.getLogger("pyvips").setLevel(logging.CRITICAL)
# Nothing is asked for twice: what would be kept for that is memory lost.
pyvips.cache_set_max(0)


def source(path: Path) -> Any:
    """Return a file to read from: of a bare name, libvips would take a part for options."""
    return pyvips.Source.new_from_file(str(path))


def opened(path: Path, content_type: str, **options: Any) -> pyvips.Image:
    """Open a picture of this type, reading its head; raises :class:`SourceUnusable`."""
    if content_type not in PICTURES or opening.content_type(path) != content_type:
        raise SourceUnusable("The file is no picture.")
    try:
        return _LOADERS[content_type](source(path), access="sequential", **options)
    except Unreadable as error:
        raise unusable(error) from None


def unusable(error: Exception) -> SourceUnusable:
    """Return what libvips says as an error of ours."""
    said = str(getattr(error, "detail", "") or error).strip().splitlines()
    return SourceUnusable(f"The picture cannot be read: {said[-1] if said else 'it is damaged'}.")


def number(picture: pyvips.Image, field: str, otherwise: int) -> int:
    """Return a number from the head of a picture."""
    return int(picture.get(field)) if picture.get_typeof(field) else otherwise


def pixels(picture: pyvips.Image) -> NDArray[np.uint8]:
    """Return rows and columns of red, green and blue, and of opacity where there is one."""
    srgb = picture.colourspace("srgb") if picture.interpretation != "srgb" else picture
    plain = srgb.cast("uchar") if srgb.format != "uchar" else srgb
    kept = plain[:4] if plain.bands > 4 else plain
    content = np.frombuffer(kept.write_to_memory(), np.uint8)
    return content.reshape(kept.height, kept.width, kept.bands)


def picture(pixels: NDArray[np.uint8]) -> pyvips.Image:
    """Return an array of pixels as a picture of libvips."""
    rows, columns, bands = pixels.shape
    made = pyvips.Image.new_from_memory(pixels.tobytes(), columns, rows, bands, "uchar")
    return made.copy(interpretation="srgb")
