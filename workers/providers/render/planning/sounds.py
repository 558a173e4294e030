"""What is heard: sounds of clips and of the soundtrack, each with how loud it is."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from shared.errors import InputUnusable
from workers.providers.render.meaning import curves
from workers.providers.render.meaning.amounts import FADE_SECONDS
from workers.providers.render.meaning.curves import Curve, Tween
from workers.providers.render.meaning.script import Envelope, Sound
from workers.providers.render.parts import Facts
from workers.providers.render.planning.timing import Clip, Times, exact

_SOUNDTRACK = "timeline.soundtrack"


def sounds_of(
    clips: Iterable[Clip],
    times: Mapping[str, Times],
    facts: Mapping[str, Facts],
    window: Times,
) -> Iterator[Sound]:
    """Yield what clips let hear within a window of the timeline; raises :class:`InputUnusable`."""
    for clip in clips:
        if clip.type not in ("audio", "video") or clip.source is None:
            continue
        known = facts[clip.source]
        if clip.type == "audio":
            check_heard(clip.source, known)
            clip.check_trim(known)
        if not known.has_audio:
            continue
        effect = clip.asset.get("volumeEffect" if clip.type == "video" else "effect")
        sound = _sound(clip.path, clip.source, clip.asset, effect, times[clip.path], known, window)
        if sound:
            yield sound


def soundtrack(
    given: Mapping[str, Any] | None, facts: Mapping[str, Facts], end: Fraction, window: Times
) -> Iterator[Sound]:
    """Yield the soundtrack, if there is one, for as long as the timeline lasts."""
    if not given:
        return
    source = f"{_SOUNDTRACK}.src"
    check_heard(source, facts[source])
    times = Times(start=Fraction(0), length=end)
    sound = _sound(_SOUNDTRACK, source, given, given.get("effect"), times, facts[source], window)
    if sound:
        yield sound


def check_heard(source: str, known: Facts) -> None:
    """Raise :class:`InputUnusable` for a file without sound."""
    if not known.has_audio:
        raise InputUnusable(f"`{source}` has no sound.")


def _sound(
    path: str,
    source: str,
    asset: Mapping[str, Any],
    effect: str | None,
    times: Times,
    known: Facts,
    window: Times,
) -> Sound | None:
    trim, speed = exact(asset.get("trim") or 0), exact(asset.get("speed") or 1)
    length = times.length
    if known.duration is not None:
        length = min(length, (known.duration - trim) / speed)
    volume = _loudness(asset.get("volume"))
    first = max(times.start, window.start)
    last = min(times.start + length, window.end)
    if last <= first or volume == Curve(0.0):
        return None
    lead, fade = first - times.start, min(FADE_SECONDS, float(length) / 2)
    return Sound(
        path=path,
        source=source,
        start=first - window.start,
        length=last - first,
        trim=trim + lead * speed,
        speed=speed,
        gain=Envelope(
            volume=volume,
            length=float(length),
            fade_in=fade if effect in ("fadeIn", "fadeInFadeOut") else 0.0,
            fade_out=fade if effect in ("fadeOut", "fadeInFadeOut") else 0.0,
            lead=float(lead),
        ),
    )


def _loudness(given: Any) -> Curve:
    """Read a volume; what is beyond 0 to 1 is held back to it."""
    curve = curves.read(given, 1.0)
    return Curve(_held(curve.value), tuple(_quieter(tween) for tween in curve.tweens))


def _quieter(tween: Tween) -> Tween:
    return Tween(
        first=_held(tween.first),
        last=_held(tween.last),
        start=tween.start,
        length=tween.length,
        easing=tween.easing,
    )


def _held(value: float) -> float:
    return min(1.0, max(0.0, value))
