"""Rectangles, areas of whole pixels, and maps of the plane."""

import math
from dataclasses import dataclass

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle by its four borders; what the numbers count is said where one is used."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From border to border."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From border to border."""
        return self.bottom - self.top


WHOLE = Rect(0.0, 0.0, 1.0, 1.0)


def common(one: Rect, other: Rect) -> Rect:
    """Return what lies in both; turned inside out if nothing does."""
    return Rect(
        max(one.left, other.left),
        max(one.top, other.top),
        min(one.right, other.right),
        min(one.bottom, other.bottom),
    )


@dataclass(frozen=True, slots=True)
class Area:
    """Pixels of a frame, by whole borders that are even."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, rect: Rect, frame: Size) -> "Area":
        """Return the least area around a rectangle, within a frame of even sides."""
        width, height = frame
        left = math.floor(min(max(rect.left, 0), width) / 2) * 2
        top = math.floor(min(max(rect.top, 0), height) / 2) * 2
        right = math.ceil(min(max(rect.right, 0), width) / 2) * 2
        bottom = math.ceil(min(max(rect.bottom, 0), height) / 2) * 2
        return cls(left, top, right, bottom)

    @property
    def size(self) -> Size:
        """Width and height."""
        return self.right - self.left, self.bottom - self.top

    @property
    def is_empty(self) -> bool:
        """Whether it has no pixels."""
        return self.right <= self.left or self.bottom <= self.top

    @property
    def luma(self) -> tuple[slice, slice]:
        """Rows and columns of it in a full plane."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def chroma(self) -> tuple[slice, slice]:
        """Rows and columns of it in a halved plane."""
        rows = slice(self.top // 2, (self.bottom + 1) // 2)
        return rows, slice(self.left // 2, (self.right + 1) // 2)

    def moved(self, across: int, down: int) -> "Area":
        """Return it elsewhere."""
        return Area(self.left + across, self.top + down, self.right + across, self.bottom + down)


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


def turned(degrees: float) -> Affine:
    """Return a turn clockwise about the origin; by quarters, rows stay exact."""
    if degrees % 360 == 0:
        return Affine()
    if degrees % 360 == 180:
        return Affine(a=-1.0, e=-1.0)
    angle = math.radians(degrees)
    return Affine(math.cos(angle), -math.sin(angle), 0.0, math.sin(angle), math.cos(angle), 0.0)
