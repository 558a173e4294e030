"""Mountains, hills and dunes, seen in perspective through the air."""

from dataclasses import dataclass

import numpy as np

from workers.providers.local.sketch import colour, noise
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.canvas import Canvas
from workers.providers.local.sketch.colour import Plane, Rgb

_TILE = 512
_STEPS = 120  # of each kind: even on the screen, for what is near, and even on the ground
_NEAR = 0.6
_FOCAL = 1.15


@dataclass(frozen=True, kw_only=True)
class Relief:
    """A kind of land: how it rises, and how it is coloured from its feet to its crests."""

    peak: float  # height of the far crests
    plain: float  # how far from the eye the land stays flat
    sharpness: float  # 0 rolling, 1 craggy
    cells: int = 4
    scale: float = 34.0  # how many points of the noise make one step of the world
    far: float = 9.0  # how far away the last of it is
    softness: float = 0.0  # how rounded the crests are
    swell: float = 0.07  # how much the near plain rolls
    gain: float = 0.48  # how much the small features count
    low: Rgb = (0.3, 0.4, 0.2)
    high: Rgb = (0.5, 0.45, 0.4)
    cap: Rgb | None = None  # snow or sunlit crest
    cap_from: float = 1.0
    contrast: float = 0.9


@dataclass(frozen=True)
class _Survey:
    """The land sampled step by step away from the eye, column by column."""

    height: Plane
    slope: Plane
    away: Plane
    grain: Plane


def paint_terrain(
    canvas: Canvas,
    relief: Relief,
    air: Atmosphere,
    rng: np.random.Generator,
    *,
    horizon: float,
    bottom: float,
    sun_x: float,
) -> Plane:
    """Paint the land between its skyline and the bottom row; return the skyline per column."""
    survey = _survey(canvas, relief, rng, "left" if sun_x < canvas.width / 2 else "right")
    eye = (bottom - horizon) / canvas.unit * _NEAR / _FOCAL
    up = (survey.height - eye) * (_FOCAL * canvas.unit) / survey.away + (bottom - horizon)
    crest = np.maximum.accumulate(np.maximum(up, 0), axis=0)
    tones = _tones(survey, relief, air)
    skyline = np.float32(bottom) - crest[-1]
    top = max(0, int(skyline.min()) - 1)
    rows = min(int(bottom), canvas.height) - top
    if rows > 0:
        _raise_columns(canvas, crest, tones, top, rows, bottom)
    return np.asarray(skyline, dtype=np.float32)


def _survey(canvas: Canvas, relief: Relief, rng: np.random.Generator, sun_side: str) -> _Survey:
    tile = noise.tile(rng, size=_TILE, cells=relief.cells, gain=relief.gain)
    crags = noise.ridged(tile, relief.softness) * 1.9 - 0.75
    crags *= 0.75 + 0.45 * np.clip(np.roll(tile, _TILE // 2, axis=(0, 1)), -1, 1.4)
    height = tile * (0.42 * (1 - relief.sharpness)) + crags * relief.sharpness
    light = -1 if sun_side == "left" else 1
    slope = (np.roll(height, -light, axis=1) - np.roll(height, light, axis=1)) * 0.8
    slope += (np.roll(height, 1, axis=0) - np.roll(height, -1, axis=0)) * 0.5
    slope *= np.float32(70 / relief.scale)
    away = _distances(relief.far)
    across = (np.arange(canvas.width, dtype=np.float32) - canvas.width / 2)[None, :]
    x = across / np.float32(canvas.unit * _FOCAL) * away * np.float32(relief.scale) + np.float32(
        rng.uniform(0, _TILE)
    )
    z = away * np.float32(relief.scale) + np.zeros_like(x)
    rise = noise.smoothstep(relief.plain, relief.plain + 3.5, away)
    swell = relief.swell * (1 - rise) * min(relief.peak * 2, 1)
    lifted = noise.sample(height, x, z)
    tall = (lifted * 0.72 + 0.34) * (relief.peak * 1.9) * rise + lifted * swell
    grain = noise.sample(tile, x * 9, z * 9) * 0.6 + noise.sample(tile, x * 3, z * 3) * 0.4
    return _Survey(np.asarray(tall), noise.sample(slope, x, z), away, grain)


def _distances(far: float) -> Plane:
    even_on_screen = 1 / np.linspace(1 / _NEAR, 1 / far, _STEPS)
    even_on_ground = np.linspace(_NEAR * 1.7, far * 0.99, _STEPS)
    return np.sort(np.concatenate([even_on_screen, even_on_ground])).astype(np.float32)[:, None]


def _tones(survey: _Survey, relief: Relief, air: Atmosphere) -> Plane:
    exposure = np.clip(0.52 - survey.slope * relief.contrast + survey.grain * 0.08, 0, 1)
    share = noise.smoothstep(0.1, 1.3, survey.height / max(relief.peak, 0.05))
    fade = 1 - np.exp(-np.maximum(survey.away - 0.8, 0) * np.float32(0.42 * air.haze + 0.02))
    lift = np.clip(survey.height / max(relief.peak * 2.2, 0.1), 0, 1)
    fade = np.clip(fade * (1.12 - 0.3 * lift), 0, 1)
    capped = _cap_share(survey, relief)
    veil = colour.mix(air.horizon, air.sky[-2], 0.35)
    planes = np.empty((3, *survey.height.shape), dtype=np.float32)
    for index in range(3):
        ground = relief.low[index] + share * np.float32(relief.high[index] - relief.low[index])
        if relief.cap is not None:
            ground = ground + capped * (np.float32(relief.cap[index]) - ground)
        dim, bright = air.shade[index] * 0.82, air.light[index] * 1.06
        ground = ground * (np.float32(dim) + exposure * np.float32(bright - dim))
        planes[index] = ground + fade * (np.float32(veil[index]) - ground)
    return planes


def _cap_share(survey: _Survey, relief: Relief) -> Plane:
    level = survey.height / max(relief.peak, 0.05) - survey.slope * 0.5 + survey.grain * 0.06
    return noise.smoothstep(relief.cap_from, relief.cap_from + 0.35, level)


def _raise_columns(
    canvas: Canvas, crest: Plane, tones: Plane, top: int, rows: int, bottom: float
) -> None:
    """Show, in each column and row, the first step away whose land reaches up to that row.

    Two looks per row, averaged, soften the edges between near and far.
    """
    steps, width = crest.shape
    floor = np.float32(bottom - top)
    reach = np.clip((floor - crest) * 2, 0, rows * 2).astype(np.int32)
    flat = reach * width + np.arange(width, dtype=np.int32)
    counts = np.bincount(flat.ravel(), minlength=(rows * 2 + 1) * width)
    by_row = counts.astype(np.int16).reshape(-1, width)[: rows * 2]
    # Steps whose crest lies below a row do not hide it, so the first visible one is their number.
    reached = np.cumsum(by_row, axis=0, dtype=np.int16)
    first = steps - reached
    covered = (reached > 0).reshape(rows, 2, width).mean(axis=1, dtype=np.float32)
    chosen = np.minimum(first, steps - 1).astype(np.int32) * width
    chosen += np.arange(width, dtype=np.int32)
    for plane, tone in zip(canvas.planes[:, top : top + rows], tones, strict=True):
        seen = np.take(tone.ravel(), chosen).reshape(rows, 2, width).mean(axis=1)
        plane += covered * (seen - plane)
