"""What is rendered, said so that every contestant can be told it in its own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

DIRECTIONS = ("Left", "Up", "Right", "Down")

One = TypeVar("One", "Segment", "Overlay", "Music")


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A picture or a film that fills the frame. It comes in over the one before, in a second.

    ``zoom`` is how much larger it is at its beginning and at its end.
    """

    source: str
    start: float
    length: float
    zoom: tuple[float, float] | None = None
    trim: float = 0.0
    enter: str | None = None

    @property
    def is_film(self) -> bool:
        """Whether it moves by itself."""
        return self.source.endswith(".mp4")


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """A picture with clear places, as large as it is; x and y are of its middle, in shares.

    ``slide`` is how far from the left it comes in a second, in shares of the frame.
    """

    source: str
    start: float
    length: float
    x: float = 0.5
    y: float = 0.5
    opacity: float = 1.0
    fades: bool = False
    slide: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Music:
    """Something that sounds under it."""

    source: str
    length: float
    volume: float = 1.0
    start: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Story:
    """One thing to render."""

    name: str
    size: tuple[int, int]
    seconds: float
    rate: int = 25
    format: str = "mp4"
    segments: Sequence[Segment] = ()
    overlays: Sequence[Overlay] = ()
    music: Sequence[Music] = field(default=())

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return round(self.seconds * self.rate)

    def in_small(self) -> "Story":
        """Return the same in a tenth of its size, and no longer than its first two seconds."""
        width, height = (side // 20 * 2 for side in self.size)
        return replace(
            self,
            size=(width, height),
            seconds=2.0,
            segments=[_cut(one, 2.0) for one in self.segments if one.start < 1.0],
            overlays=[_cut(one, 2.0) for one in self.overlays if one.start < 1.0],
            music=[_cut(one, 2.0) for one in self.music if one.start < 1.0],
        )


def _cut(one: One, end: float) -> One:
    return replace(one, length=end - one.start)


def _slides() -> Story:
    enters = [f"{way}{side}" for side in DIRECTIONS for way in ("carousel", "wipe")]
    segments = [
        Segment(
            source=f"photo{number}.jpg",
            start=3.0 * number,
            length=3.0 if number == 9 else 4.0,
            enter=enters[number % len(enters)] if number else None,
        )
        for number in range(10)
    ]
    return Story(name="T3", size=(1920, 1080), seconds=30.0, segments=segments)


def _many() -> Story:
    segments = [
        Segment(
            source=f"film{number // 5 * 2 + number % 5 // 3}.mp4"
            if number % 5 in (1, 3)
            else f"photo{number % 10}.jpg",
            start=3.0 * number,
            length=3.0,
            zoom=None if number % 5 in (1, 3) else (1.0, 1.2),
            trim=1.0 if number % 5 in (1, 3) else 0.0,
        )
        for number in range(20)
    ]
    titles = [
        Overlay(source=f"title{number % 3}.png", start=5.0 * number, length=3.0, fades=True)
        for number in range(12)
    ]
    logos = [
        Overlay(source="logo.png", start=7.0 * number + 1, length=4.0, x=0.9, y=0.12, slide=0.3)
        for number in range(8)
    ]
    return Story(
        name="T5",
        size=(1280, 720),
        seconds=60.0,
        segments=segments,
        overlays=[*titles, *logos],
        music=[Music(source="music.wav", length=60.0, volume=0.5)],
    )


STORIES: Mapping[str, Story] = {
    one.name: one
    for one in (
        Story(
            name="T1",
            size=(1920, 1080),
            seconds=10.0,
            segments=[
                Segment(source="photo0.jpg", start=0.0, length=5.5, zoom=(1.0, 1.3)),
                Segment(source="photo1.jpg", start=4.5, length=5.5, zoom=(1.3, 1.0), enter="fade"),
            ],
            overlays=[Overlay(source="title0.png", start=0.5, length=4.0, fades=True)],
            music=[Music(source="music.wav", length=10.0)],
        ),
        Story(
            name="T2",
            size=(1280, 720),
            seconds=10.0,
            segments=[Segment(source="film0.mp4", start=0.0, length=10.0, trim=2.0)],
            overlays=[
                Overlay(source="title1.png", start=0.5, length=4.0, fades=True),
                Overlay(source="logo.png", start=0.0, length=10.0, x=0.85, y=0.85, opacity=0.7),
            ],
            music=[
                Music(source="music.wav", length=10.0, volume=0.5),
                Music(source="voice.wav", length=6.0, start=0.5),
            ],
        ),
        _slides(),
        Story(
            name="gif",
            size=(480, 270),
            seconds=4.0,
            rate=12,
            format="gif",
            segments=[Segment(source="photo2.jpg", start=0.0, length=4.0, zoom=(1.0, 1.2))],
            overlays=[Overlay(source="title2.png", start=0.5, length=3.0, fades=True)],
        ),
        _many(),
    )
}
