"""One frame as a picture: JPEG or PNG."""

from pathlib import Path

from PIL import Image

from workers.providers.render.meaning.script import Size
from workers.providers.render.parts import Planes, Samples
from workers.providers.render.writing.encode.frames import Framer, as_rgb
from workers.providers.render.writing.encode.sink import Order


def write_still(planes: Planes, path: Path, *, size: Size, quality: int) -> None:
    """Write solid planes as a picture of this size, in the format that the path's name says."""
    picture = Image.fromarray(as_rgb(Framer(size).frame(planes)).to_ndarray())
    if path.suffix == ".png":
        picture.save(path, "PNG", compress_level=6)
    else:
        picture.save(path, "JPEG", quality=quality, optimize=True)


class Still:
    """Writes the first frame that comes."""

    def __init__(self, path: Path, order: Order) -> None:
        self._path, self._target = path, order.target
        self._is_written = False

    def picture(self, planes: Planes) -> None:
        """Write a frame, if it is the first."""
        if not self._is_written:
            target = self._target
            write_still(planes, self._path, size=target.size, quality=target.jpeg)
            self._is_written = True

    def sound(self, samples: Samples) -> None:
        """Leave sound out."""

    def close(self) -> None:
        """Do nothing: all is written."""
