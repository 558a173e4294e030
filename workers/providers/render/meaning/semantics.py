"""What transitions, effects and placing mean: where a clip is seen at a second of it."""

import math
from dataclasses import dataclass

from shared.timelines import names
from workers.providers.render.meaning import transitions
from workers.providers.render.meaning.amounts import EFFECT_SCALE
from workers.providers.render.meaning.geometry import Affine, Rect, Size, turned
from workers.providers.render.meaning.script import Layout, Moves, Shot

POSITIONS = names.POSITIONS


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a picture is seen at one moment.

    ``affine`` takes the unit square, which is the whole picture, to pixels of the frame; ``cut``
    is the part of that square that shows, and ``window``, in pixels of the frame, outside of which
    nothing does. Borders between pixels are blended by the share of the pixel that they leave.
    """

    affine: Affine
    cut: Rect
    opacity: float
    window: Rect | None = None

    @property
    def shows(self) -> bool:
        """Whether there is anything to see."""
        return (
            self.opacity > 0
            and abs(self.affine.area) > 1e-9
            and self.cut.width > 0
            and self.cut.height > 0
        )


def pose(shot: Shot, seconds: float, frame: Size) -> Pose:
    """Return where a shot is seen at a second of the clip, on a frame of that size."""
    moves = shot.moves
    scale = max(0.0, moves.scale.at(seconds))
    element = (shot.layout.element[0] * scale, shot.layout.element[1] * scale)
    picture, cut = _affected(shot, scale, seconds)
    placed = _placed(moves, element, seconds, frame)
    placed, share, window = transitions.change(shot, seconds, placed, element, frame)
    opacity = min(1.0, max(0.0, moves.opacity.at(seconds))) * share
    on_frame = Affine(picture.width, 0, picture.left, 0, picture.height, picture.top).then(placed)
    return Pose(on_frame, cut, opacity, window)


def is_settled(moves: Moves) -> bool:
    """Tell whether a clip stays where it is, and as large, for all of its time."""
    curves = (moves.scale, moves.offset_x, moves.offset_y, moves.angle, moves.skew_x, moves.skew_y)
    return (
        moves.effect is None
        and all(curve.is_constant for curve in curves)
        and not transitions.moves(moves.come)
        and not transitions.moves(moves.go)
    )


def is_steady(shot: Shot) -> bool:
    """Tell whether every frame of a shot between its transitions looks the same."""
    return is_settled(shot.moves) and shot.moves.opacity.is_constant and not shot.changes


def fills(here: Pose, frame: Size) -> bool:
    """Tell whether a picture without clear places hides all that lies below it."""
    if here.window is not None or here.opacity < 1 or not here.shows:
        return False
    # A thousandth of a pixel is no gap.
    slack = (
        1e-3 / math.hypot(here.affine.a, here.affine.d),
        1e-3 / math.hypot(here.affine.b, here.affine.e),
    )
    back = here.affine.back()
    corners = (back(x, y) for x in (0, frame[0]) for y in (0, frame[1]))
    return all(
        here.cut.left - slack[0] <= x <= here.cut.right + slack[0]
        and here.cut.top - slack[1] <= y <= here.cut.bottom + slack[1]
        for x, y in corners
    )


def _affected(shot: Shot, scale: float, seconds: float) -> tuple[Rect, Rect]:
    """Return the whole picture within the element, in pixels, and the part of it that shows."""
    layout, (zoom, across, down) = shot.layout, _effect(shot, seconds)
    width, height = layout.element[0] * scale, layout.element[1] * scale
    zoomed = scale * zoom
    left = width / 2 + (layout.picture.left - layout.element[0] / 2) * zoomed + across * width
    top = height / 2 + (layout.picture.top - layout.element[1] / 2) * zoomed + down * height
    picture = Rect(
        left,
        top,
        left + layout.picture.width * zoomed,
        top + layout.picture.height * zoomed,
    )
    return picture, _cut(layout, picture, width, height)


def _cut(layout: Layout, picture: Rect, width: float, height: float) -> Rect:
    if picture.width <= 0 or picture.height <= 0:
        return Rect(0, 0, 0, 0)
    return Rect(
        max(layout.crop.left, -picture.left / picture.width),
        max(layout.crop.top, -picture.top / picture.height),
        min(layout.crop.right, (width - picture.left) / picture.width),
        min(layout.crop.bottom, (height - picture.top) / picture.height),
    )


def _effect(shot: Shot, seconds: float) -> tuple[float, float, float]:
    """Return zoom and shift, in shares of the element, of an effect."""
    base, speed = transitions.split(shot.moves.effect)
    if base is None:
        return 1.0, 0.0, 0.0
    most = EFFECT_SCALE[speed]
    gone = min(1.0, max(0.0, seconds / float(shot.length)))
    if base == "zoomIn":
        return 1 + (most - 1) * gone, 0.0, 0.0
    if base == "zoomOut":
        return most + (1 - most) * gone, 0.0, 0.0
    across, down = transitions.WAYS[base.removeprefix("slide")]
    way = (most - 1) * (gone - 0.5)
    return most, across * way, down * way


def _placed(moves: Moves, element: tuple[float, float], seconds: float, frame: Size) -> Affine:
    """Return the map from the element's own pixels to the frame's."""
    (width, height), (x, y) = element, moves.position
    left = (frame[0] - width) * (1 + x) / 2 + moves.offset_x.at(seconds) * frame[0]
    top = (frame[1] - height) * (1 + y) / 2 - moves.offset_y.at(seconds) * frame[1]
    centred = Affine(c=-width / 2, f=-height / 2)
    flip = Affine(a=-1.0 if moves.flip_x else 1.0, e=-1.0 if moves.flip_y else 1.0)
    skew = Affine(b=moves.skew_x.at(seconds), d=moves.skew_y.at(seconds))
    turn = turned(moves.angle.at(seconds))
    back = Affine(c=left + width / 2, f=top + height / 2)
    return centred.then(flip).then(skew).then(turn).then(back)
