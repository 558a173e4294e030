"""A city: its skyline by day, its lights by night, its streets in the rain."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from workers.providers.local.sketch import colour, lexicon, noise
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.canvas import Canvas, as_mask, box_blur
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import parse
from workers.providers.local.sketch.intent import Intent
from workers.providers.local.sketch.plants import paint_ground
from workers.providers.local.sketch.sky import Heaven, paint_sky
from workers.providers.local.sketch.staging import Stage, put_figures
from workers.providers.local.sketch.water import paint_water
from workers.providers.local.sketch.weather import paint_lightning, paint_weather

_WALLS = ("#5d6675", "#74685f", "#6b7280", "#80766a", "#59616b")
_NEON = ("#ff3d81", "#2fe0ff", "#ffb02e", "#a24bff", "#ff5a3c")


@dataclass(frozen=True, kw_only=True)
class _Block:
    """One row of buildings: how far away, how high and how wide they are."""

    distance: float
    base: float
    height: float
    width: float


def paint_town(canvas: Canvas, intent: Intent, air: Atmosphere, chance: Chance) -> Iterator[float]:
    """Paint a city behind wet or dry ground."""
    horizon = canvas.height * (0.7 if _is_wet(intent) else 0.8)
    heaven = paint_sky(canvas, horizon, intent, air, chance)
    if air.is_dark:
        _paint_dome(canvas, intent, air, horizon)
    if intent.weather & {"lightning", "storm"}:
        paint_lightning(canvas, chance, horizon)
    yield 0.25
    rng = chance.stream("buildings")
    unit = min(canvas.unit, canvas.height * 0.95)
    for place, (distance, height, width) in enumerate(
        ((0.72, 0.4, 0.042), (0.46, 0.5, 0.07), (0.12, 0.38, 0.12))
    ):
        block = _Block(distance=distance, base=horizon, height=unit * height, width=unit * width)
        _paint_block(canvas, block, intent, air, rng)
        yield 0.35 + 0.12 * place
    _paint_street(canvas, heaven, intent, air, chance, horizon)
    focus = 0.4 if chance.number("focus") < 0.5 else 0.62
    water = 0.86 if _is_wet(intent) else None
    stage = Stage(ground=0.93, water=water, focus=focus, exposure=0.6, shadow=0.45)
    put_figures(canvas, intent, air, chance, stage)
    yield 0.9
    paint_weather(canvas, intent, air, chance, horizon)


def _is_wet(intent: Intent) -> bool:
    has_water = {"sea", "lake", "beach"}.intersection(intent.places)
    return bool(intent.weather & {"rain", "storm"} or has_water or "night" in intent.hours)


def _paint_dome(canvas: Canvas, intent: Intent, air: Atmosphere, horizon: float) -> None:
    """Let the lights of the city colour the sky above it."""
    asked = intent.tints.get("light")
    lamp = parse(lexicon.COLOURS[asked]) if asked else parse("#e08a5a")
    level = (np.arange(canvas.height, dtype=np.float32)[:, None] - horizon) / (canvas.height * 0.3)
    dome = np.exp(-(level**2)) * np.ones((1, canvas.width), np.float32)
    canvas.blend(dome, colour.mix(lamp, air.horizon, 0.3), strength=0.62)


def _paint_block(
    canvas: Canvas, block: _Block, intent: Intent, air: Atmosphere, rng: np.random.Generator
) -> None:
    walls = Image.new("L", (canvas.width, canvas.height))
    lamps = Image.new("RGB", (canvas.width, canvas.height))
    pen, lamp_pen = ImageDraw.Draw(walls), ImageDraw.Draw(lamps)
    x = -block.width * float(rng.random())
    while x < canvas.width:
        wide = block.width * float(rng.uniform(0.6, 1.5))
        tall = block.height * (0.35 + 0.75 * float(rng.random()) ** 1.6)
        shape = (x, block.base - tall, x + wide, block.base)
        _draw_building(pen, shape, int(rng.integers(150, 255)), rng)
        _draw_windows(lamp_pen, shape, block, intent, air, rng)
        x += wide * float(rng.uniform(0.86, 1.12))
    shade = as_mask(walls)
    tone = air.on(parse(_WALLS[int(rng.integers(len(_WALLS)))]), 0.0 if air.is_dark else 0.7)
    near = colour.mix(tone, air.horizon, block.distance * (0.3 if air.is_dark else 0.85))
    mask = np.minimum(shade * 4, 1)
    light = 0.72 + 0.42 * shade
    level = np.clip(
        (np.arange(canvas.height, dtype=np.float32) - block.base) / block.height + 1, 0, 1
    )
    mist = (level**2 * (0.1 + 0.35 * air.haze))[:, None]
    lit = (np.float32(tone) * light for tone in near)
    tones = (
        plane + mist * (np.float32(veil) - plane)
        for plane, veil in zip(lit, air.horizon, strict=True)
    )
    canvas.blend(mask, tones)
    _add_lamps(canvas, lamps, 1.1 - block.distance * 0.5 if air.is_dark else 0.28)


def _draw_building(
    pen: ImageDraw.ImageDraw,
    shape: tuple[float, float, float, float],
    level: int,
    rng: np.random.Generator,
) -> None:
    left, top, right, base = shape
    wide, tall = right - left, base - top
    pen.rectangle([left, top, right, base], fill=level)
    pen.rectangle([left + wide * 0.68, top, right, base], fill=int(level * 0.8))
    crown = rng.random()
    middle = (left + right) / 2
    if crown < 0.25:
        pen.rectangle([left + wide * 0.2, top - tall * 0.08, right - wide * 0.2, top], fill=level)
    elif crown < 0.4:
        pen.polygon(
            [(left + wide * 0.1, top), (middle, top - tall * 0.16), (right - wide * 0.1, top)],
            fill=level,
        )
    if crown < 0.6:
        thin = max(1, round(wide * 0.03))
        pen.line([(middle, top), (middle, top - tall * 0.2)], fill=level, width=thin)


def _draw_windows(
    pen: ImageDraw.ImageDraw,
    shape: tuple[float, float, float, float],
    block: _Block,
    intent: Intent,
    air: Atmosphere,
    rng: np.random.Generator,
) -> None:
    left, top, right, base = shape
    pitch = max(block.width * 0.1, 2.6)
    columns = max(1, int((right - left - pitch * 0.6) / pitch))
    rows = max(1, int((base - top - pitch) / (pitch * 1.35)))
    on = rng.random((rows, columns)) < (rng.uniform(0.3, 0.62) if air.is_dark else 0.55)
    warm = rng.random((rows, columns))
    wide, tall = max(pitch * 0.52, 1.0), max(pitch * 0.72, 1.0)
    for row, column in zip(*np.nonzero(on), strict=True):
        x, y = left + pitch * (0.5 + column), top + pitch * (0.6 + row * 1.35)
        tone = _window_tone(float(warm[row, column]), air)
        pen.rectangle([x, y, x + wide - 1, y + tall - 1], fill=tone)
    if "night" in intent.hours and block.distance < 0.5 and rng.random() < 0.55:
        _draw_sign(pen, shape, rng)


def _window_tone(warm: float, air: Atmosphere) -> tuple[int, int, int]:
    if not air.is_dark:
        bright = int(70 + 110 * warm)
        return bright, bright, bright
    cool = warm > 0.86
    power = 0.45 + 0.55 * (warm * 7 % 1)
    red, green, blue = (170, 210, 255) if cool else (255, 196, 112)
    return int(red * power), int(green * power), int(blue * power)


def _draw_sign(
    pen: ImageDraw.ImageDraw, shape: tuple[float, float, float, float], rng: np.random.Generator
) -> None:
    left, top, right, base = shape
    wide = (right - left) * float(rng.uniform(0.1, 0.2))
    x = left + (right - left) * float(rng.uniform(0.1, 0.75))
    y = top + (base - top) * float(rng.uniform(0.3, 0.55))
    tone = _NEON[int(rng.integers(len(_NEON)))]
    pen.rectangle([x, y, x + wide, min(y + wide * float(rng.uniform(1.5, 5)), base)], fill=tone)


def _add_lamps(canvas: Canvas, lamps: Image.Image, strength: float) -> None:
    for plane, band in zip(canvas.planes, lamps.split(), strict=True):
        light = as_mask(band) * np.float32(strength)
        plane += light * (1.15 - plane * 0.6)
        small = noise.resize_area(light, max(1, canvas.height // 8), max(1, canvas.width // 8))
        halo = box_blur(box_blur(small, canvas.unit / 300), canvas.unit / 300)
        plane += noise.resize(halo, canvas.height, canvas.width) * np.float32(0.75)


def _paint_street(
    canvas: Canvas, heaven: Heaven, intent: Intent, air: Atmosphere, chance: Chance, horizon: float
) -> None:
    rng = chance.stream("street")
    if _is_wet(intent):
        rough = 0.2 if intent.weather & {"rain", "storm"} else 0.14
        tone = parse("#1c2730")
        paint_water(canvas, air, rng, shore=horizon, roughness=rough, tone=tone, sun_x=None)
        return
    tone = parse("#e3e8ee") if "snow" in intent.weather else parse("#55575c")
    line = np.full(canvas.width, horizon, dtype=np.float32)
    paint_ground(canvas, line, tone, air, rng, roughness=0.45)
    sun = heaven.x / canvas.width if heaven.has_light else 0.5
    across = np.linspace(0, 1, canvas.width, dtype=np.float32)[None, :]
    rows = canvas.height - int(horizon)
    glow = (
        np.exp(-(((across - sun) / 0.3) ** 2))
        * np.linspace(0.5, 0, rows, dtype=np.float32)[:, None]
    )
    canvas.blend(
        noise.resize(glow, rows, canvas.width), air.horizon, top=int(horizon), strength=0.5
    )
