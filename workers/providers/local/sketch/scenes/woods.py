"""Inside a forest, where the trees fade into the mist."""

from collections.abc import Iterator

import numpy as np

from workers.providers.local.sketch import colour, lexicon, noise
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.canvas import Canvas
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import Rgb, parse
from workers.providers.local.sketch.intent import Intent
from workers.providers.local.sketch.plants import Stand, paint_grass, paint_ground, paint_trees
from workers.providers.local.sketch.sky import Heaven, paint_sky
from workers.providers.local.sketch.staging import Stage, put_figures
from workers.providers.local.sketch.weather import paint_weather

_LAYERS = ((0.86, 0.3, 0.05), (0.68, 0.42, 0.075), (0.46, 0.58, 0.12), (0.2, 0.8, 0.2))


def paint_woods(canvas: Canvas, intent: Intent, air: Atmosphere, chance: Chance) -> Iterator[float]:
    """Paint a forest, from the far trees to the near."""
    horizon = canvas.height * chance.number("horizon", 0.6, 0.66)
    heaven = paint_sky(canvas, horizon, intent, air, chance)
    yield 0.2
    season = _season(intent, chance)
    leaf, floor = _tones(season, intent)
    rng = chance.stream("trees")
    kind = _kind(season, chance)
    focus = 0.38 if chance.number("focus") < 0.5 else 0.62
    for place, (distance, height, spacing) in enumerate(_LAYERS):
        _paint_layer(
            canvas,
            (distance, height, spacing),
            kind,
            leaf,
            air,
            rng,
            horizon,
            focus,
            snow=0.8 if season == "snow" else 0.0,
        )
        if place == 1 and heaven.has_light:
            _paint_shafts(canvas, heaven, air, chance)
        yield 0.3 + 0.1 * place
    line = _floor_line(canvas, rng, horizon)
    paint_ground(canvas, line, floor, air, rng, roughness=1.2 if season != "snow" else 0.7)
    _paint_nearest(canvas, kind, leaf, air, rng, season)
    if season in {"summer", "spring"}:
        paint_grass(canvas, canvas.height * 0.86, canvas.unit * 0.07, air.on(leaf, 0.7), rng)
    if season == "autumn":
        _strew_leaves(canvas, air, rng, horizon)
    put_figures(
        canvas, intent, air, chance, Stage(ground=0.89, sky=0.4, focus=focus, exposure=0.85)
    )
    yield 0.88
    paint_weather(canvas, intent, air, chance, horizon)


def _season(intent: Intent, chance: Chance) -> str:
    for season in ("snow", "autumn", "spring"):
        if season in intent.weather:
            return season
    return "summer" if chance.number("season") < 0.8 or not intent.allows("autumn") else "autumn"


def _kind(season: str, chance: Chance) -> str:
    if season in {"snow", "autumn"}:
        return "pine" if season == "snow" else "trunk"
    return chance.pick("tree kind", ("pine", "trunk", "trunk"))


def _tones(season: str, intent: Intent) -> tuple[Rgb, Rgb]:
    leaf, floor = {
        "snow": ("#2f4a52", "#e6ecf3"),
        "autumn": ("#8c4a20", "#8a5526"),
        "spring": ("#4d8a3a", "#5f9440"),
        "summer": ("#2c5334", "#4a6a34"),
    }[season]
    if "land" in intent.tints:
        asked = parse(lexicon.COLOURS[intent.tints["land"]])
        return colour.mix(parse(leaf), asked, 0.7), colour.mix(parse(floor), asked, 0.6)
    return parse(leaf), parse(floor)


def _paint_layer(
    canvas: Canvas,
    layer: tuple[float, float, float],
    kind: str,
    leaf: Rgb,
    air: Atmosphere,
    rng: np.random.Generator,
    horizon: float,
    focus: float,
    *,
    snow: float,
) -> None:
    distance, height, spacing = layer
    unit = canvas.unit
    veil = colour.mix(air.horizon, air.sky[-2], 0.25)
    bark = parse("#3d2e26") if kind == "trunk" else leaf
    tone = colour.mix(air.on(bark, 0.4), veil, distance)
    gap = None
    if distance < 0.6:
        half = canvas.width * (0.22 if distance < 0.3 else 0.12)
        gap = (focus * canvas.width - half, focus * canvas.width + half)
    if kind == "trunk":
        _paint_leaves(canvas, leaf, veil, distance, air, rng, horizon)
    stand = Stand(
        base=horizon + (1 - distance) * canvas.height * 0.13,
        height=unit * height,
        spacing=unit * spacing,
        kind=kind,
        gap=gap,
    )
    foot = colour.mix(tone, veil, 0.55)
    paint_trees(canvas, stand, tone, rng, snow=snow * (1 - distance * 0.6), foot=foot)
    if kind == "trunk":
        return
    mist = np.linspace(0, 1, 64, dtype=np.float32) ** 2
    rows = max(2, int(canvas.height * 0.16))
    fade = np.broadcast_to(
        noise.resize(mist[:, None].repeat(2, 1), rows, 2)[:, :1], (rows, canvas.width)
    )
    canvas.blend(fade, veil, top=int(horizon - rows * 0.5), strength=0.5 * distance)


def _paint_leaves(
    canvas: Canvas,
    leaf: Rgb,
    veil: Rgb,
    distance: float,
    air: Atmosphere,
    rng: np.random.Generator,
    horizon: float,
) -> None:
    """Hang a canopy of leaves from the upper edge."""
    rows = max(4, int(horizon * (0.72 - 0.25 * (1 - distance))))
    cell = max(canvas.unit * (0.05 + 0.11 * (1 - distance)), 4)
    field = noise.field(rng, (rows, canvas.width), cell=cell, octaves=6, gain=0.72)
    down = np.linspace(1.5, -2.2, rows, dtype=np.float32)[:, None]
    mask = noise.smoothstep(-0.1, 0.25, field + down)
    dark, bright = (
        air.on(colour.adjust(leaf, lightness=-0.03), 0.3),
        air.on(colour.adjust(leaf, lightness=0.16, chroma=1.2), 1.0),
    )
    tones = colour.ramp(
        [colour.mix(dark, veil, distance), colour.mix(bright, veil, distance * 0.85)]
    )
    shade = np.clip((np.roll(field, 3, axis=0) - field) * 120 + 110 + down * 18, 0, 255).astype(
        np.int32
    )
    canvas.blend(mask, np.asarray(tones[:, shade], dtype=np.float32), strength=0.95)


def _paint_shafts(canvas: Canvas, heaven: Heaven, air: Atmosphere, chance: Chance) -> None:
    rows, columns = max(2, canvas.height // 4), max(2, canvas.width // 4)
    y = np.linspace(0, canvas.height, rows, dtype=np.float32)[:, None]
    x = np.linspace(0, canvas.width, columns, dtype=np.float32)[None, :]
    angle = np.arctan2(x - heaven.x, y - heaven.y + canvas.height * 0.45)
    rays = noise.line(chance.stream("shafts"), 256, cell=9, octaves=3)
    beam = np.clip(rays[np.clip((angle + 1.6) * 80, 0, 255).astype(int)], 0, 2) * 0.32
    reach = np.exp(-((y / (canvas.height * 0.75)) ** 2)) * np.exp(
        -np.abs(x - heaven.x) / canvas.unit
    )
    light = noise.resize((beam * reach).astype(np.float32), canvas.height, canvas.width)
    canvas.blend(np.clip(light, 0, 1), colour.mix(air.light, air.horizon, 0.3), strength=0.9)


def _floor_line(canvas: Canvas, rng: np.random.Generator, horizon: float) -> np.ndarray:
    wave = noise.line(rng, canvas.width, cell=max(canvas.unit * 0.5, 4), octaves=5)
    return np.asarray(
        horizon + canvas.height * 0.115 + wave * canvas.unit * 0.014, dtype=np.float32
    )


def _paint_nearest(
    canvas: Canvas, kind: str, leaf: Rgb, air: Atmosphere, rng: np.random.Generator, season: str
) -> None:
    """Frame the picture with the nearest trees, dark at both sides."""
    tone = air.on(
        parse("#2a211c") if kind == "trunk" else colour.adjust(leaf, lightness=-0.08), 0.15
    )
    gap = (canvas.width * 0.17, canvas.width * 0.83)
    stand = Stand(
        base=canvas.height * 0.93,
        height=canvas.unit * 1.0,
        spacing=canvas.unit * 0.3,
        kind=kind,
        gap=gap,
    )
    paint_trees(canvas, stand, tone, rng, snow=0.85 if season == "snow" else 0.0)


def _strew_leaves(
    canvas: Canvas, air: Atmosphere, rng: np.random.Generator, horizon: float
) -> None:
    top = int(horizon + canvas.height * 0.13)
    shape = (max(2, canvas.height - top), canvas.width)
    for code in ("#d8802a", "#b5431e", "#e2b03a"):
        spots = noise.field(rng, shape, cell=max(canvas.unit * 0.022, 3), octaves=2)
        canvas.blend(
            noise.smoothstep(1.1, 1.4, spots), air.on(parse(code), 0.9), top=top, strength=0.7
        )
