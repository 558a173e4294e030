"""Frames that are kept as pictures of their own: the poster and the thumbnail of a film."""

from collections.abc import Iterator
from pathlib import Path

from shared.jobs.status import Role
from workers.providers.render.meaning.script import Capture, Plan
from workers.providers.render.parts import Planes
from workers.providers.render.reading import probe, reels
from workers.providers.render.writing.encode import write_still

# A film for which no poster is asked for gets the one of this second: it may begin in the dark.
_USUAL_SECOND = 1
_USUAL_QUALITY = 90


class Posters:
    """What is wanted of the frames that go by."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._wanted = tuple(_wanted(plan))
        self._kept: dict[int, Planes] = {}

    def see(self, number: int, planes: Planes) -> None:
        """Keep a frame, if it is wanted."""
        if any(number == capture.frame for _, _, capture in self._wanted):
            self._kept[number] = planes

    def look_into(self, film: Path) -> None:
        """Keep the frames that are wanted out of a film that is written already."""
        reel = reels.open(film, probe.look(film), self._plan.target.size)
        try:
            for _, _, capture in self._wanted:
                self._kept[capture.frame] = reel.at(capture.frame / self._plan.rate)
        finally:
            reel.close()

    def write(self, folder: Path) -> Iterator[tuple[str, Role]]:
        """Write what was kept, and say what it is."""
        for name, role, capture in self._wanted:
            if capture.frame in self._kept:
                planes = self._kept[capture.frame]
                write_still(planes, folder / name, size=capture.size, quality=_USUAL_QUALITY)
                yield name, role


def _wanted(plan: Plan) -> Iterator[tuple[str, Role, Capture]]:
    target = plan.target
    if target.thumbnail is not None:
        yield "thumbnail.jpg", Role.THUMBNAIL, target.thumbnail
    poster = target.poster
    if poster is None and target.format in ("mp4", "webm"):
        frame = min(plan.frames // 2, int(_USUAL_SECOND * plan.rate))
        poster = Capture(frame=frame, size=target.size)
    if poster is not None:
        yield "poster.jpg", Role.POSTER, poster
