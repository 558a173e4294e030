"""Water: it gives back what stands above it, broken by ripples and waves."""

import numpy as np

from workers.providers.local.sketch import colour, noise
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.canvas import Canvas
from workers.providers.local.sketch.colour import Plane, Rgb


def paint_water(
    canvas: Canvas,
    air: Atmosphere,
    rng: np.random.Generator,
    *,
    shore: float,
    roughness: float,
    tone: Rgb,
    sun_x: float | None,
) -> None:
    """Fill everything below the shore with water; roughness 0 is a mirror, 1 a stormy sea."""
    top = int(min(max(shore, 1), canvas.height))
    rows = canvas.height - top
    if rows <= 0:
        return
    depth = (np.arange(rows, dtype=np.float32)[:, None] + 0.5) / np.float32(max(rows, 1))
    waves = _waves(canvas, rng, depth, roughness)
    mirrored = _mirror(canvas, top, waves, depth, roughness)
    _tint(mirrored, air, tone, depth, waves, roughness)
    if sun_x is not None:
        _glitter(mirrored, air, waves, depth, sun_x / canvas.width, canvas)
    canvas.planes[:, top:] = mirrored
    _soften_shore(canvas, top, air)


def _waves(canvas: Canvas, rng: np.random.Generator, depth: Plane, roughness: float) -> Plane:
    """Return the slope of the water, finer and flatter towards the shore."""
    tile = noise.tile(rng, size=256, cells=20, gain=0.62)
    away = 1 / (depth * 0.94 + 0.06)
    columns = np.arange(canvas.width, dtype=np.float32)[None, :] - canvas.width / 2
    x = columns / np.float32(canvas.unit) * away * 40 + 128
    z = away * np.float32(84) + np.zeros_like(x)
    waves = noise.sample(tile, x, z)
    if roughness > 0.4:
        waves += 0.8 * noise.sample(tile, x * 0.37 + 40, z * 0.42)
    return waves


def _mirror(canvas: Canvas, top: int, waves: Plane, depth: Plane, roughness: float) -> Plane:
    rows, width = waves.shape
    spread = canvas.unit * (0.008 + 0.11 * roughness)
    above = top - 1 - np.arange(rows, dtype=np.float32)[:, None] * min(1.0, top / max(rows, 1))
    above = above + waves * (depth * 0.9 + 0.1) * spread
    source = np.clip(above, 0, top - 1).astype(np.int32) * width
    source += np.arange(width, dtype=np.int32)
    flat = canvas.planes.reshape(3, -1)
    return np.stack([np.take(plane, source) for plane in flat])


def _tint(
    mirrored: Plane, air: Atmosphere, tone: Rgb, depth: Plane, waves: Plane, roughness: float
) -> None:
    own = air.on(tone, 0.35)
    share = np.clip(0.16 + 0.42 * depth + roughness * (0.22 + waves * 0.1), 0, 0.92)
    crest = np.clip(waves * (0.05 + 0.16 * roughness) * (0.25 + depth), -0.12, 0.4)
    for plane, body, glint in zip(mirrored, own, air.light, strict=True):
        plane += share * (np.float32(body) - plane)
        plane += crest * np.float32(glint)


def _glitter(
    mirrored: Plane, air: Atmosphere, waves: Plane, depth: Plane, sun: float, canvas: Canvas
) -> None:
    columns = np.arange(canvas.width, dtype=np.float32)[None, :] / canvas.width - np.float32(sun)
    spread = (0.035 + 0.13 * depth) * (canvas.unit / canvas.width)
    path = np.exp(-((columns / spread) ** 2))
    sparkle = path * noise.smoothstep(-0.1, 1.3, waves) * (1.0 - 0.45 * depth)
    strength = 0.5 if air.hour == "night" else 0.85
    for plane, glint in zip(mirrored, air.light, strict=True):
        plane += sparkle * np.float32(strength) * (np.float32(glint * 1.08) - plane)


def _soften_shore(canvas: Canvas, top: int, air: Atmosphere) -> None:
    band = max(2, int(canvas.unit * 0.03))
    first = max(0, top - band // 3)
    rows = min(canvas.height, top + band) - first
    at = (np.arange(rows, dtype=np.float32)[:, None] + first - top) / band
    mist = np.exp(-((at * 2.6) ** 2)) * np.float32(0.25 + 0.3 * air.haze)
    pale = colour.mix(air.horizon, air.light, 0.2)
    canvas.blend(np.broadcast_to(mist, (rows, canvas.width)), pale, top=first)
