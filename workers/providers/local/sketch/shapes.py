"""Figures made of simple parts, and how they become round, shaded pictures."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from workers.providers.local.sketch import canvas, colour, noise
from workers.providers.local.sketch.colour import Plane, Rgb

Points: TypeAlias = tuple[tuple[float, ...], ...]
_TALLEST = 700  # figures are drawn this tall at most, then stretched
_FIXED = {"dark": "#26211f", "eye": "#141214", "pale": "#f3e9da", "white": "#f6f4ef"}


@dataclass(frozen=True)
class Part:
    """A piece of a figure; the figure is 1 tall, and down is positive.

    A limb is a chain of circles (x, y, radius); a blob is a rounded outline; a facet a sharp one.
    The tone is "coat" for the figure's own colour, "coat-" or "coat+" for darker or lighter,
    a fixed name, a colour code, or "glow" and a code for what shines by itself.
    """

    kind: str
    tone: str
    points: Points


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Something that can stand in a picture."""

    aspect: float
    parts: tuple[Part, ...]
    coat: str
    size: float = 0.34  # height as a share of the picture's unit
    stands: str = "ground"  # ground | water | air | table
    home: str = "field"  # the place it suits when the prompt names none


@dataclass(frozen=True)
class Sprite:
    """A painted figure: its colours, where they cover, where they shine, and its size.

    A very large figure is painted smaller and stretched when it is put into the picture.
    """

    planes: Plane
    mask: Plane
    shine: Plane
    tall: int
    wide: int

    def stretched(self, plane: Plane) -> Plane:
        """Return one of its planes at its size in the picture."""
        return noise.resize(plane, self.tall, self.wide)


def limb(tone: str, *points: tuple[float, float, float]) -> Part:
    """Return a chain of circles joined smoothly."""
    return Part("limb", tone, points)


def blob(tone: str, *points: tuple[float, float]) -> Part:
    """Return a rounded outline."""
    return Part("blob", tone, points)


def facet(tone: str, *points: tuple[float, float]) -> Part:
    """Return a sharp outline."""
    return Part("facet", tone, points)


def disc(tone: str, x: float, y: float, across: float, down: float | None = None) -> Part:
    """Return an ellipse by its centre and radii."""
    return Part("disc", tone, ((x, y, across, across if down is None else down),))


def box(tone: str, left: float, top: float, right: float, bottom: float) -> Part:
    """Return an upright rectangle."""
    return facet(tone, (left, top), (right, top), (right, bottom), (left, bottom))


def mirrored(figure_parts: Iterable[Part], aspect: float) -> tuple[Part, ...]:
    """Turn parts to face the other way."""
    return tuple(
        Part(part.kind, part.tone, tuple((aspect - p[0], *p[1:]) for p in part.points))
        for part in figure_parts
    )


def render(figure: Figure, coat: Rgb, height: float) -> Sprite:
    """Paint a figure this many pixels tall."""
    drawn = max(6, min(round(height), _TALLEST))
    size = (max(4, round(drawn * figure.aspect)), drawn)
    planes = np.zeros((3, size[1], size[0]), dtype=np.float32)
    mask = np.zeros((size[1], size[0]), dtype=np.float32)
    shine = np.zeros_like(mask)
    for (tone, is_round), parts in groupby(figure.parts, key=_layer):
        layer = _Layer.drawn(list(parts), size, is_round=is_round)
        if layer is not None:
            layer.lay(planes, mask, shine, tone, coat)
    return Sprite(planes, mask, shine, max(6, round(height)), max(4, round(height * figure.aspect)))


def outline(points: Sequence[tuple[float, ...]], steps: int = 8) -> list[tuple[float, float]]:
    """Return a closed curve through all the points."""
    found = np.array([p[:2] for p in points])
    before, after = np.roll(found, 1, axis=0), np.roll(found, -1, axis=0)
    beyond = np.roll(found, -2, axis=0)
    curve = [
        0.5 * (2 * found + (after - before) * t)
        + 0.5 * (2 * before - 5 * found + 4 * after - beyond) * t * t
        + 0.5 * (3 * found - before - 3 * after + beyond) * t**3
        for t in np.linspace(0, 1, steps, endpoint=False)
    ]
    return [(float(x), float(y)) for x, y in np.stack(curve, axis=1).reshape(-1, 2)]


def tone_colour(tone: str, coat: Rgb) -> Rgb:
    """Return the colour that a part's tone means on a figure with this coat."""
    if tone.startswith("coat"):
        change = 0.085 * (tone.count("+") - tone.count("-"))
        return colour.adjust(coat, lightness=change)
    return colour.parse(_FIXED.get(tone, tone.removeprefix("glow")))


def _layer(part: Part) -> tuple[str, bool]:
    return part.tone, part.kind == "limb" or part.kind == "blob"


@dataclass(frozen=True)
class _Layer:
    """Neighbouring parts of one tone, drawn together so that they grow into each other."""

    left: int
    top: int
    mask: Plane
    relief: Plane

    @staticmethod
    def drawn(parts: list[Part], size: tuple[int, int], *, is_round: bool) -> "_Layer | None":
        scale = size[1]
        left, top, right, bottom = _bounds(parts, scale, size)
        if right <= left or bottom <= top:
            return None
        fine = 2 if scale > 260 else 4
        paper = Image.new("L", ((right - left) * fine, (bottom - top) * fine))
        pen = ImageDraw.Draw(paper)
        for part in parts:
            _draw(pen, part, scale * fine, (left * fine, top * fine))
        if is_round:
            paper = paper.filter(ImageFilter.GaussianBlur(scale * fine * 0.006))
            paper = paper.point([max(0, min(255, (level - 96) * 4)) for level in range(256)])
        small = paper.reduce(fine)
        soft = small.filter(ImageFilter.GaussianBlur(max(scale * 0.035, 1)))
        return _Layer(left, top, canvas.as_mask(small), _relief(canvas.as_mask(soft), scale))

    def lay(self, planes: Plane, mask: Plane, shine: Plane, tone: str, coat: Rgb) -> None:
        rows = slice(self.top, self.top + self.mask.shape[0])
        columns = slice(self.left, self.left + self.mask.shape[1])
        glows = tone.startswith("glow")
        lightness = np.float32(1) if glows else 1 + self.relief
        # At the outer edge nothing lies beneath, and the tone must not mix with black.
        cover = np.where(mask[rows, columns] > 0, self.mask, self.mask > 0)
        for plane, part in zip(planes, tone_colour(tone, coat), strict=True):
            target = plane[rows, columns]
            target += cover * (np.float32(part) * lightness - target)
        mask[rows, columns] = np.maximum(mask[rows, columns], self.mask)
        lamp = shine[rows, columns]
        lamp += self.mask * (np.float32(glows) - lamp)


def _relief(soft: Plane, scale: int) -> Plane:
    """Light a flat piece from above and the left as if it were round."""
    step = max(1, scale // 60)
    wide = np.pad(soft, step)
    above = wide[: -2 * step, step:-step] - wide[2 * step :, step:-step]
    beside = wide[step:-step, : -2 * step] - wide[step:-step, 2 * step :]
    return np.clip(-(above * 0.9 + beside * 0.45) * np.float32(0.62), -0.34, 0.3)


def _bounds(parts: list[Part], scale: int, size: tuple[int, int]) -> tuple[int, int, int, int]:
    corners = [corner for part in parts for corner in _corners(part)]
    margin = 0.03 * scale + 2
    left = max(0, int(min(c[0] for c in corners) * scale - margin))
    top = max(0, int(min(c[1] for c in corners) * scale - margin))
    right = min(size[0], int(max(c[0] for c in corners) * scale + margin) + 1)
    bottom = min(size[1], int(max(c[1] for c in corners) * scale + margin) + 1)
    return left, top, right, bottom


def _corners(part: Part) -> Iterator[tuple[float, float]]:
    for point in part.points:
        across = point[2] if len(point) > 2 else 0.0
        down = point[-1] if len(point) > 2 else 0.0
        yield point[0] - across, point[1] - down
        yield point[0] + across, point[1] + down


def _draw(pen: ImageDraw.ImageDraw, part: Part, scale: int, origin: tuple[int, int]) -> None:
    def at(x: float, y: float) -> tuple[float, float]:
        return x * scale - origin[0], y * scale - origin[1]

    if part.kind == "limb":
        _draw_limb(pen, [(*at(x, y), r * scale) for x, y, r in part.points])
    elif part.kind == "disc":
        ((x, y, across, down),) = part.points
        pen.ellipse([*at(x - across, y - down), *at(x + across, y + down)], fill=255)
    else:
        corners = outline(part.points) if part.kind == "blob" else part.points
        pen.polygon([at(point[0], point[1]) for point in corners], fill=255)


def _draw_limb(pen: ImageDraw.ImageDraw, joints: list[tuple[float, float, float]]) -> None:
    for x, y, r in joints:
        pen.ellipse([x - r, y - r, x + r, y + r], fill=255)
    for (x, y, r), (far_x, far_y, far_r) in pairwise(joints):
        length = max(float(np.hypot(far_x - x, far_y - y)), 1e-6)
        side = (-(far_y - y) / length, (far_x - x) / length)
        pen.polygon(
            [
                (x + side[0] * r, y + side[1] * r),
                (far_x + side[0] * far_r, far_y + side[1] * far_r),
                (far_x - side[0] * far_r, far_y - side[1] * far_r),
                (x - side[0] * r, y - side[1] * r),
            ],
            fill=255,
        )
