"""Trees in numbers, and the ground that they stand on."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from workers.providers.local.sketch import colour, noise
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.canvas import Canvas, as_mask
from workers.providers.local.sketch.colour import Plane, Rgb


@dataclass(frozen=True, kw_only=True)
class Stand:
    """A row of trees at one distance, in pixels."""

    base: float
    height: float
    spacing: float
    kind: str = "pine"  # pine | round | trunk
    gap: tuple[float, float] | None = None  # a clearing, from and to


def paint_trees(
    canvas: Canvas,
    stand: Stand,
    tone: Rgb,
    rng: np.random.Generator,
    *,
    snow: float = 0.0,
    foot: Rgb | None = None,
) -> None:
    """Paint a row of trees; they fade into the colour of the mist at their feet."""
    top = max(0, int(stand.base - stand.height * 1.35))
    bottom = min(canvas.height, int(stand.base + stand.height * 0.06) + 2)
    if bottom - top < 2:
        return
    mask = _silhouettes(canvas, stand, rng, top, bottom)
    shades = noise.field(rng, mask.shape, cell=max(stand.height / 14, 3), octaves=4)
    light = 1 + shades * np.float32(0.09)
    down = np.linspace(0, 1, bottom - top, dtype=np.float32)[:, None] ** 2
    foot = tone if foot is None else foot
    tones = (
        (np.float32(a) + down * np.float32(b - a)) * light for a, b in zip(tone, foot, strict=True)
    )
    canvas.blend(mask, tones, top=top)
    if snow:
        _lay_snow(
            canvas, mask, shades, stand.height, colour.mix(tone, (0.95, 0.96, 1.0), 0.8), top, snow
        )


def paint_ground(
    canvas: Canvas,
    line: Plane,
    tone: Rgb,
    air: Atmosphere,
    rng: np.random.Generator,
    *,
    roughness: float = 1.0,
) -> None:
    """Cover everything below a line with lit ground, rougher towards the eye."""
    top = max(0, int(line.min()) - 1)
    rows = canvas.height - top
    if rows < 2:
        return
    level = np.arange(top, canvas.height, dtype=np.float32)[:, None]
    mask = np.clip(level - line[None, :] + 1, 0, 1)
    depth = (level - top) / np.float32(rows)
    tile = noise.tile(rng, size=256, cells=9, gain=0.62)
    away = 1 / (depth * 0.85 + 0.15)
    x = (np.arange(canvas.width, dtype=np.float32)[None, :] - canvas.width / 2) / canvas.unit
    grain = noise.sample(tile, x * away * 34, away * 60 + x * 4)
    light = np.clip(0.6 + grain * 0.13 * roughness - depth * 0.16, 0, 1)
    for plane, own, bright, dim in zip(canvas.planes, tone, air.light, air.shade, strict=True):
        shown = np.float32(own) * (
            np.float32(dim) * 0.8 + light * np.float32(bright * 1.05 - dim * 0.8)
        )
        target = plane[top:]
        target += mask * (shown - target)


def paint_grass(
    canvas: Canvas,
    base: float,
    height: float,
    tone: Rgb,
    rng: np.random.Generator,
    *,
    blossoms: tuple[Rgb, ...] = (),
    density: float = 1.0,
) -> None:
    """Paint blades of grass, and blossoms if any, along the lower edge of a strip."""
    top = max(0, int(base - height * 1.15))
    rows = canvas.height - top
    if rows < 4:
        return
    fine = 2 if canvas.unit < 1200 else 1
    paper = Image.new("L", (canvas.width * fine, rows * fine))
    pen = ImageDraw.Draw(paper)
    blades = int(min(1500, canvas.width / max(height, 4) * 55 * density))
    roots = rng.uniform(0, 1, blades) ** 0.7
    for root, x, bend, grow in zip(
        roots,
        rng.random(blades),
        rng.normal(0, 0.22, blades),
        rng.uniform(0.35, 1, blades),
        strict=True,
    ):
        foot = (base - top + root * (canvas.height - base)) * fine
        tall, left = height * grow * (0.55 + 0.6 * root) * fine, x * canvas.width * fine
        pen.polygon(_blade(left, foot, tall, bend), fill=int(120 + 135 * grow))
    canvas.blend(as_mask(paper.reduce(fine) if fine > 1 else paper), tone, top=top, strength=0.85)
    if blossoms:
        _paint_blossoms(canvas, base, height, blossoms, rng, density)


def _blade(x: float, foot: float, tall: float, bend: float) -> list[tuple[float, float]]:
    wide = max(tall * 0.022, 0.8)
    return [
        (x - wide, foot),
        (x + bend * tall * 0.4, foot - tall * 0.6),
        (x + bend * tall, foot - tall),
        (x + wide, foot),
    ]


def _lay_snow(
    canvas: Canvas, mask: Plane, shades: Plane, height: float, tone: Rgb, top: int, strength: float
) -> None:
    """Let snow lie where branches face the sky."""
    thick = max(1, round(height * 0.03))
    below = np.pad(mask, ((thick, 0), (0, 0)), mode="edge")[:-thick]
    edges = np.clip(mask - below, 0, 1)
    patches = noise.smoothstep(0.9, 1.5, shades) * mask * np.float32(0.5)
    canvas.blend(np.maximum(edges, patches), tone, top=top, strength=strength)


def _paint_blossoms(
    canvas: Canvas,
    base: float,
    height: float,
    tones: tuple[Rgb, ...],
    rng: np.random.Generator,
    density: float,
) -> None:
    top = max(0, int(base - height))
    rows, fine = canvas.height - top, 2
    for tone in tones:
        paper = Image.new("L", (canvas.width * fine, rows * fine))
        pen = ImageDraw.Draw(paper)
        for _ in range(int(min(420, canvas.width / max(height, 4) * 20 * density / len(tones)))):
            root = float(rng.random()) ** 0.6
            y = ((base - top) * 0.35 + root * rows * 0.95) * fine
            r = height * (0.028 + 0.075 * root**1.6) * fine
            x = float(rng.random()) * canvas.width * fine
            pen.ellipse([x - r, y - r * 0.8, x + r, y + r * 0.8], fill=int(rng.integers(170, 255)))
        canvas.blend(as_mask(paper.reduce(fine)), tone, top=top)


def _silhouettes(
    canvas: Canvas, stand: Stand, rng: np.random.Generator, top: int, bottom: int
) -> Plane:
    fine = 2 if canvas.unit < 1300 else 1
    paper = Image.new("L", (canvas.width * fine, (bottom - top) * fine))
    pen = ImageDraw.Draw(paper)
    count = max(3, int(canvas.width / max(stand.spacing, 2)) + 2)
    for number in range(min(count, 260)):
        x = (number - 0.5 + rng.uniform(-0.42, 0.42)) * canvas.width / max(count - 2, 1)
        tall = stand.height * rng.uniform(0.62, 1.22)
        foot = stand.base + rng.uniform(-0.01, 0.03) * stand.height
        seed = rng.random(24)
        if stand.gap and stand.gap[0] < x < stand.gap[1]:
            continue
        for outline in _OUTLINES[stand.kind](x, foot - top, tall, seed):
            pen.polygon([(px * fine, py * fine) for px, py in outline], fill=255)
    return as_mask(paper.reduce(fine) if fine > 1 else paper)


def _pine(x: float, foot: float, tall: float, seed: Plane) -> list[list[tuple[float, float]]]:
    tiers, wide = 9, tall * (0.15 + 0.06 * float(seed[0]))
    left, right = [(x, foot - tall)], []
    for tier in range(1, tiers + 1):
        y = foot - tall + tall * 0.93 * tier / tiers
        reach = wide * (tier / tiers) ** 0.85
        droop = tall * 0.022
        left += [
            (x - reach * (0.8 + 0.4 * float(seed[tier])), y + droop),
            (x - reach * 0.45, y - droop),
        ]
        right += [
            (x + reach * (0.8 + 0.4 * float(seed[-tier])), y + droop),
            (x + reach * 0.45, y - droop),
        ]
    trunk = tall * 0.016
    stem = [
        (x - trunk, foot - tall * 0.2),
        (x + trunk, foot - tall * 0.2),
        (x + trunk, foot),
        (x - trunk, foot),
    ]
    return [left + right[::-1], stem]


def _round(x: float, foot: float, tall: float, seed: Plane) -> list[list[tuple[float, float]]]:
    outlines = []
    for k in range(5):
        cx = x + (float(seed[k]) - 0.5) * tall * 0.42
        cy = foot - tall * (0.5 + 0.36 * float(seed[k + 5]))
        r = tall * (0.15 + 0.1 * float(seed[k + 10]))
        angles = np.linspace(0, 2 * np.pi, 14, endpoint=False)
        rough = 1 + 0.13 * np.sin(angles * 5 + seed[k] * 9)
        outlines.append(
            [
                (cx + r * m * float(np.cos(a)), cy + r * m * float(np.sin(a)))
                for a, m in zip(angles, rough, strict=True)
            ]
        )
    trunk = tall * 0.03
    outlines.append(
        [
            (x - trunk * 0.6, foot - tall * 0.6),
            (x + trunk * 0.6, foot - tall * 0.6),
            (x + trunk, foot),
            (x - trunk, foot),
        ]
    )
    return outlines


def _trunk(x: float, foot: float, tall: float, seed: Plane) -> list[list[tuple[float, float]]]:
    thick, lean = tall * (0.02 + 0.018 * float(seed[0])), (float(seed[1]) - 0.5) * tall * 0.08
    head = foot - tall * 1.6
    outlines = [
        [
            (x + lean - thick * 0.7, head),
            (x + lean + thick * 0.7, head),
            (x + thick, foot - thick),
            (x + thick * 1.9, foot + thick * 0.3),
            (x - thick * 1.9, foot + thick * 0.3),
            (x - thick, foot - thick),
        ]
    ]
    for k in range(3):
        y = foot - tall * (0.5 + 0.2 * k + 0.1 * float(seed[k + 2]))
        side = 1 if seed[k + 6] > 0.5 else -1
        root, reach = x + lean * 0.4, tall * (0.1 + 0.12 * float(seed[k + 9]))
        outlines.append(
            [
                (root, y),
                (root + side * reach, y - reach * 0.8),
                (root + side * reach * 0.97, y - reach * 0.84),
                (root, y - thick * 1.1),
            ]
        )
    return outlines


_OUTLINES = {"pine": _pine, "round": _round, "trunk": _trunk}
