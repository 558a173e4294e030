"""Clips that take their times from each other: every name is one clip's, and none leads back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ALIAS = "alias://"

# A clip's place, and its field `start` or `length`.
Time = tuple["Place", str]


@dataclass(frozen=True)
class Place:
    """A clip: the number of its track, and its own on it."""

    track: int
    clip: int


def faults(tracks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is wrong with the names of clips, as a schema of a timeline tells it."""
    wrong: dict[int, Any] = {}
    for place, field, message in _Names(tracks).faults():
        clips = wrong.setdefault(place.track, {"clips": {}})["clips"]
        clips.setdefault(place.clip, {}).setdefault(field, []).append(message)
    return {"tracks": wrong} if wrong else {}


def alias(value: object) -> str | None:
    """Return the name in ``alias://name``; nothing of anything else."""
    is_alias = isinstance(value, str) and value.startswith(ALIAS)
    return str(value).removeprefix(ALIAS) if is_alias else None


class _Names:
    def __init__(self, tracks: Sequence[Mapping[str, Any]]) -> None:
        self._clips = {
            Place(at, position): clip
            for at, track in enumerate(tracks)
            for position, clip in enumerate(track["clips"])
        }
        self._named: dict[str, Place] = {}
        self._again: list[Place] = []
        for place, clip in self._clips.items():
            if "alias" in clip and self._named.setdefault(clip["alias"], place) != place:
                self._again.append(place)

    def faults(self) -> Iterator[tuple[Place, str, str]]:
        for place in self._again:
            name = self._clips[place]["alias"]
            yield place, "alias", f"Another clip is {name!r} already."
        settled: set[Time] = set()
        for place, clip in self._clips.items():
            for field in ("start", "length"):
                name = alias(clip[field])
                if name is not None and name not in self._named:
                    yield place, field, f"No clip is named {name!r}."
                elif name is not None and self._leads_back((place, field), settled):
                    yield place, field, "Clips cannot wait for each other in a circle."

    def _leads_back(self, first: Time, settled: set[Time]) -> bool:
        """Say whether a time needs itself; what needs none such is settled, and not asked again."""
        under_way, path = {first}, [(first, self._needed(first))]
        while path:
            time, needed = path[-1]
            following = next(needed, None)
            if following is None:
                path.pop()
                under_way.discard(time)
                settled.add(time)
            elif following in under_way:
                return True
            elif following not in settled:
                under_way.add(following)
                path.append((following, self._needed(following)))
        return False

    def _needed(self, time: Time) -> Iterator[Time]:
        """Yield what must be known before this time is."""
        place, field = time
        value = self._clips[place][field]
        name = alias(value)
        if name in self._named:
            yield self._named[str(name)], field
        elif value == "auto" and field == "start" and place.clip > 0:
            before = Place(place.track, place.clip - 1)
            yield from ((before, "start"), (before, "length"))
