"""When an output is nothing but parts of its sources, so that they may be copied."""

from collections.abc import Mapping
from fractions import Fraction

from workers.providers.render.meaning.curves import FULL
from workers.providers.render.meaning.geometry import WHOLE, Rect
from workers.providers.render.meaning.script import Moves, Piece, Plan, Shot, Sound
from workers.providers.render.parts import Facts

_CODEC, _FORMATS, _SOUND = "h264", ("yuv420p",), (None, "aac")


def pieces(plan: Plan, facts: Mapping[str, Facts]) -> tuple[Piece, ...]:
    """Return the parts that, one after the other, are the whole output; none if it is more."""
    target, shots = plan.target, sorted(plan.shots, key=lambda one: one.first)
    if target.format != "mp4" or target.size != plan.size or target.poster or target.thumbnail:
        return ()
    borders = [0, *(shot.stop for shot in shots)]
    if [*(shot.first for shot in shots), plan.frames] != borders:
        return ()
    if not all(_is_plain(shot, facts, plan) for shot in shots):
        return ()
    known = [facts[shot.source] for shot in shots if shot.source]
    if len({(one.codec, one.format, one.sound_codec) for one in known}) != 1:
        return ()
    heard = [sound.source for sound in plan.sounds if _is_untouched(sound)]
    with_sound = [shot.source for shot in shots if shot.source and facts[shot.source].has_audio]
    if len(heard) != len(plan.sounds) or sorted(heard) != sorted(with_sound):
        return ()
    return tuple(_piece(shot, facts, plan) for shot in shots)


def _piece(shot: Shot, facts: Mapping[str, Facts], plan: Plan) -> Piece:
    source = shot.source or ""
    gone = max(Fraction(0), plan.begin - shot.start)
    left = min(shot.start + shot.length, plan.begin + plan.length) - shot.start - gone
    start, duration = shot.trim + gone, facts[source].duration
    whole = start == 0 and duration is not None and left >= duration
    return Piece(source=source, start=start, length=left, whole=whole)


def _is_plain(shot: Shot, facts: Mapping[str, Facts], plan: Plan) -> bool:
    known, width, height = facts.get(shot.source or ""), *plan.size
    if known is None or shot.kind != "video" or known.duration is None:
        return False
    as_stored = known.size == known.coded == plan.size and not known.rotation
    codecs = known.codec == _CODEC and known.format in _FORMATS and known.sound_codec in _SOUND
    as_is = shot.moves == Moves() and shot.speed == 1 and not shot.filter and shot.solid
    inside = shot.trim + shot.length <= known.duration + 1 / plan.rate
    fits = shot.layout.picture == Rect(0, 0, width, height) and shot.layout.crop == WHOLE
    return as_stored and codecs and as_is and inside and fits and known.frame_rate == plan.rate


def _is_untouched(sound: Sound) -> bool:
    gain = sound.gain
    return gain.volume == FULL and not gain.fade_in and not gain.fade_out and sound.speed == 1
