"""How large each picture is drawn, and at which size it is best prepared."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workers.providers.render.meaning.curves import Curve
from workers.providers.render.meaning.geometry import WHOLE, Rect, Size
from workers.providers.render.meaning.script import Layout, Shot
from workers.providers.render.meaning.semantics import is_settled, pose

# At how many moments a moving shot is looked at to find where it is largest.
_LOOKS = 33
# No picture is prepared with more pixels than this, or than four frames have, nor with a side
# that cannot be moved.
_MOST_PIXELS = 16_000_000
_LONGEST_SIDE = 16_384


def cropped(given: Mapping[str, Any] | None) -> Rect:
    """Return the part that is left when shares of each side are cut off."""
    if not given:
        return WHOLE
    left, top = float(given.get("left") or 0), float(given.get("top") or 0)
    right, bottom = 1 - float(given.get("right") or 0), 1 - float(given.get("bottom") or 0)
    return Rect(left, top, max(left, right), max(top, bottom))


def lay_out(native: Size, crop: Rect, box: tuple[float, float], fit: str) -> Layout:
    """Fit a picture of that size, of which a part may be seen, into a box."""
    seen = (native[0] * crop.width, native[1] * crop.height)
    if seen[0] <= 0 or seen[1] <= 0:
        return Layout(element=(0.0, 0.0), picture=Rect(0, 0, 0, 0), crop=crop)
    across, down = box[0] / seen[0], box[1] / seen[1]
    match fit:
        case "crop":
            across = down = max(across, down)
        case "contain":
            across = down = min(across, down)
        case "none":
            across = down = 1.0
    drawn = (seen[0] * across, seen[1] * down)
    element = drawn if fit in ("contain", "none") else (float(box[0]), float(box[1]))
    left = (element[0] - drawn[0]) / 2 - crop.left * native[0] * across
    top = (element[1] - drawn[1]) / 2 - crop.top * native[1] * down
    whole = Rect(left, top, left + native[0] * across, top + native[1] * down)
    return Layout(element=element, picture=whole, crop=crop)


def prepared(shot: Shot, native: Size, frame: Size) -> Shot:
    """Return a shot with the size at which its picture is best prepared.

    That is as large as it is ever seen, and not above its own size, but where it stands still:
    then it is made to fit the pixels of the frame.
    """
    if is_settled(shot.moves):
        shot = _snapped(shot, frame) if shot.kind == "video" else shot
        seen = _largest(shot, frame)
        if seen[0] * seen[1] <= 2 * frame[0] * frame[1]:
            return replace(shot, size=_bounded((round(seen[0]), round(seen[1])), frame))
    seen = _largest(shot, frame)
    # What is above a whole pixel by a rounding error is not above it.
    wide, high = (math.ceil(side - 1e-6) for side in seen)
    return replace(shot, size=_bounded((min(native[0], wide), min(native[1], high)), frame))


def on_pixels(shot: Shot, frame: Size) -> Shot:
    """Move a shot that is drawn at its own size onto whole pixels, so that letters stay crisp."""
    moves = replace(shot.moves, come=None, go=None)
    if not is_settled(moves) or moves.scale.value != 1:
        return shot
    here = pose(replace(shot, moves=moves), 0.0, frame).affine
    if not here.is_upright or here.a < 0 or here.e < 0:
        return shot
    across = moves.offset_x.value + (round(here.c) - here.c) / frame[0]
    down = moves.offset_y.value - (round(here.f) - here.f) / frame[1]
    placed = replace(shot.moves, offset_x=Curve(across), offset_y=Curve(down))
    return replace(shot, moves=placed)


def _snapped(shot: Shot, frame: Size) -> Shot:
    """Lay a video that fills the frame on even pixels: so its frames need not be moved."""
    layout, here = shot.layout, pose(shot, float(shot.length) / 2, frame)
    upright = here.affine.is_upright and here.affine.a > 0 and here.affine.e > 0
    corner = (here.affine.c - layout.picture.left, here.affine.f - layout.picture.top)
    fills = layout.element == frame and shot.moves.scale.value == 1 and corner == (0, 0)
    if not upright or not fills or layout.crop != WHOLE:
        return shot
    picture = Rect(
        math.floor(layout.picture.left / 2) * 2,
        math.floor(layout.picture.top / 2) * 2,
        math.ceil(layout.picture.right / 2) * 2,
        math.ceil(layout.picture.bottom / 2) * 2,
    )
    return replace(shot, layout=replace(layout, picture=picture))


def _largest(shot: Shot, frame: Size) -> tuple[float, float]:
    """Return how wide and high the whole picture is drawn at its largest."""
    # Transitions make nothing larger, and effects are at their most at an end.
    resting = replace(shot, moves=replace(shot.moves, come=None, go=None))
    maps = [pose(resting, at, frame).affine for at in _moments(shot)]
    return max(math.hypot(one.a, one.d) for one in maps), max(
        math.hypot(one.b, one.e) for one in maps
    )


def _moments(shot: Shot) -> list[float]:
    length, moves = float(shot.length), shot.moves
    curves = (moves.scale, moves.skew_x, moves.skew_y)
    if all(curve.is_constant for curve in curves):
        return [0.0, length]
    even = [length * at / (_LOOKS - 1) for at in range(_LOOKS)]
    return even + [at for curve in curves for at in curve.corners() if 0 <= at <= length]


def _bounded(size: Size, frame: Size) -> Size:
    most = max(_MOST_PIXELS, 4 * frame[0] * frame[1])
    share = min(1.0, math.sqrt(most / max(1, size[0] * size[1])))
    wide, high = (round(min(_LONGEST_SIDE, max(1, side * share))) for side in size)
    return wide, high
