"""What transitions, effects and placing mean: where a clip is seen at a second of it."""

import math
from dataclasses import dataclass

from shared.timelines import names
from workers.providers.render.curves import smooth
from workers.providers.render.script import Layout, Moves, Rect, Shot, Size, Transition

# Seconds of a transition, by the end of its name.
TRANSITION_SECONDS = {"": 1.0, "Slow": 2.0, "Fast": 0.5}
# How much larger an effect draws at its most, by the end of its name.
EFFECT_SCALE = {"": 1.2, "Slow": 1.1, "Fast": 1.4}
# How far a sliding transition moves, as a share of the frame.
SLIDE_SHARE = 0.1
# How far a shuffled clip turns, in degrees, and how far to the side of the frame it comes from.
SHUFFLE_DEGREES = 30.0
SHUFFLE_SHARE = 0.25
# Seconds over which a sound fades, half of it at the most.
FADE_SECONDS = 2.0
# Seconds that something without a length of its own shows.
STILL_SECONDS = 3

POSITIONS = names.POSITIONS
_WAYS = {"Left": (-1.0, 0.0), "Right": (1.0, 0.0), "Up": (0.0, -1.0), "Down": (0.0, 1.0)}
_SIDES = {"Left": (-1.0, 0.0), "Right": (1.0, 0.0), "Top": (0.0, -1.0), "Bottom": (0.0, 1.0)}
# A reveal is a wipe; this way when it comes, that way when it goes.
_REVEAL = ("wipeRight", "wipeLeft")
_MOVING = ("slide", "carousel", "shuffle", "zoom")


@dataclass(frozen=True, slots=True)
class Affine:
    """A map of the plane: ``(a x + b y + c, d x + e y + f)``."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 1.0
    f: float = 0.0

    def then(self, other: "Affine") -> "Affine":
        """Return this map followed by another one."""
        return Affine(
            other.a * self.a + other.b * self.d,
            other.a * self.b + other.b * self.e,
            other.a * self.c + other.b * self.f + other.c,
            other.d * self.a + other.e * self.d,
            other.d * self.b + other.e * self.e,
            other.d * self.c + other.e * self.f + other.f,
        )

    def moved(self, across: float, down: float) -> "Affine":
        """Return this map followed by a shift."""
        return Affine(self.a, self.b, self.c + across, self.d, self.e, self.f + down)

    def back(self) -> "Affine":
        """Return the map that undoes this one; its area must not be 0."""
        area = self.area
        a, b, d, e = self.e / area, -self.b / area, -self.d / area, self.a / area
        return Affine(a, b, -(a * self.c + b * self.f), d, e, -(d * self.c + e * self.f))

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f

    @property
    def area(self) -> float:
        """How large the unit square becomes; negative if it is mirrored."""
        return self.a * self.e - self.b * self.d

    @property
    def is_upright(self) -> bool:
        """Whether rows stay rows: no turn and no skew."""
        return self.b == 0.0 and self.d == 0.0

    def bounds(self, of: Rect) -> Rect:
        """Return the upright rectangle around what a rectangle becomes."""
        corners = [self(x, y) for x in (of.left, of.right) for y in (of.top, of.bottom)]
        across, down = [x for x, _ in corners], [y for _, y in corners]
        return Rect(min(across), min(down), max(across), max(down))


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
    opacity = min(1.0, max(0.0, moves.opacity.at(seconds)))
    window: Rect | None = None
    for transition, gone, leaving in _transitions(shot, seconds):
        placed, share, window = _transit(transition, gone, leaving, placed, element, frame, window)
        opacity *= share
    on_frame = Affine(picture.width, 0, picture.left, 0, picture.height, picture.top).then(placed)
    return Pose(on_frame, cut, opacity, window)


def is_settled(moves: Moves) -> bool:
    """Tell whether a clip stays where it is, and as large, for all of its time."""
    curves = (moves.scale, moves.offset_x, moves.offset_y, moves.angle, moves.skew_x, moves.skew_y)
    return (
        moves.effect is None
        and all(curve.is_constant for curve in curves)
        and not any(one and one.name.startswith(_MOVING) for one in (moves.come, moves.go))
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


def transition(name: str | None) -> Transition | None:
    """Read the name of a transition, with its speed."""
    base, speed = _split(name)
    return Transition(name=base, seconds=TRANSITION_SECONDS[speed]) if base else None


def fitted(
    come: Transition | None, go: Transition | None, length: float
) -> tuple[Transition | None, Transition | None]:
    """Shorten both transitions of a clip alike if they are longer than it."""
    both = sum(one.seconds for one in (come, go) if one)
    if both <= length:
        return come, go
    share = length / both
    shorter = [one and Transition(name=one.name, seconds=one.seconds * share) for one in (come, go)]
    return shorter[0], shorter[1]


def _split(name: str | None) -> tuple[str | None, str]:
    if not name or name == "none":
        return None, ""
    for speed in ("Slow", "Fast"):
        if name.endswith(speed):
            return name.removesuffix(speed), speed
    return name, ""


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
    base, speed = _split(shot.moves.effect)
    if base is None:
        return 1.0, 0.0, 0.0
    most = EFFECT_SCALE[speed]
    gone = min(1.0, max(0.0, seconds / float(shot.length)))
    if base == "zoomIn":
        return 1 + (most - 1) * gone, 0.0, 0.0
    if base == "zoomOut":
        return most + (1 - most) * gone, 0.0, 0.0
    across, down = _WAYS[base.removeprefix("slide")]
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
    turn = _turned(moves.angle.at(seconds))
    back = Affine(c=left + width / 2, f=top + height / 2)
    return centred.then(flip).then(skew).then(turn).then(back)


def _turned(degrees: float) -> Affine:
    """Return a turn clockwise about the origin; by quarters, rows stay exact."""
    if degrees % 360 == 0:
        return Affine()
    if degrees % 360 == 180:
        return Affine(a=-1.0, e=-1.0)
    angle = math.radians(degrees)
    return Affine(math.cos(angle), -math.sin(angle), 0.0, math.sin(angle), math.cos(angle), 0.0)


def _transitions(shot: Shot, seconds: float) -> list[tuple[Transition, float, bool]]:
    """Return the transitions going on: how much of the clip is there, of 1, and if it leaves."""
    going: list[tuple[Transition, float, bool]] = []
    come, go, left = shot.moves.come, shot.moves.go, float(shot.length) - seconds
    if come and seconds < come.seconds:
        going.append((come, max(0.0, seconds / come.seconds), False))
    if go and left < go.seconds:
        going.append((go, max(0.0, left / go.seconds), True))
    return going


def _transit(
    transition: Transition,
    there: float,
    leaving: bool,  # noqa: FBT001 - what `_transitions` told
    placed: Affine,
    element: tuple[float, float],
    frame: Size,
    window: Rect | None,
) -> tuple[Affine, float, Rect | None]:
    """Return the element's map, a factor of its opacity, and its window, amid a transition."""
    name = _REVEAL[leaving] if transition.name == "reveal" else transition.name
    whole, away = Rect(0.0, 0.0, *element), 1 - smooth(there)
    if name == "fade":
        return placed, there, window
    if name == "zoom":
        return _around_centre(placed, element, Affine(a=1 - away, e=1 - away)), 1.0, window
    if name.startswith("wipe"):
        opened = _wiped(placed.bounds(whole), name.removeprefix("wipe"), 1 - away, leaving=leaving)
        return placed, 1.0, opened if window is None else common(window, opened)
    if name.startswith("shuffle"):
        return _shuffled(placed, element, name.removeprefix("shuffle"), away, frame), 1.0, window
    way = _WAYS[name.removeprefix("slide").removeprefix("carousel")]
    x, y = way if leaving else (-way[0], -way[1])
    if name.startswith("slide"):
        share = away * SLIDE_SHARE
        return placed.moved(x * share * frame[0], y * share * frame[1]), there, window
    across, down = _way_out(placed.bounds(whole), x, y, frame)
    return placed.moved(across * away, down * away), 1.0, window


def _around_centre(placed: Affine, element: tuple[float, float], change: Affine) -> Affine:
    x, y = placed(element[0] / 2, element[1] / 2)
    return placed.moved(-x, -y).then(change).moved(x, y)


def _shuffled(
    placed: Affine, element: tuple[float, float], corner: str, away: float, frame: Size
) -> Affine:
    """Return the map of what is on its way to or from beyond a side, near a corner of it."""
    side = next(name for name in _SIDES if corner.startswith(name))
    first, second = _SIDES[side], _SIDES[corner.removeprefix(side)]
    degrees = SHUFFLE_DEGREES * (first[0] + second[0])
    farthest = _around_centre(placed, element, _turned(degrees))
    across, down = _way_out(farthest.bounds(Rect(0.0, 0.0, *element)), *first, frame)
    across += second[0] * SHUFFLE_SHARE * frame[0]
    down += second[1] * SHUFFLE_SHARE * frame[1]
    turned = _around_centre(placed, element, _turned(degrees * away))
    return turned.moved(across * away, down * away)


def _way_out(bounds: Rect, x: float, y: float, frame: Size) -> tuple[float, float]:
    """Return the shift along one direction after which nothing is left within the frame."""
    across = max(0.0, frame[0] - bounds.left) if x > 0 else max(0.0, bounds.right)
    down = max(0.0, frame[1] - bounds.top) if y > 0 else max(0.0, bounds.bottom)
    return x * across, y * down


def _wiped(bounds: Rect, way: str, opened: float, *, leaving: bool) -> Rect:
    """Return what is open of a rectangle while a border sweeps over it: a share from one side."""
    x, y = _WAYS[way]
    # Coming, it is what lies behind the border; leaving, what lies before it.
    from_the_end = (x + y < 0) != leaving
    left, top, right, bottom = bounds.left, bounds.top, bounds.right, bounds.bottom
    if x:
        across = bounds.width * opened
        left, right = (right - across, right) if from_the_end else (left, left + across)
    else:
        down = bounds.height * opened
        top, bottom = (bottom - down, bottom) if from_the_end else (top, top + down)
    return Rect(left, top, right, bottom)


def common(one: Rect, other: Rect) -> Rect:
    """Return what lies in both; turned inside out if nothing does."""
    return Rect(
        max(one.left, other.left),
        max(one.top, other.top),
        min(one.right, other.right),
        min(one.bottom, other.bottom),
    )
