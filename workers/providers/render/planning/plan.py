"""The plan of a render: what each frame shows and what is heard, before anything is decoded."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from shared.errors import InputUnusable
from workers.providers.render.colours import read_colour
from workers.providers.render.meaning.script import (
    Capture,
    Envelope,
    Picture,
    PictureDoor,
    Piece,
    Plan,
    Shot,
    Size,
    Sound,
    Span,
    Target,
)
from workers.providers.render.parts import Facts
from workers.providers.render.planning import clips, copying, shots, sounds, spans, targets, timing
from workers.providers.render.planning.clips import Tracks, sources_needed
from workers.providers.render.planning.timing import Times, exact

__all__ = [
    "Capture",
    "Envelope",
    "Picture",
    "PictureDoor",
    "Piece",
    "Plan",
    "Shot",
    "Sound",
    "Span",
    "Target",
    "make",
    "sources_needed",
]

_USUAL_SIZE, _USUAL_RATE = (1280, 720), Fraction(25)


def make(given: Mapping[str, Any], facts: Mapping[str, Facts]) -> Plan:
    """Plan the input of a job: a timeline, a stitch, or a trim.

    ``facts`` are those of the files, by where the input names them. Raises
    :class:`~shared.errors.InputUnusable`, with the place in the input, for what cannot be.
    """
    output: Mapping[str, Any] = given.get("output") or {}
    timeline: Mapping[str, Any] = given.get("timeline") or {}
    _check_all_known(given, facts)
    tracks = clips.tracks_of(given, facts)
    times = timing.resolve(tracks, facts)
    end = max(one.end for one in times.values())
    size, rate = _canvas(output, tracks, facts)
    window = _window(output, end, rate)
    heard = _heard(tracks, timeline, times, facts, end, window)
    frames = -int(-window.length * rate // 1)
    target = targets.target(output, size, frames, rate)
    staging = shots.Staging(facts, times, frame=size, rate=rate, window=window)
    seen = tuple(staging.shots(tracks))
    plan = Plan(
        size=size,
        rate=rate,
        begin=window.start,
        length=window.length,
        frames=frames if target.has_picture else 0,
        background=read_colour(timeline.get("background"))[:3],
        shots=seen if target.has_picture else (),
        sounds=heard if target.has_sound and not output.get("mute") else (),
        target=target,
        warnings=tuple(shots.warnings_of(tracks, times, facts)),
    )
    return replace(plan, spans=spans.spans_of(plan), copy=copying.pieces(plan, facts))


def _check_all_known(given: Mapping[str, Any], facts: Mapping[str, Facts]) -> None:
    missing = [path for path in clips.media_needed(given) if path not in facts]
    if missing:
        raise InputUnusable(f"`{missing[0]}` could not be read.")


def _canvas(
    output: Mapping[str, Any], tracks: Tracks, facts: Mapping[str, Facts]
) -> tuple[Size, Fraction]:
    """Return size and rate of the frames: as asked for, or as the first video has them.

    Only a stitch or a trim may ask for none; a timeline has no first video.
    """
    is_timeline = tracks[0][0].path.startswith("timeline.")
    sources = [] if is_timeline else [facts[clip.source] for clip in tracks[0] if clip.source]
    films = [known for known in sources if known.kind in ("video", "animation")]
    sizes = [known.size for known in films if known.size]
    rates = [known.frame_rate for known in films if known.frame_rate]
    size = targets.canvas(output) or (targets.even(sizes[0]) if sizes else _USUAL_SIZE)
    rate = targets.rate(output) or (targets.near_rate(rates[0]) if rates else _USUAL_RATE)
    return size, rate


def _window(output: Mapping[str, Any], end: Fraction, rate: Fraction) -> Times:
    """Return the stretch of the timeline that is rendered; raises :class:`InputUnusable`."""
    asked = output.get("range") or {}
    start = exact(asked.get("start") or 0)
    if start >= end:
        raise InputUnusable(
            f"`output.range.start` is not before the end of the timeline, {float(end):g} s."
        )
    if output.get("format") in ("jpg", "png"):
        return Times(start=start, length=1 / rate)
    left = end - start
    length = exact(asked["length"]) if asked.get("length") is not None else left
    if length <= 0:
        raise InputUnusable("`output.range.length` must be more than 0 seconds.")
    return Times(start=start, length=min(length, left))


def _heard(
    tracks: Tracks,
    timeline: Mapping[str, Any],
    times: Mapping[str, Times],
    facts: Mapping[str, Facts],
    end: Fraction,
    window: Times,
) -> tuple[Sound, ...]:
    all_clips = [clip for track in tracks for clip in track]
    music = sounds.soundtrack(timeline.get("soundtrack"), facts, end, window)
    return (*sounds.sounds_of(all_clips, times, facts, window), *music)
