"""What the rooms of the renderer hand to each other: pictures as planes, and facts about files."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]

# Sound everywhere in here: stereo, so many samples a second, of shape (number, 2). 1 is the
# loudest that a file holds.
SAMPLE_RATE = 48_000
Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """One picture as BT.709 limited-range 4:2:0: ``y`` in full size, ``u`` and ``v`` halved.

    Shapes are (rows, columns); sides may be odd, then the halved planes are rounded up. A picture
    that is clear in places has ``a`` (full size) and ``ac`` (halved), 255 where it is solid, and
    its ``y``, ``u`` and ``v`` are multiplied by them already.
    """

    y: Plane
    u: Plane
    v: Plane
    a: Plane | None = None
    ac: Plane | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.y.shape[1], self.y.shape[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a file is found to be. ``size`` is as it is shown: turned, and with square pixels.

    ``duration`` is in seconds; a still picture has none. ``rotation`` is in degrees clockwise, as
    the picture is to be turned; ``coded`` is the size as it is stored. ``codec`` and ``format``
    are what FFmpeg calls the codec and the pixel format of the pictures, ``sound_codec`` the
    codec of the sound.
    """

    kind: Literal["image", "animation", "video", "audio"]
    content_type: str
    size: tuple[int, int] | None = None
    coded: tuple[int, int] | None = None
    rotation: int = 0
    duration: Fraction | None = None
    frame_rate: Fraction | None = None
    has_alpha: bool = False
    has_audio: bool = False
    codec: str | None = None
    format: str | None = None
    sound_codec: str | None = None
