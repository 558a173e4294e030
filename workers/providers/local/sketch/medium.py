"""What a picture is made with: brushes and oil, or water and paper."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from workers.providers.local.sketch import noise
from workers.providers.local.sketch.canvas import Canvas, as_mask, box_blur
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import Plane

_PAPER = (0.985, 0.972, 0.945)
# Length and width of a stroke as shares of the unit, how many, and how busy a place must be.
_STROKES = (
    (0.06, 0.014, 1700, 0.0),
    (0.034, 0.0075, 3600, 0.006),
    (0.018, 0.004, 5200, 0.02),
    (0.011, 0.0028, 4200, 0.05),
)


def brush(image: Image.Image, unit: float, chance: Chance) -> Image.Image:
    """Paint the picture over again with brush strokes, large ones first."""
    rng = chance.stream("strokes")
    step = max(1, round(unit / 420))
    small = image.resize(
        (max(2, image.width // step), max(2, image.height // step)), Image.Resampling.BOX
    )
    guide = np.asarray(small, dtype=np.float32)
    flow, busy = _flow(guide, rng)
    painted = image.filter(ImageFilter.GaussianBlur(unit / 400))
    pen = ImageDraw.Draw(painted)
    area = image.width * image.height / unit**2
    for long, wide, count, threshold in _STROKES:
        _lay_strokes(
            pen,
            image.size,
            guide,
            flow,
            busy,
            rng,
            (long * unit, wide * unit, int(count * min(area, 2.2)), threshold),
        )
    return _with_relief(painted, unit, rng)


def soak(canvas: Canvas, chance: Chance) -> None:
    """Let the picture run as watercolour does: pigment gathers at edges, the paper shows."""
    rng = chance.stream("paper")
    shape = canvas.height, canvas.width
    tooth = noise.field(rng, shape, cell=max(canvas.unit / 240, 2), octaves=2)
    thin = noise.field(rng, shape, cell=max(canvas.unit / 9, 4), octaves=8, gain=0.66) * 0.1
    thin += np.float32(0.8) + tooth * np.float32(0.028)
    np.clip(thin, 0.3, 1.0, out=thin)
    thin *= _ragged_page(canvas, rng)
    edge = _pigment_edges(canvas)
    for plane, white in zip(canvas.planes, _PAPER, strict=True):
        np.clip(plane, 0, 1, out=plane)
        plane -= edge + np.float32(white)
        plane *= thin
        plane += tooth * np.float32(0.008) + np.float32(white)


def _pigment_edges(canvas: Canvas) -> Plane:
    bright = canvas.planes.mean(axis=0)
    reach = max(1.0, canvas.unit / 260)
    edge = np.clip(box_blur(bright, reach) - bright, 0, 0.25)
    return np.asarray(edge * np.float32(0.7), dtype=np.float32)


def _ragged_page(canvas: Canvas, rng: np.random.Generator) -> Plane:
    y = np.arange(canvas.height, dtype=np.float32)[:, None] + 0.5
    x = np.arange(canvas.width, dtype=np.float32)[None, :] + 0.5
    inside = np.minimum(np.minimum(y, canvas.height - y), np.minimum(x, canvas.width - x))
    shape = canvas.height, canvas.width
    rough = noise.field(rng, shape, cell=max(canvas.unit / 7, 4), octaves=6, gain=0.6)
    return noise.smoothstep(0.024, 0.034, inside / np.float32(canvas.unit) + rough * 0.011)


def _flow(guide: Plane, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """Return which way to draw at each place, and how much goes on there."""
    light = box_blur(guide.mean(axis=2) / 255, 2)
    down, across = np.gradient(light)
    wander = noise.field(rng, light.shape, cell=max(light.shape[1] / 4, 3), octaves=3)
    strength = np.hypot(down, across)
    own = np.arctan2(across, -down)
    angle = np.where(strength > 0.006, own, wander * 0.9)
    return angle.astype(np.float32), strength.astype(np.float32)


def _lay_strokes(
    pen: ImageDraw.ImageDraw,
    size: tuple[int, int],
    guide: Plane,
    flow: Plane,
    busy: Plane,
    rng: np.random.Generator,
    kind: tuple[float, float, int, float],
) -> None:
    long, wide, count, threshold = kind
    rows, columns = flow.shape
    at = rng.random((count, 2))
    row, column = (at[:, 0] * rows).astype(int), (at[:, 1] * columns).astype(int)
    wanted = busy[row, column] >= threshold
    row, column, at = row[wanted], column[wanted], at[wanted]
    angle = flow[row, column] + rng.normal(0, 0.13, len(row))
    one = (len(row), 1)
    tone = guide[row, column] * (1 + rng.normal(0, 0.028, one))
    tones = np.clip(tone + rng.normal(0, 2.4, tone.shape), 0, 255).astype(int).tolist()
    half = long * rng.uniform(0.35, 0.6, len(row)) * np.clip(1.1 - busy[row, column] * 8, 0.5, 1.1)
    along = np.stack([np.cos(angle) * half, np.sin(angle) * half], axis=1)
    side = np.stack([-np.sin(angle), np.cos(angle)], axis=1) * rng.uniform(0.3, 0.55, one) * wide
    corners = _outlines(at[:, ::-1] * size, along, side, side * rng.normal(0, 0.9, one))
    for outline, fill in zip(corners.reshape(len(row), 16).tolist(), tones, strict=True):
        pen.polygon(outline, fill=(fill[0], fill[1], fill[2]))


def _outlines(centre: Plane, along: Plane, side: Plane, bow: Plane) -> Plane:
    """Return eight corners for each stroke, a little bowed and pointed at both ends."""
    corners = [
        centre - along,
        centre - along * 0.7 + side,
        centre + side * 1.1 + bow,
        centre + along * 0.75 + side * 0.8,
        centre + along,
        centre + along * 0.7 - side * 0.8,
        centre - side * 1.1 + bow,
        centre - along * 0.75 - side,
    ]
    return np.stack(corners, axis=1)


def _with_relief(painted: Image.Image, unit: float, rng: np.random.Generator) -> Image.Image:
    """Light the ridges of the paint from the side, over the weave of the canvas."""
    height = as_mask(painted.convert("L").filter(ImageFilter.GaussianBlur(unit / 1700)))
    weave = rng.standard_normal((128, 128), dtype=np.float32)
    weave = (weave + np.roll(weave, 1, axis=0) + np.roll(weave, 1, axis=1)) * 0.008
    weave = np.tile(weave, (painted.height // 128 + 1, painted.width // 128 + 1))
    step = max(1, round(unit / 1000))
    slope = height[step:, step:] - height[:-step, :-step]
    relief = weave[: painted.height, : painted.width]
    relief[step:, step:] += np.clip(slope, -0.16, 0.16) * 0.42
    relief += 1
    bands = [
        Image.fromarray(np.clip(np.asarray(band) * relief, 0, 255).astype(np.uint8))
        for band in painted.split()
    ]
    return Image.merge("RGB", bands)
