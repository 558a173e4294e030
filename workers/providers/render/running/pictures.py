"""Where the pictures of a plan come from: files that are opened, and words, pages and shapes."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from shared.errors import InputUnusable
from workers.providers.render.drawing import captions, html, shapes, words
from workers.providers.render.faults import SourceUnusable
from workers.providers.render.meaning.script import Picture, Plan, Shot, Size
from workers.providers.render.parts import Facts, Planes
from workers.providers.render.reading import reels, stills

# What stills may take together that no shot shows right now; in bytes.
_KEPT = 64 * 1024 * 1024

_Draw = Callable[[Mapping[str, Any], Size, Size], Planes]
_DRAWN: Mapping[str, _Draw] = {
    "title": words.draw,
    "text": words.draw,
    "rich-text": words.draw,
    "html": html.draw,
    "shape": shapes.draw,
}


class Pictures:
    """Opens what shots show. Stills that were shown lately are kept, as slides come again."""

    def __init__(self, plan: Plan, sources: Mapping[str, Path], facts: Mapping[str, Facts]) -> None:
        self._plan, self._sources, self._facts = plan, sources, facts
        self._stills: OrderedDict[tuple[Path, Size], Planes] = OrderedDict()

    def open(self, shot: Shot) -> Picture:
        """Open what a shot shows; raises :class:`InputUnusable` with its place."""
        if shot.kind in _DRAWN:
            return _Still(_DRAWN[shot.kind](shot.asset, shot.size, self._plan.size))
        place = shot.source or shot.path
        try:
            return _Placed(self._opened(shot, place), place)
        except SourceUnusable as error:
            raise _at(place, error) from error

    def _opened(self, shot: Shot, place: str) -> Picture:
        file = self._sources[place]
        if shot.kind == "image":
            return _Still(self._still(file, self._facts[place], shot.size))
        if shot.kind == "caption":
            return captions.open(file, shot.asset, shot.size, self._plan.size)
        return reels.open(file, self._facts[place], shot.size)

    def _still(self, file: Path, facts: Facts, size: Size) -> Planes:
        planes = self._stills.pop((file, size), None) or stills.load(file, facts, size)
        self._stills[file, size] = planes
        while len(self._stills) > 1 and sum(map(_bytes, self._stills.values())) > _KEPT:
            self._stills.popitem(last=False)
        return planes


class _Still:
    """A picture that stays."""

    def __init__(self, planes: Planes) -> None:
        self._planes = planes

    def at(self, seconds: Fraction) -> Planes:  # noqa: ARG002
        return self._planes

    def close(self) -> None:
        pass


class _Placed:
    """A picture out of a file; what is wrong with that is said with its place."""

    def __init__(self, picture: Picture, place: str) -> None:
        self._picture, self._place = picture, place

    def at(self, seconds: Fraction) -> Planes:
        try:
            return self._picture.at(seconds)
        except SourceUnusable as error:
            raise _at(self._place, error) from error

    def close(self) -> None:
        self._picture.close()


def _at(place: str, error: SourceUnusable) -> InputUnusable:
    return InputUnusable(f"`{place}`: {error.message}")


def _bytes(planes: Planes) -> int:
    parts = (planes.y, planes.u, planes.v, planes.a, planes.ac)
    return sum(part.nbytes for part in parts if part is not None)
