"""Stretches of a plan on which the same things show, and what their frames cost."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from workers.providers.render.meaning.geometry import Size
from workers.providers.render.meaning.script import Plan, Shot, Span
from workers.providers.render.meaning.semantics import fills, is_steady, pose

# Milliseconds that a frame of 1080p takes of a usual processor, by what is done with it.
_PIXELS = 1920 * 1080
_ENCODING, _ENCODING_STILL = 31.0, 8.0
_MOVING, _STANDING, _DECODING = 7.0, 0.5, 9.0


def spans_of(plan: Plan) -> tuple[Span, ...]:
    """Cut all frames into spans."""
    cuts = _cuts(plan)
    return tuple(_span(plan, *ends) for ends in pairwise(cuts))


def _span(plan: Plan, first: int, stop: int) -> Span:
    seen: list[int] = []
    for at in range(len(plan.shots) - 1, -1, -1):
        shot = plan.shots[at]
        if shot.first <= first < shot.stop:
            seen.append(at)
            if _hides(plan, shot, first, stop):
                break
    seen.reverse()
    shots = [plan.shots[at] for at in seen]
    still = all(_stands(plan, shot, first, stop) for shot in shots)
    cost = _cost(shots, plan.size, is_static=still)
    return Span(first=first, stop=stop, shots=tuple(seen), is_static=still, cost=cost)


def _seconds(plan: Plan, shot: Shot, frame: int) -> float:
    return float(plan.time(frame) - shot.start)


def _hides(plan: Plan, shot: Shot, first: int, stop: int) -> bool:
    """Tell whether nothing below a shot is seen on these frames, all of one phase of it."""
    moves = shot.moves
    bent = (moves.scale, moves.offset_x, moves.offset_y, moves.angle, moves.opacity)
    if not shot.solid or not all(curve.is_constant for curve in bent):
        return False
    ends = (pose(shot, _seconds(plan, shot, at), plan.size) for at in (first, stop - 1))
    return all(fills(here, plan.size) for here in ends)


def _stands(plan: Plan, shot: Shot, first: int, stop: int) -> bool:
    come, go = shot.moves.come, shot.moves.go
    left = float(shot.length) - _seconds(plan, shot, stop - 1)
    amid = (come and _seconds(plan, shot, first) < come.seconds) or (go and left < go.seconds)
    masked = shot.mask is None or (is_steady(shot.mask) and _stands(plan, shot.mask, first, stop))
    return is_steady(shot) and not amid and masked


def _cuts(plan: Plan) -> list[int]:
    """Return the frames on which something comes, goes, or ends its transition."""
    cuts = {0, plan.frames}
    for shot in plan.shots:
        inner = []
        if shot.moves.come:
            inner.append(shot.start + Fraction(shot.moves.come.seconds))
        if shot.moves.go:
            inner.append(shot.start + shot.length - Fraction(shot.moves.go.seconds))
        cuts |= {shot.first, shot.stop}
        cuts |= {-int((plan.begin - at) * plan.rate // 1) for at in inner}
    return sorted(at for at in cuts if 0 <= at <= plan.frames)


def _cost(shots: Sequence[Shot], frame: Size, *, is_static: bool) -> float:
    share = frame[0] * frame[1] / _PIXELS
    total = (_ENCODING_STILL if is_static else _ENCODING) * share
    for shot in shots:
        area = min(1.0, shot.layout.element[0] * shot.layout.element[1] / (frame[0] * frame[1]))
        if not is_static:
            total += (_STANDING if is_steady(shot) else _MOVING) * share * area
        if shot.kind == "video":
            total += _DECODING * shot.size[0] * shot.size[1] / _PIXELS
    return total
