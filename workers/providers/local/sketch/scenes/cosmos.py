"""Space: nebulae, spiral galaxies, stars and planets."""

from collections.abc import Iterator

import numpy as np

from workers.providers.local.sketch import colour, lexicon, noise
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.canvas import Canvas
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import Plane, Rgb, parse
from workers.providers.local.sketch.intent import Intent
from workers.providers.local.sketch.sky import paint_stars
from workers.providers.local.sketch.staging import Stage, put_figures

_NEBULAE = (
    "#04050f #141a4a #5a2f8c #d0508f #ffc9a0",
    "#03060c #0c2a48 #1f7088 #e07a4a #ffe0b0",
    "#05040c #2a1650 #3f5cc0 #6fd0d8 #f4f0ff",
    "#060409 #3a1228 #a03048 #f08a4a #fff0c4",
)
_WORLDS = (
    "#c8865a #8c5238 #e8c49a",
    "#4a7fb8 #2f5a94 #e6eef4",
    "#b8a06a #8a7046 #ecdcb0",
    "#8a6ab0 #5a3f8c #d8b8e6",
    "#4f9a8c #2f6b6b #cfeadc",
)


def paint_cosmos(
    canvas: Canvas, intent: Intent, air: Atmosphere, chance: Chance
) -> Iterator[float]:
    """Paint a view of space."""
    tones = _tones(intent, chance)
    has_galaxy = "galaxy" in intent.places or (not intent.wishes and chance.number("galaxy") < 0.4)
    _paint_clouds(canvas, tones, chance, 0.36 if has_galaxy else 1.0)
    yield 0.35
    if has_galaxy:
        _paint_spiral(canvas, tones, chance)
    yield 0.55
    if intent.allows("stars"):
        paint_stars(canvas, canvas.height * 4.0, None, chance, strength=0.95)
    yield 0.7
    wished = {wish.figure: wish for wish in intent.wishes}
    if intent.allows("planet") and not has_galaxy:
        asked = wished["planet"].colour if "planet" in wished else None
        _paint_planet(canvas, chance, asked, is_hero=set(wished) == {"planet"})
    put_figures(
        canvas,
        intent,
        air,
        chance,
        Stage(ground=0.8, sky=0.5, focus=0.42, scale=1.05, exposure=1.0, floats=True),
    )


def _tones(intent: Intent, chance: Chance) -> list[Rgb]:
    base = [parse(code) for code in chance.pick("nebula", _NEBULAE).split()]
    asked = [parse(lexicon.COLOURS[name]) for name in (*intent.palette, *intent.tints.values())]
    if not asked:
        return base
    deep = colour.adjust(asked[0], lightness=-0.38, chroma=0.7)
    glow = colour.mix(asked[-1], (1.0, 0.97, 0.9), 0.55)
    return [base[0], deep, asked[0], asked[-1], glow]


def _paint_clouds(canvas: Canvas, tones: list[Rgb], chance: Chance, strength: float) -> None:
    rng = chance.stream("nebula")
    step = max(1.0, max(canvas.width, canvas.height) / 512)
    shape = max(4, round(canvas.height / step)), max(4, round(canvas.width / step))
    unit = canvas.unit / step
    tile = noise.tile(rng, size=512, cells=5, gain=0.55)
    y = np.arange(shape[0], dtype=np.float32)[:, None] * np.float32(170 / unit) + np.zeros(
        (1, shape[1]), np.float32
    )
    x = np.arange(shape[1], dtype=np.float32)[None, :] * np.float32(170 / unit) + np.zeros_like(y)
    bend = noise.sample(tile, x * 0.7, y * 0.7) * 34
    gas = noise.sample(tile, x + bend + 130, y + bend)
    dust = noise.sample(tile, x * 1.6 + bend, y * 1.6 + 300)
    slope = np.float32(rng.uniform(-0.9, 0.9))
    across = (y - y.mean()) - slope * (x - x.mean())
    band = np.exp(-((across / 62) ** 2))
    thick = np.clip(
        (gas * 0.24 + 0.26) * (0.35 + band) + band * 0.16 - np.clip(dust, 0, 2) * 0.12 * band, 0, 1
    )
    level = np.clip(thick * strength * 300, 0, 255).astype(np.int32)
    planes = colour.ramp(tones)[:, level]
    canvas.fill(np.asarray(planes * (0.8 + 0.35 * band), dtype=np.float32))


def _paint_spiral(canvas: Canvas, tones: list[Rgb], chance: Chance) -> None:
    rng = chance.stream("spiral")
    step = max(1.0, max(canvas.width, canvas.height) / 640)
    shape = max(4, round(canvas.height / step)), max(4, round(canvas.width / step))
    unit = canvas.unit / step
    y = (np.arange(shape[0], dtype=np.float32)[:, None] - shape[0] * rng.uniform(0.44, 0.56)) / unit
    x = (np.arange(shape[1], dtype=np.float32)[None, :] - shape[1] * rng.uniform(0.44, 0.56)) / unit
    lean, tilt = rng.uniform(0, np.pi), rng.uniform(0.42, 0.75)
    along, beside = (
        x * np.cos(lean) + y * np.sin(lean),
        (y * np.cos(lean) - x * np.sin(lean)) / tilt,
    )
    radius = np.hypot(along, beside).astype(np.float32) + np.float32(1e-4)
    angle = np.arctan2(beside, along)
    rough = noise.field(rng, shape, cell=unit / 7, octaves=6, gain=0.62)
    wind = angle * 2 - np.log(radius) * rng.uniform(4.2, 5.4) + rough * 0.34
    arms = (
        (np.cos(wind) * 0.5 + 0.5) ** 1.6
        * np.exp(-radius * 2.7)
        * (1 - 0.8 * np.exp(-radius * 14))
        * (0.95 + rough * 0.36)
    )
    lanes = np.clip(np.cos(wind + 0.9), 0, 1) ** 4 * np.exp(-radius * 4) * 0.55
    core = np.exp(-((radius * 15) ** 2)) * 0.7 + np.exp(-radius * 10) * 0.5
    warm = np.exp(-radius * 6.5)
    gas, heart = tones[2], colour.mix(tones[4], (1.0, 0.93, 0.8), 0.6)
    arm_tone = colour.mix(gas, (0.75, 0.85, 1.0), 0.45)
    light = np.stack(
        [
            arms * 1.7 * (np.float32(a) + warm * np.float32(h - a))
            + core * np.float32(h)
            - lanes * 0.05
            for a, h in zip(arm_tone, heart, strict=True)
        ]
    )
    knots = noise.smoothstep(1.35, 2.1, rough) * arms * 1.6
    pink = colour.mix(tones[3], (1.0, 0.5, 0.6), 0.4)
    for plane, part, tone in zip(canvas.planes, light, pink, strict=True):
        plane += noise.resize((part + knots * np.float32(tone)).astype(np.float32), *plane.shape)


def _paint_planet(canvas: Canvas, chance: Chance, asked: str | None, *, is_hero: bool) -> None:
    rng = chance.stream("planet")
    radius = canvas.unit * (0.3 if is_hero else float(rng.uniform(0.13, 0.24)))
    x = canvas.width * (0.5 if is_hero else float(rng.choice([0.2, 0.8])))
    y = canvas.height * (0.5 if is_hero else float(rng.uniform(0.2, 0.4)))
    body, dark, pale = (parse(code) for code in _WORLDS[int(rng.integers(len(_WORLDS)))].split())
    if asked is not None:
        body = parse(lexicon.COLOURS[asked])
        dark, pale = (
            colour.adjust(body, lightness=-0.15),
            colour.adjust(body, lightness=0.2, chroma=0.6),
        )
    has_ring = bool(rng.random() < 0.6)
    if has_ring:
        _paint_ring(canvas, x, y, radius, pale, is_front=False)
    _paint_globe(canvas, x, y, radius, (body, dark, pale), rng)
    if has_ring:
        _paint_ring(canvas, x, y, radius, pale, is_front=True)


def _paint_globe(
    canvas: Canvas,
    x: float,
    y: float,
    radius: float,
    tones: tuple[Rgb, Rgb, Rgb],
    rng: np.random.Generator,
) -> None:
    reach = int(radius * 1.12) + 2
    left, top = int(x) - reach, int(y) - reach
    down, across = np.mgrid[-reach:reach, -reach:reach].astype(np.float32) / np.float32(radius)
    far = np.hypot(across, down)
    bulge = np.sqrt(np.clip(1 - far**2, 0.0004, 1))
    tile = noise.tile(rng, size=256, cells=6, gain=0.55)
    swirl = noise.sample(tile, across / (0.35 + bulge) * 30 + 90, down * 40 + 60)
    bands = np.sin((down * 0.96 + across * 0.28) * 11 + swirl * 1.1) * 0.5 + 0.5
    bands = np.clip(bands * 0.75 + swirl * 0.16 + 0.1, 0, 1)
    surface = colour.ramp([tones[1], tones[0], tones[2]])[:, (bands * 255).astype(np.int32)]
    day = np.clip((-across * 0.66 - down * 0.5 + bulge * 0.5) * 1.25 + 0.04, 0, 1.05) + 0.015
    mask = np.clip((1 - far) * np.float32(radius) + 0.5, 0, 1)
    canvas.blend(mask, np.asarray(surface * day, dtype=np.float32), top=top, left=left)
    rim = np.exp(-np.abs(far - 1) * 24) * np.clip(-across * 0.7 - down * 0.55 + 0.35, 0, 1)
    canvas.glow(rim.astype(np.float32), tones[2], top=top, left=left, strength=0.5)


def _paint_ring(
    canvas: Canvas, x: float, y: float, radius: float, tone: Rgb, *, is_front: bool
) -> None:
    reach = int(radius * 2.2) + 2
    left, top = int(x) - reach, int(y) - reach
    down, across = np.mgrid[-reach:reach, -reach:reach].astype(np.float32) / np.float32(radius)
    along, beside = across * 0.96 + down * 0.28, (down * 0.96 - across * 0.28) * 4.2
    far = np.hypot(along, beside)
    grooves = 0.6 + 0.4 * np.sin(far * 46)
    ring = _between(far, 1.32, 2.05) * grooves
    half = (beside > 0) if is_front else (beside <= 0)
    canvas.blend((ring * half).astype(np.float32), tone, top=top, left=left, strength=0.72)


def _between(far: Plane, low: float, high: float) -> Plane:
    return noise.smoothstep(low, low + 0.05, far) * (1 - noise.smoothstep(high - 0.05, high, far))
