"""The clips of an input: those of a timeline, or what a stitch and a trim are as one."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.errors import InputUnusable
from workers.providers.render.parts import Facts
from workers.providers.render.planning.timing import Clip, exact

Tracks = list[list[Clip]]


def tracks_of(given: Mapping[str, Any], facts: Mapping[str, Facts]) -> Tracks:
    """Return the tracks of an input, the top one first; raises :class:`InputUnusable`."""
    if "timeline" in given:
        return _of_timeline(given["timeline"])
    if "clips" in given:
        return [_of_stitch(given["clips"], facts)]
    return [[_of_trim(given, facts)]]


def sources_needed(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the address of each file that an input needs, by where the input names it."""
    if "timeline" not in given:
        clips = given.get("clips")
        named = {f"clips[{n}].src": one["src"] for n, one in enumerate(clips or ())}
        return named if clips is not None else {"src": given["src"]}
    timeline = given["timeline"]
    clips = (clip for track in _of_timeline(timeline) for clip in track)
    needed = {clip.source: clip.asset["src"] for clip in clips if clip.source}
    if soundtrack := timeline.get("soundtrack"):
        needed["timeline.soundtrack.src"] = soundtrack["src"]
    for number, font in enumerate(timeline.get("fonts") or ()):
        needed[f"timeline.fonts[{number}].src"] = font["src"]
    return needed


def media_needed(given: Mapping[str, Any]) -> list[str]:
    """Return the places of the files that show or sound: of those, facts are needed."""
    needed = sources_needed(given)
    if "timeline" not in given:
        return list(needed)
    words = {
        clip.source
        for track in _of_timeline(given["timeline"])
        for clip in track
        if clip.type == "caption"
    }
    return [path for path in needed if path not in words and ".fonts[" not in path]


def _of_timeline(timeline: Mapping[str, Any]) -> Tracks:
    return [
        list(_of_track(track["clips"], number, f"timeline.tracks[{number}]"))
        for number, track in enumerate(timeline["tracks"])
    ]


def _of_track(clips: list[Mapping[str, Any]], track: int, path: str) -> Iterator[Clip]:
    for number, given in enumerate(clips):
        place = f"{path}.clips[{number}]"
        source = f"{place}.asset.src" if given["asset"].get("src") else None
        yield Clip(path=place, source=source, track=track, number=number, given=given)


def _of_stitch(clips: list[Mapping[str, Any]], facts: Mapping[str, Facts]) -> list[Clip]:
    joined = []
    for number, one in enumerate(clips):
        path = f"clips[{number}]"
        known = facts.get(f"{path}.src")
        kind = "image" if known and known.kind == "image" else "video"
        asset = {"type": kind, "src": one["src"], "trim": one.get("trim") or 0}
        given = {"asset": asset, "start": "auto", "length": one.get("length") or "auto"}
        joined.append(Clip(path=path, source=f"{path}.src", track=0, number=number, given=given))
    return joined


def _of_trim(given: Mapping[str, Any], facts: Mapping[str, Facts]) -> Clip:
    start, length = exact(given["start"]), exact(given["length"])
    known = facts.get("src")
    if known and known.duration is not None:
        if start >= known.duration:
            raise InputUnusable(
                f"`start` is not before the end of the source, which lasts"
                f" {float(known.duration):g} seconds."
            )
        length = min(length, known.duration - start)
    asset = {"type": "video", "src": given["src"], "trim": start}
    clip = {"asset": asset, "start": 0, "length": length}
    return Clip(path="src", source="src", track=0, number=0, given=clip)
