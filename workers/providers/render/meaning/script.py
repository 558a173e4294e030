"""What a plan consists of: what shows when and where, what sounds, and what is to be written."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from workers.providers.render.meaning.curves import FULL, NONE, Curve
from workers.providers.render.meaning.geometry import WHOLE, Rect
from workers.providers.render.meaning.geometry import Size as Size
from workers.providers.render.parts import Planes

Kind = Literal[
    "image",
    "animation",
    "video",
    "title",
    "text",
    "rich-text",
    "html",
    "caption",
    "shape",
]
Format = Literal["mp4", "webm", "gif", "mp3", "wav", "jpg", "png"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How large a clip is drawn, before it moves; lengths in pixels of the frame.

    ``element`` is the size of what is placed. ``picture`` is where the whole picture lies in it,
    counted from the element's left upper corner: it sticks out where the fit cuts it. ``crop`` is
    the part of the picture that may be seen, in shares of it.
    """

    element: tuple[float, float]
    picture: Rect
    crop: Rect = WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """How a clip comes or goes: ``name`` without its speed, and over how many seconds."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What changes while a clip shows. ``position`` is -1 to 1, y down; offsets are y up."""

    position: tuple[float, float] = (0.0, 0.0)
    scale: Curve = FULL
    offset_x: Curve = NONE
    offset_y: Curve = NONE
    opacity: Curve = FULL
    angle: Curve = NONE
    skew_x: Curve = NONE
    skew_y: Curve = NONE
    flip_x: bool = False
    flip_y: bool = False
    effect: str | None = None
    come: Transition | None = None
    go: Transition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromaKey:
    """Which colour is made clear: red, green and blue, and how far from it, of 0 to 250."""

    colour: tuple[int, int, int]
    threshold: float
    halo: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shot:
    """One clip that is seen.

    ``path`` is its place in the input, ``source`` that of its address, the key into the facts and
    the order's sources. ``start`` and ``length`` are seconds of the timeline; it shows on the
    frames of the output from ``first`` up to, not with, ``stop``.

    ``size`` is what the whole picture is to be prepared at, before any crop. Words, pages and
    shapes are drawn into it instead, and have no source but a caption's.
    ``mask`` is the luma clip that says where it shows. ``solid`` tells that its picture has no
    clear places of its own.
    """

    path: str
    kind: Kind
    asset: Mapping[str, Any]
    source: str | None
    start: Fraction
    length: Fraction
    first: int
    stop: int
    size: Size
    layout: Layout
    moves: Moves
    trim: Fraction = Fraction(0)
    speed: Fraction = Fraction(1)
    period: Fraction | None = None
    filter: str | None = None
    key: ChromaKey | None = None
    mask: "Shot | None" = None
    solid: bool = False

    @property
    def changes(self) -> bool:
        """Whether its picture is another one as time goes by."""
        return self.kind in ("video", "animation", "caption")

    def source_time(self, time: Fraction) -> Fraction:
        """Return which second of its source shows at a second of the timeline."""
        seconds = self.trim + self.speed * max(Fraction(0), time - self.start)
        return seconds % self.period if self.period else seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How loud a sound is over its time: a volume, and fades at its ends, in seconds.

    ``lead`` is how much of it has gone by when the sound begins: a range may start amid it.
    """

    volume: Curve
    length: float
    fade_in: float = 0.0
    fade_out: float = 0.0
    lead: float = 0.0

    def levels(self, seconds: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the factor at each of these seconds since the sound began."""
        at = seconds + self.lead
        levels = self.volume.over(at)
        if self.fade_in:
            levels = levels * np.clip(at / self.fade_in, 0.0, 1.0)
        if self.fade_out:
            levels = levels * np.clip((self.length - at) / self.fade_out, 0.0, 1.0)
        return levels.astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """One thing that is heard.

    ``start`` is in seconds of the output, ``trim`` in the source's; source second
    ``trim + speed * t`` is heard ``t`` seconds after the start. It ends after ``length``, or when
    its source does.
    """

    path: str
    source: str
    start: Fraction
    length: Fraction
    trim: Fraction
    speed: Fraction
    gain: Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A frame that is kept as a picture of its own, and its size."""

    frame: int
    size: Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is written. ``size`` is that of the file: the canvas may be another one.

    ``crf`` is x264's, ``jpeg`` a JPEG's quality. ``repeat`` is a gif's: for ever, or once.
    """

    format: Format
    size: Size
    crf: int = 23
    jpeg: int = 80
    repeat: bool = True
    poster: Capture | None = None
    thumbnail: Capture | None = None

    @property
    def has_picture(self) -> bool:
        """Whether frames are written at all."""
        return self.format not in ("mp3", "wav")

    @property
    def has_sound(self) -> bool:
        """Whether sound can be written at all."""
        return self.format in ("mp4", "webm", "mp3", "wav")

    @property
    def is_still(self) -> bool:
        """Whether one frame is all."""
        return self.format in ("jpg", "png")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Frames from ``first`` up to ``stop`` on which the same shots show, the lowest first.

    ``is_static`` tells that all its frames are one and the same. ``cost`` is what each takes, in
    milliseconds of a usual processor: only ratios count.
    """

    first: int
    stop: int
    shots: tuple[int, ...]
    is_static: bool
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a source that may be copied as it is, if a key frame lies at its start.

    Seconds of the source; ``whole`` if it is all of it.
    """

    source: str
    start: Fraction
    length: Fraction
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """A frame-exact plan of what to render.

    Frame ``n`` shows second ``begin + n / rate`` of the timeline. ``shots`` come lowest first.
    ``background`` is red, green and blue. ``copy`` are pieces that, one after the other, are the
    whole output: what is known of the files allows to copy them.
    """

    size: Size
    rate: Fraction
    begin: Fraction
    length: Fraction
    frames: int
    background: tuple[int, int, int]
    shots: tuple[Shot, ...]
    sounds: tuple[Sound, ...]
    target: Target
    spans: tuple[Span, ...] = ()
    copy: tuple[Piece, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def samples(self) -> int:
        """How many samples of sound, at 48 kHz, last as long as the output."""
        return -(-self.length * 48_000 // 1)

    def time(self, frame: int) -> Fraction:
        """Return the second of the timeline that a frame shows."""
        return self.begin + frame / self.rate


class Picture(Protocol):
    """What one shot shows, while it is open."""

    def at(self, seconds: Fraction) -> Planes:
        """Return what its source shows at that second of it: the same object while it is the same.

        Seconds are :meth:`Shot.source_time`; they do not go back, but where an animation starts
        anew.
        """

    def close(self) -> None:
        """Give back what it holds."""


class PictureDoor(Protocol):
    """Where the pictures of the shots come from."""

    def open(self, shot: Shot) -> Picture:
        """Open what a shot shows, at its ``size``; called when it is first needed.

        Shots with one source at one size may share a picture.
        """
