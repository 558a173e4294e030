"""Pictures without a subject: flowing paint, watercolour, ink, plain shapes and waves."""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw

from workers.providers.local.sketch import colour, noise
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.canvas import Canvas, as_mask
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import Plane, Rgb
from workers.providers.local.sketch.intent import Intent
from workers.providers.local.sketch.palette import family

_COARSE = 640


def paint_abstract(
    canvas: Canvas, intent: Intent, _air: Atmosphere, chance: Chance
) -> Iterator[float]:
    """Paint an abstract composition."""
    tones = family(intent, chance)
    kind = next((t for t in intent.techniques if t in _KINDS), "")
    kind = kind or chance.pick(
        "abstract kind", ("fluid", "fluid", "waves", "geometric", "watercolour")
    )
    yield 0.1
    yield from _KINDS[kind](canvas, tones, chance)


def _paint_fluid(canvas: Canvas, tones: list[Rgb], chance: Chance) -> Iterator[float]:
    """Fold noise into itself twice, as stirred paint does."""
    shape = _coarse(canvas)
    unit = canvas.unit * shape[1] / canvas.width
    rng = chance.stream("fluid")
    tile = noise.tile(rng, size=512, cells=6, gain=0.42)
    y = np.arange(shape[0], dtype=np.float32)[:, None] * np.float32(135 / unit) + np.zeros(
        (1, shape[1]), np.float32
    )
    x = np.arange(shape[1], dtype=np.float32)[None, :] * np.float32(135 / unit) + np.zeros_like(y)
    turn = np.float32(rng.uniform(0.5, 1.5))
    first = noise.sample(tile, x, y)
    second = noise.sample(tile, x + 170, y + 90)
    yield 0.3
    fold_x = noise.sample(tile, x + first * 42 * turn, y + second * 42)
    fold_y = noise.sample(tile, x + first * 38 + 77, y + second * 40 * turn + 210)
    yield 0.5
    value = noise.sample(tile, x * 0.8 + fold_x * 52, y * 0.8 + fold_y * 52)
    bands = np.sin(value * 2.3 + first * 0.8) * 0.5 + 0.5
    planes = colour.ramp(tones)[:, np.clip(bands * 255, 0, 255).astype(np.int32)]
    crease = np.clip((value - np.roll(value, (2, 2), axis=(0, 1))) * 1.5, -0.16, 0.22)
    planes = planes + crease + np.clip(fold_x - 1.1, 0, 1)[None] * 0.14
    yield 0.7
    canvas.fill(np.asarray(planes, dtype=np.float32))
    veins = noise.smoothstep(
        0.93, 0.995, noise.resize(np.cos(value * 3.1 + fold_y * 0.7), canvas.height, canvas.width)
    )
    canvas.blend(veins, tones[-1], strength=0.6)


def _paint_watercolour(canvas: Canvas, tones: list[Rgb], chance: Chance) -> Iterator[float]:
    """Let washes of colour run over paper, darker at their rims."""
    rng = chance.stream("washes")
    canvas.planes[:] = np.array([0.975, 0.962, 0.935], np.float32)[:, None, None]
    shape = _coarse(canvas)
    unit = canvas.unit * shape[1] / canvas.width
    fibres = noise.field(rng, shape, cell=max(unit / 50, 2), octaves=3)
    painted = np.stack([noise.resize(p, *shape) for p in canvas.planes])
    # From light to dark, as a watercolourist works; the paper itself is the lightest tone.
    light = [
        colour.adjust(t, lightness=max(0.0, 0.62 - colour.lightness(t)) * 0.8) for t in tones[1:]
    ]
    washes = [light[k % len(light)] for k in range(12)]
    for number, tone in enumerate(sorted(washes, key=colour.lightness, reverse=True)):
        wash = _wash(rng, shape, unit, number)
        rim = noise.smoothstep(0.0, 0.12, wash) * (1 - 0.55 * noise.smoothstep(0.08, 0.5, wash))
        body = noise.smoothstep(0.0, 0.1, wash)
        depth = np.clip(body * 0.4 + rim * 0.4 - noise.smoothstep(0.3, 0.9, wash) * 0.14, 0, 0.95)
        depth = depth * (1 + fibres * 0.06)
        for plane, part in zip(painted, tone, strict=True):
            plane *= 1 - depth * np.float32(1 - part)
        yield 0.15 + 0.06 * number
    canvas.fill(painted)
    _spatter(canvas, tones[:3], rng)


def _wash(rng: np.random.Generator, shape: tuple[int, int], unit: float, number: int) -> Plane:
    """Return one pool of paint: positive inside, and how far from its rim."""
    y = np.arange(shape[0], dtype=np.float32)[:, None] / np.float32(unit)
    x = np.arange(shape[1], dtype=np.float32)[None, :] / np.float32(unit)
    rough = noise.field(rng, shape, cell=unit / 3, octaves=6, gain=0.55)
    centre = rng.uniform(0.12, 0.88, 2) * (shape[0] / unit, shape[1] / unit)
    size = rng.uniform(0.14, 0.34) * (1.25 - number * 0.05) * (1.7 if number < 3 else 1)
    stretch = rng.uniform(0.6, 1.8)
    far = np.hypot((x - centre[1]) / stretch, (y - centre[0]) * stretch) / np.float32(size)
    return np.asarray(1.0 - far + rough * 0.3, dtype=np.float32)


def _spatter(canvas: Canvas, tones: list[Rgb], rng: np.random.Generator) -> None:
    for tone in tones:
        paper = Image.new("L", (canvas.width * 2, canvas.height * 2))
        pen = ImageDraw.Draw(paper)
        middle = rng.uniform(0.2, 0.8, 2)
        for _ in range(36):
            x = float(rng.normal(middle[0], 0.22)) * paper.width
            y = float(rng.normal(middle[1], 0.22)) * paper.height
            r = canvas.unit * 0.002 * float(rng.pareto(1.6) + 0.6)
            r = min(r, canvas.unit * 0.022)
            pen.ellipse([x - r, y - r, x + r, y + r], fill=int(rng.integers(120, 220)))
        canvas.blend(as_mask(paper.reduce(2)), tone, strength=0.75)


def _paint_ink(canvas: Canvas, tones: list[Rgb], chance: Chance) -> Iterator[float]:
    """Lay grey washes on rice paper, and a few black strokes of a dry brush."""
    rng = chance.stream("ink")
    canvas.planes[:] = np.array([0.955, 0.94, 0.905], np.float32)[:, None, None]
    shape = _coarse(canvas)
    unit = canvas.unit * shape[1] / canvas.width
    pale = colour.mix((0.2, 0.21, 0.24), tones[0], 0.3)
    for number in range(4):
        wash = noise.smoothstep(0.0, 0.5, _wash(rng, shape, unit, number)) * 0.3
        canvas.blend(noise.resize(wash, canvas.height, canvas.width), pale)
        yield 0.2 + 0.1 * number
    bristle = noise.field(
        rng, (canvas.height, canvas.width), cell=max(canvas.unit / 120, 2), octaves=2
    )
    for _ in range(5):
        stroke = _brush_stroke(canvas, rng)
        mask = noise.smoothstep(0.25, 0.6, stroke * (1 + bristle * 0.28))
        canvas.blend(mask, (0.07, 0.07, 0.085), strength=0.93)
    seal = max(3, int(canvas.unit * 0.045))
    square = np.ones((seal, seal), np.float32)
    canvas.blend(
        square,
        (0.74, 0.16, 0.13),
        top=int(canvas.height * 0.86) - seal,
        left=int(canvas.width * 0.86) - seal,
        strength=0.9,
    )


def _brush_stroke(canvas: Canvas, rng: np.random.Generator) -> Plane:
    paper = Image.new("L", (canvas.width, canvas.height))
    pen = ImageDraw.Draw(paper)
    at, heading = rng.uniform(0.15, 0.75, 2) * (canvas.width, canvas.height), rng.uniform(0, 6.28)
    bend, long = rng.normal(0, 0.05), canvas.unit * rng.uniform(0.3, 0.8)
    for step in np.linspace(0, 1, 60):
        heading += bend
        at = at + np.array([np.cos(heading), np.sin(heading)]) * long / 60
        r = canvas.unit * 0.028 * (0.25 + np.sin(np.pi * min(step * 1.3, 1)) ** 0.7)
        pen.ellipse([at[0] - r, at[1] - r, at[0] + r, at[1] + r], fill=int(255 * (1 - step * 0.55)))
    return as_mask(paper)


def _paint_geometric(canvas: Canvas, tones: list[Rgb], chance: Chance) -> Iterator[float]:
    """Set circles, arcs and bars on a grid, in the manner of a modern poster."""
    rng = chance.stream("shapes")
    ground = tones[-1]
    canvas.planes[:] = np.array(ground, np.float32)[:, None, None]
    across = max(1, round(canvas.width / canvas.unit * 4))
    side = canvas.width / across
    down = int(canvas.height / side) + 1
    layers = {
        index: Image.new("L", (canvas.width * 2, canvas.height * 2))
        for index in range(len(tones) - 1)
    }
    pens = {index: ImageDraw.Draw(layer) for index, layer in layers.items()}
    for row in range(down):
        for column in range(across):
            _draw_cell(pens, (column * side * 2, row * side * 2, side * 2), rng)
    for index, layer in layers.items():
        grain = noise.field(
            rng, (canvas.height, canvas.width), cell=max(canvas.unit / 14, 3), octaves=4
        )
        canvas.blend(as_mask(layer.reduce(2)) * np.clip(0.93 + grain * 0.05, 0, 1), tones[index])
        yield 0.3 + 0.1 * index


def _draw_cell(
    pens: dict[int, ImageDraw.ImageDraw], cell: tuple[float, float, float], rng: np.random.Generator
) -> None:
    x, y, side = cell
    order = rng.permutation(len(pens)).tolist()
    below, above = pens[order[0]], pens[order[1]]
    quarter = int(rng.integers(4))
    kind = int(rng.integers(6))
    if kind != 0:
        below.rectangle([x, y, x + side, y + side], fill=255)
    corner = (x - side * (quarter % 2), y - side * (quarter // 2))
    bounds = [corner[0], corner[1], corner[0] + side * 2, corner[1] + side * 2]
    if kind in {1, 2}:
        start = {0: 180, 1: 270, 2: 90, 3: 0}[quarter]
        above.pieslice(bounds, start, start + 90, fill=255)
    elif kind == 3:
        above.ellipse(
            [x + side * 0.15, y + side * 0.15, x + side * 0.85, y + side * 0.85], fill=255
        )
    elif kind == 4:
        above.polygon([(x, y), (x + side, y), (x + side * (quarter % 2), y + side)], fill=255)
    elif kind == 5:
        for bar in range(3):
            top = y + side * (0.08 + 0.31 * bar)
            above.rectangle([x, top, x + side, top + side * 0.16], fill=255)


def _paint_waves(canvas: Canvas, tones: list[Rgb], chance: Chance) -> Iterator[float]:
    """Lay rolling bands of colour one before another, each with a soft shadow."""
    rng = chance.stream("waves")
    sky = colour.ramp([tones[-2], tones[-1]], 64)
    canvas.fill(np.repeat(sky[:, :, None], 2, axis=2))
    count = 9
    ramp = colour.ramp(tones[::-1], count + 2)
    level = np.arange(canvas.height, dtype=np.float32)[:, None]
    for number in range(count):
        share = (number + 0.7) / count
        crest = noise.line(
            rng, canvas.width, cell=max(canvas.unit * (0.75 - 0.3 * share), 3), octaves=3
        )
        line = canvas.height * (0.16 + 0.86 * share) + crest * canvas.unit * 0.05 * (1 + share)
        top = max(0, int(line.min() - canvas.unit * 0.07))
        under = level[top:] - line[None, :].astype(np.float32)
        shadow = np.exp(np.clip(under, None, 0) / np.float32(canvas.unit * 0.028)) * 0.3
        canvas.shade(shadow.astype(np.float32), top=top)
        light = np.clip(1.1 - under / np.float32(canvas.unit * 0.75), 0.72, 1.1)
        tone = ramp[:, number + 1]
        canvas.blend(np.clip(under, 0, 1), (light * part for part in tone), top=top)
        yield 0.15 + 0.08 * number


def _coarse(canvas: Canvas) -> tuple[int, int]:
    step = max(1.0, max(canvas.width, canvas.height) / _COARSE)
    return max(4, round(canvas.height / step)), max(4, round(canvas.width / step))


_KINDS = {
    "fluid": _paint_fluid,
    "watercolour": _paint_watercolour,
    "ink": _paint_ink,
    "oil": _paint_fluid,
    "geometric": _paint_geometric,
    "waves": _paint_waves,
}
