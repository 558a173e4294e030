"""The sky: its gradient, clouds, sun, moon, stars and northern lights."""

from dataclasses import dataclass

import numpy as np

from workers.providers.local.sketch import colour, noise
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.canvas import Canvas
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import Plane, Rgb
from workers.providers.local.sketch.intent import Intent

_RAINBOW = ("#7a4fd0", "#3f7fe0", "#4fc06a", "#f5e04a", "#f08a2c", "#e0453c")
_COARSE = 400  # the sky is soft: painted this large at most, then stretched


@dataclass(frozen=True, kw_only=True)
class Heaven:
    """Where the sun or the moon stands, in pixels, and how thick the clouds are."""

    x: float
    y: float
    clouds: Plane
    has_light: bool


@dataclass(frozen=True)
class _Grid:
    """Places of the coarse sky: across and down in units of the picture, and up to the horizon."""

    x: Plane
    y: Plane
    rise: Plane


def paint_sky(
    canvas: Canvas, horizon: float, intent: Intent, air: Atmosphere, chance: Chance
) -> Heaven:
    """Cover the canvas with sky down to the horizon, and its glow below."""
    grid = _grid(canvas, horizon)
    sun_x = canvas.width * chance.number("sun x", 0.2, 0.8)
    sun_y = horizon - max(air.sun_height, -0.05) * horizon * 0.8
    place = (sun_x / canvas.unit, sun_y / canvas.unit)
    planes = colour.ramp(air.sky)[:, _levels(grid)]
    has_light = _shows_light(intent, air)
    if has_light or air.hour in {"dusk", "dawn", "sunset"}:
        _add_glow(planes, grid, place, air)
    clouds = _cloud_cover(grid, air, chance)
    _lay_clouds(planes, clouds, grid, place, air)
    if "aurora" in intent.weather:
        _add_aurora(planes, grid, chance)
    canvas.fill(planes)
    heaven = Heaven(x=sun_x, y=sun_y, clouds=clouds, has_light=has_light)
    if air.hour in {"night", "dusk"} and intent.allows("stars"):
        paint_stars(canvas, horizon, heaven, chance, strength=0.9 if air.hour == "night" else 0.35)
    if has_light:
        _paint_light(canvas, heaven, intent, air, chance)
    if "rainbow" in intent.weather:
        _paint_rainbow(canvas, horizon)
    return heaven


def paint_stars(
    canvas: Canvas, horizon: float, heaven: Heaven | None, chance: Chance, *, strength: float
) -> None:
    """Scatter stars above the horizon, fewer where clouds are thick."""
    rng = chance.stream("stars")
    count = int(min(1400, 420 * canvas.width * max(horizon, 1) / canvas.unit**2))
    x, y = rng.random(count) * canvas.width, rng.random(count) * horizon
    power = rng.random(count) ** 6 * 1.2 + 0.22
    warmth = rng.normal(0, 0.12, count)
    if heaven is not None:
        rows = (y / canvas.height * heaven.clouds.shape[0]).astype(int)
        columns = (x / canvas.width * heaven.clouds.shape[1]).astype(int)
        power = power * (1 - heaven.clouds[rows, columns]) ** 2
    power *= np.clip((horizon - y) / (0.25 * horizon + 1), 0.15, 1) * strength
    size = max(canvas.unit / 1000, 0.45)
    for left, top, bright, warm in zip(x, y, power, warmth, strict=True):
        if bright > 0.04:
            _star(canvas, left, top, bright, size * (0.55 + bright * 0.9), warm)


def orb(
    canvas: Canvas, x: float, y: float, radius: float, tone: Rgb, *, strength: float = 1
) -> None:
    """Paint a round light with a clean edge."""
    reach = int(radius) + 2
    left, top = int(x) - reach, int(y) - reach
    down, across = np.ogrid[top : top + 2 * reach, left : left + 2 * reach]
    distance = np.hypot(across + 0.5 - x, down + 0.5 - y).astype(np.float32)
    canvas.blend(
        np.clip(radius - distance + 0.5, 0, 1), tone, top=top, left=left, strength=strength
    )


def _star(canvas: Canvas, x: float, y: float, power: float, size: float, warm: float) -> None:
    reach = int(size * 3) + 1
    left, top = int(x) - reach, int(y) - reach
    down, across = np.ogrid[top : top + 2 * reach + 1, left : left + 2 * reach + 1]
    far = ((across + 0.5 - x) ** 2 + (down + 0.5 - y) ** 2) / (size * size)
    light = np.exp(-far).astype(np.float32)
    tone = (0.95 + warm, 0.95, 1.0 - warm)
    canvas.glow(light, tone, top=top, left=left, strength=power)


def _grid(canvas: Canvas, horizon: float) -> _Grid:
    step = max(1.0, max(canvas.width, canvas.height) / _COARSE)
    rows, columns = max(2, round(canvas.height / step)), max(2, round(canvas.width / step))
    y = (np.arange(rows, dtype=np.float32)[:, None] + 0.5) * (canvas.height / rows)
    x = (np.arange(columns, dtype=np.float32)[None, :] + 0.5) * (canvas.width / columns)
    rise = np.clip((horizon - y) / max(horizon, 1), 0, 1)
    unit = np.float32(canvas.unit)
    return _Grid(x / unit, y / unit, np.broadcast_to(rise, (rows, columns)))


def _levels(grid: _Grid) -> np.ndarray:
    return np.asarray((1 - grid.rise) ** 1.15 * 255).astype(np.int32)


def _shows_light(intent: Intent, air: Atmosphere) -> bool:
    name = "moon" if air.hour == "night" else "sun"
    if not intent.allows(name) or air.hour == "dusk":
        return False
    if {"aurora", "stars"} & intent.weather and name not in intent.weather:
        return False
    return name in intent.weather or air.cloudiness < 0.7 or air.hour in {"sunset", "dawn"}


def _add_glow(planes: Plane, grid: _Grid, place: tuple[float, float], air: Atmosphere) -> None:
    low = air.hour in {"sunset", "dawn", "golden", "dusk"}
    flat = 0.55 if low else 1.0
    distance = np.hypot((grid.x - place[0]) * flat, grid.y - place[1])
    wide = np.exp(-distance * (2.2 if low else 3.2)) * (0.5 if low else 0.32)
    near = np.exp(-distance * 9) * (0.5 if low else 0.42)
    glow = (wide + near) * (0.5 if air.hour == "night" else 1.0)
    source = air.horizon if air.hour == "dusk" else air.light
    for plane, tone in zip(planes, source, strict=True):
        plane += glow * (np.float32(tone) * 1.05 - plane)


def _cloud_cover(grid: _Grid, air: Atmosphere, chance: Chance) -> Plane:
    if air.cloudiness <= 0:
        return np.zeros(grid.rise.shape, dtype=np.float32)
    rng = chance.stream("clouds")
    field = noise.tile(rng, size=512, cells=8, gain=0.56)
    away = 1 / (grid.rise + 0.16)
    middle = float(grid.x.mean())
    u = (grid.x - middle) * away * np.float32(74) + 200
    v = away * np.float32(92) + np.zeros_like(u)
    warp = noise.sample(field, u * 0.35 + 90, v * 0.35) * 14
    density = noise.sample(field, u + warp, v + warp)
    density = density * 0.85 + noise.sample(field, u * 2.6, v * 2.6 + warp) * 0.3
    edge = 1.25 - 2.1 * air.cloudiness
    cover = noise.smoothstep(edge, edge + 1.35, density)
    return np.asarray(cover * noise.smoothstep(0.0, 0.14, grid.rise), dtype=np.float32)


def _lay_clouds(
    planes: Plane, clouds: Plane, grid: _Grid, place: tuple[float, float], air: Atmosphere
) -> None:
    if air.cloudiness <= 0:
        return
    shift = max(2, clouds.shape[1] // 90)
    towards = -shift if place[0] > float(grid.x.mean()) else shift
    above = _moved(clouds, shift, towards)
    thin = np.clip(0.62 + (clouds - above) * 1.5 - clouds * 0.25, 0, 1)
    near_sun = np.exp(-np.hypot(grid.x - place[0], grid.y - place[1]) * 1.6)
    if air.hour == "night":
        near_sun *= 0.35
    lit, dark = _cloud_tones(air)
    share = np.clip(thin * (0.62 + 0.55 * near_sun), 0, 1)
    opacity = clouds * (0.94 if air.cloudiness > 0.7 else 0.86)
    for plane, bright, deep in zip(planes, lit, dark, strict=True):
        plane += opacity * (deep + share * (bright - deep) - plane)


def _moved(plane: Plane, down: int, across: int) -> Plane:
    reach = max(down, abs(across))
    wide = np.pad(plane, reach, mode="edge")
    rows, columns = plane.shape
    top, left = reach - down, reach - across
    return wide[top : top + rows, left : left + columns]


def _cloud_tones(air: Atmosphere) -> tuple[Rgb, Rgb]:
    middle = air.sky[len(air.sky) // 2]
    if air.hour in {"sunset", "dawn", "golden", "dusk"}:
        warm = colour.mix(air.sky[-2], air.light, 0.55)
        return warm, colour.adjust(colour.mix(air.sky[0], middle, 0.55), lightness=-0.02)
    if air.hour == "night":
        return colour.mix(middle, air.light, 0.32), colour.adjust(air.sky[1], lightness=-0.02)
    if air.cloudiness >= 1:
        return colour.adjust(air.horizon, lightness=-0.02), colour.adjust(
            air.sky[0], lightness=-0.05
        )
    bright = colour.mix(air.light, (1.0, 1.0, 1.0), 0.5)
    return bright, colour.adjust(colour.mix(middle, air.horizon, 0.3), lightness=-0.06, chroma=0.55)


def _add_aurora(planes: Plane, grid: _Grid, chance: Chance) -> None:
    rng = chance.stream("aurora")
    columns = grid.rise.shape[1]
    for tone in ((0.18, 0.95, 0.55), (0.15, 0.75, 0.75), (0.62, 0.25, 0.85)):
        curve = noise.line(rng, columns, cell=columns / 2.2, octaves=3) * 0.13
        foot = rng.uniform(0.25, 0.5) + curve
        rays = 0.6 + 0.4 * noise.line(rng, columns, cell=columns / 40, octaves=4)
        up = np.where(grid.rise > 0, grid.rise, -1) - np.maximum(foot, 0.08)[None, :]
        veil = np.where(up > 0, np.exp(-up * 4.2), np.exp(up * 30)) * np.clip(rays, 0.1, 1.4)
        for plane, part in zip(planes, tone, strict=True):
            plane += (veil * np.float32(part * 0.55)).astype(np.float32) * (1.1 - plane)


def _paint_light(
    canvas: Canvas, heaven: Heaven, intent: Intent, air: Atmosphere, chance: Chance
) -> None:
    unit = canvas.unit
    if air.hour != "night":
        grown = 0.055 if air.hour in {"sunset", "dawn"} else 0.034
        tone = colour.mix(air.light, (1.0, 0.99, 0.94), 0.7)
        veil = 0.55 if air.cloudiness > 0.7 else 1.0
        _paint_halo(canvas, heaven, unit * grown * 3.2, tone, veil)
        orb(canvas, heaven.x, heaven.y, unit * grown, lit_up(tone, 1.08), strength=veil)
        return
    tone = colour.parse(_moon_colour(intent))
    radius = unit * chance.number("moon size", 0.05, 0.085)
    _paint_moon(canvas, heaven.x, heaven.y, radius, tone, chance)


def _paint_halo(canvas: Canvas, heaven: Heaven, reach: float, tone: Rgb, strength: float) -> None:
    left, top, side = int(heaven.x - reach), int(heaven.y - reach), int(reach * 2) + 1
    down, across = np.ogrid[top : top + side, left : left + side]
    far = np.hypot(across + 0.5 - heaven.x, down + 0.5 - heaven.y).astype(np.float32) / reach
    halo = np.clip(1 - far, 0, 1) ** 2.5 * np.float32(0.75)
    canvas.blend(halo, lit_up(tone, 1.04), top=top, left=left, strength=strength)


def _moon_colour(intent: Intent) -> str:
    named = {"red": "#d8836a", "blue": "#a9c4ee", "orange": "#efb06a", "gold": "#f0cf86"}
    return named.get(intent.tints.get("moon", ""), "#f2ecd8")


def lit_up(tone: Rgb, times: float) -> Rgb:
    """Make a colour a light stronger than white paper."""
    return (tone[0] * times, tone[1] * times, tone[2] * times)


def _paint_moon(
    canvas: Canvas, x: float, y: float, radius: float, tone: Rgb, chance: Chance
) -> None:
    orb(canvas, x, y, radius, tone)
    rng = chance.stream("moon")
    for _ in range(9):
        angle, away = rng.uniform(0, 6.28), rng.uniform(0, 0.68)
        spot = radius * rng.uniform(0.08, 0.26)
        left, top = x + np.cos(angle) * away * radius, y + np.sin(angle) * away * radius
        orb(canvas, left, top, spot, colour.adjust(tone, lightness=-0.09), strength=0.5)


def _paint_rainbow(canvas: Canvas, horizon: float) -> None:
    unit = canvas.unit
    rows = int(min(max(horizon, 1), canvas.height))
    down, across = np.ogrid[0:rows, 0 : canvas.width]
    radius = np.hypot(across - canvas.width * 0.55, down - horizon * 1.08).astype(np.float32)
    band = (radius - min(unit * 0.55, horizon * 0.86)) / (unit * 0.075)
    strength = np.exp(-((band - 0.5) ** 2) * 5) * 0.5
    hues = colour.ramp([colour.parse(code) for code in _RAINBOW])
    arch = hues[:, (np.clip(band, 0, 1) * 255).astype(np.int32)]
    canvas.blend(np.asarray(strength, dtype=np.float32), np.asarray(arch, dtype=np.float32))
