"""How clips come and go: what each transition does to where they are, and how much shows."""

from workers.providers.render.meaning.amounts import (
    SHUFFLE_DEGREES,
    SHUFFLE_SHARE,
    SLIDE_SHARE,
    TRANSITION_SECONDS,
)
from workers.providers.render.meaning.curves import smooth
from workers.providers.render.meaning.geometry import Affine, Rect, Size, common, turned
from workers.providers.render.meaning.script import Shot, Transition

WAYS = {"Left": (-1.0, 0.0), "Right": (1.0, 0.0), "Up": (0.0, -1.0), "Down": (0.0, 1.0)}
_SIDES = {"Left": (-1.0, 0.0), "Right": (1.0, 0.0), "Top": (0.0, -1.0), "Bottom": (0.0, 1.0)}
# A reveal is a wipe; this way when it comes, that way when it goes.
_REVEAL = ("wipeRight", "wipeLeft")
_MOVING = ("slide", "carousel", "shuffle", "zoom")


def read(name: str | None) -> Transition | None:
    """Read the name of a transition, with its speed."""
    base, speed = split(name)
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


def moves(transition: Transition | None) -> bool:
    """Tell whether a transition moves what it shows."""
    return transition is not None and transition.name.startswith(_MOVING)


def split(name: str | None) -> tuple[str | None, str]:
    """Return the name of a move without its speed, and that."""
    if not name or name == "none":
        return None, ""
    for speed in ("Slow", "Fast"):
        if name.endswith(speed):
            return name.removesuffix(speed), speed
    return name, ""


def change(
    shot: Shot, seconds: float, placed: Affine, element: tuple[float, float], frame: Size
) -> tuple[Affine, float, Rect | None]:
    """Return the map of an element to the frame, a factor of its opacity, and its window.

    ``placed`` is its map without transitions, ``element`` its size. The window is what is open
    of the frame, in pixels.
    """
    opacity, window = 1.0, None
    for transition, there, leaving in _going(shot, seconds):
        name = _REVEAL[leaving] if transition.name == "reveal" else transition.name
        away = 1 - smooth(there)
        if name.startswith(("fade", "slide")):
            opacity *= there
        if name.startswith("wipe"):
            whole = placed.bounds(Rect(0.0, 0.0, *element))
            opened = _wiped(whole, name.removeprefix("wipe"), 1 - away, leaving=leaving)
            window = common(window, opened) if window else opened
        elif name != "fade":
            placed = _moved(name, placed, element, away, frame, leaving=leaving)
    return placed, opacity, window


def _going(shot: Shot, seconds: float) -> list[tuple[Transition, float, bool]]:
    """Return the transitions going on: how much of the clip is there, of 1, and if it leaves."""
    going: list[tuple[Transition, float, bool]] = []
    come, go, left = shot.moves.come, shot.moves.go, float(shot.length) - seconds
    if come and seconds < come.seconds:
        going.append((come, max(0.0, seconds / come.seconds), False))
    if go and left < go.seconds:
        going.append((go, max(0.0, left / go.seconds), True))
    return going


def _moved(
    name: str,
    placed: Affine,
    element: tuple[float, float],
    away: float,
    frame: Size,
    *,
    leaving: bool,
) -> Affine:
    """Return the map of an element that is on its way, a share of 1 away from its place."""
    if name == "zoom":
        return _around_centre(placed, element, Affine(a=1 - away, e=1 - away))
    if name.startswith("shuffle"):
        return _shuffled(placed, element, name.removeprefix("shuffle"), away, frame)
    x, y = WAYS[name.removeprefix("slide").removeprefix("carousel")]
    if not leaving:
        x, y = -x, -y
    if name.startswith("slide"):
        share = away * SLIDE_SHARE
        return placed.moved(x * share * frame[0], y * share * frame[1])
    across, down = _way_out(placed.bounds(Rect(0.0, 0.0, *element)), x, y, frame)
    return placed.moved(across * away, down * away)


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
    farthest = _around_centre(placed, element, turned(degrees))
    across, down = _way_out(farthest.bounds(Rect(0.0, 0.0, *element)), *first, frame)
    across += second[0] * SHUFFLE_SHARE * frame[0]
    down += second[1] * SHUFFLE_SHARE * frame[1]
    on_its_way = _around_centre(placed, element, turned(degrees * away))
    return on_its_way.moved(across * away, down * away)


def _way_out(bounds: Rect, x: float, y: float, frame: Size) -> tuple[float, float]:
    """Return the shift along one direction after which nothing is left within the frame."""
    across = max(0.0, frame[0] - bounds.left) if x > 0 else max(0.0, bounds.right)
    down = max(0.0, frame[1] - bounds.top) if y > 0 else max(0.0, bounds.bottom)
    return x * across, y * down


def _wiped(bounds: Rect, way: str, opened: float, *, leaving: bool) -> Rect:
    """Return what is open of a rectangle while a border sweeps over it: a share from one side."""
    x, y = WAYS[way]
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
