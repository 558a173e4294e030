"""When each clip starts and how long it shows: ``auto``, ``end`` and aliases as seconds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from shared.errors import InputUnusable
from workers.providers.render.meaning.amounts import STILL_SECONDS
from workers.providers.render.parts import Facts

_ALIAS = "alias://"
_Side = Literal["start", "length"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip as it is given: its place in the input, its address's place, its track and number."""

    path: str
    source: str | None
    track: int
    number: int
    given: Mapping[str, Any]

    @property
    def asset(self) -> Mapping[str, Any]:
        """What it shows or plays."""
        asset: Mapping[str, Any] = self.given["asset"]
        return asset

    @property
    def type(self) -> str:
        """Which type of asset that is."""
        return str(self.asset["type"])

    def place(self, field: str) -> str:
        """Return where the input names a field of the asset."""
        inside = ".asset" if self.path.startswith("timeline.") else ""
        return f"{self.path}{inside}.{field}"

    def check_trim(self, known: Facts) -> None:
        """Raise :class:`InputUnusable` if its part of a file begins where that has ended."""
        trim = exact(self.asset.get("trim") or 0)
        if trim and known.duration is not None and trim >= known.duration:
            raise InputUnusable(
                f"`{self.place('trim')}` is not before the end of the file, which lasts"
                f" {float(known.duration):g} seconds."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When a clip starts, and how long it lasts, in exact seconds of the timeline."""

    start: Fraction
    length: Fraction

    @property
    def end(self) -> Fraction:
        """When it is over."""
        return self.start + self.length


def exact(value: Any) -> Fraction:
    """Return a number as it is written: 0.1 is one tenth."""
    return value if isinstance(value, Fraction) else Fraction(str(value))


def natural_length(clip: Clip, facts: Facts | None) -> Fraction:
    """Return how long a clip lasts by itself; raises :class:`InputUnusable` if nothing tells."""
    is_film = facts is not None and (facts.kind != "animation" or clip.type == "video")
    if facts is None or facts.kind == "image" or not is_film:
        return Fraction(STILL_SECONDS)
    if facts.duration is None:
        raise InputUnusable(
            f"`{clip.path}.length` is needed: the file does not tell how long it is."
        )
    return (facts.duration - exact(clip.asset.get("trim") or 0)) / exact(
        clip.asset.get("speed") or 1
    )


def resolve(tracks: Sequence[Sequence[Clip]], facts: Mapping[str, Facts]) -> dict[str, Times]:
    """Return the times of all clips, by their paths; raises :class:`InputUnusable`."""
    return _Resolver(tracks, facts).all()


class _Resolver:
    """Follows what clips say of each other, and notices when that runs in a circle."""

    def __init__(self, tracks: Sequence[Sequence[Clip]], facts: Mapping[str, Facts]) -> None:
        self._tracks, self._facts = tracks, facts
        self._clips = [clip for track in tracks for clip in track]
        self._aliases = {
            clip.given["alias"]: clip for clip in self._clips if clip.given.get("alias")
        }
        self._found: dict[tuple[str, _Side], Fraction] = {}
        self._asked: set[tuple[str, _Side]] = set()

    def all(self) -> dict[str, Times]:
        return {
            clip.path: Times(start=self._get(clip, "start"), length=self._get(clip, "length"))
            for clip in self._clips
        }

    def _get(self, clip: Clip, side: _Side) -> Fraction:
        key = (clip.path, side)
        if key not in self._found:
            if key in self._asked:
                raise InputUnusable(f"`{clip.path}.{side}` depends on itself.")
            self._asked.add(key)
            self._found[key] = self._start(clip) if side == "start" else self._length(clip)
        return self._found[key]

    def _start(self, clip: Clip) -> Fraction:
        given = clip.given.get("start", "auto")
        if given == "auto":
            before = self._tracks[clip.track][clip.number - 1] if clip.number else None
            return (
                self._get(before, "start") + self._get(before, "length") if before else Fraction(0)
            )
        if isinstance(given, str):
            return self._get(self._named(clip, "start", given), "start")
        return exact(given)

    def _length(self, clip: Clip) -> Fraction:
        given = clip.given.get("length", "auto")
        length = self._asked_length(clip, given)
        if length <= 0:
            raise InputUnusable(f"`{clip.path}.length` leaves nothing: {_nothing_left(given)}")
        return length

    def _asked_length(self, clip: Clip, given: Any) -> Fraction:
        if given == "end":
            return self._until_the_end(clip)
        if given == "auto":
            return natural_length(clip, self._facts.get(clip.source or ""))
        if isinstance(given, str):
            return self._get(self._named(clip, "length", given), "length")
        return exact(given)

    def _until_the_end(self, clip: Clip) -> Fraction:
        others = [one for one in self._clips if one.given.get("length") != "end"]
        if not others:
            return natural_length(clip, self._facts.get(clip.source or ""))
        end = max(self._get(one, "start") + self._get(one, "length") for one in others)
        return end - self._get(clip, "start")

    def _named(self, clip: Clip, side: _Side, given: str) -> Clip:
        found = self._aliases.get(given.removeprefix(_ALIAS))
        if found is None:
            raise InputUnusable(f"`{clip.path}.{side}`: no clip has the alias {given!r}.")
        return found


def _nothing_left(given: Any) -> str:
    if given == "end":
        return "the clip starts when everything else is over."
    if given == "auto":
        return "`trim` is not before the end of the file."
    return "it must be more than 0 seconds."
