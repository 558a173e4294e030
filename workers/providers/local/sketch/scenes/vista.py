"""Open country: mountains, hills, fields, deserts, lakes, beaches and the sea."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from workers.providers.local.sketch import colour, lexicon, noise
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.canvas import Canvas
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import Plane, Rgb, parse
from workers.providers.local.sketch.figures import FIGURES
from workers.providers.local.sketch.intent import Intent
from workers.providers.local.sketch.plants import Stand, paint_grass, paint_ground, paint_trees
from workers.providers.local.sketch.sky import Heaven, paint_sky
from workers.providers.local.sketch.staging import Stage, put_figures
from workers.providers.local.sketch.terrain import Relief, paint_terrain
from workers.providers.local.sketch.water import paint_water
from workers.providers.local.sketch.weather import paint_lightning, paint_weather

_LAND: Mapping[str, tuple[str, str]] = {
    "summer": ("#4c7a34", "#7f8a4c"),
    "spring": ("#5f9a3a", "#8fae56"),
    "snow": ("#dfe6ee", "#c9d2dc"),
    "autumn": ("#a8642a", "#c08a3a"),
    "desert": ("#d09a56", "#e6b878"),
    "sea": ("#5c6652", "#7a7668"),
}
# What is reported when the water is painted.
WATER_DONE = 0.7
_BLOSSOMS = ("#f2d34a #e9e6f2 #d8487a", "#d63a34 #f0ead8 #e8a03a", "#8a6ad0 #efe6f4 #e27ab0")


@dataclass(frozen=True, kw_only=True)
class _View:
    """What kind of country it is, and where its levels lie, in pixels."""

    land: str
    season: str
    horizon: float
    shore: float | None
    bank: float | None
    focus: float


def paint_vista(canvas: Canvas, intent: Intent, air: Atmosphere, chance: Chance) -> Iterator[float]:
    """Paint open country, from the sky to what is near."""
    view = _view(canvas, intent, chance)
    heaven = paint_sky(canvas, view.horizon, intent, air, chance)
    if "lightning" in intent.weather or ("storm" in intent.weather and chance.number("bolt") < 0.6):
        paint_lightning(canvas, chance, view.horizon)
    yield 0.25
    _paint_land(canvas, view, heaven, intent, air, chance)
    yield 0.5
    if view.shore is not None:
        _paint_water(canvas, view, heaven, intent, air, chance)
    yield WATER_DONE
    _paint_foreground(canvas, view, intent, air, chance)
    stage = _stage(canvas, view, air)
    put_figures(canvas, intent, air, chance, stage)
    _paint_grass(canvas, view, intent, air, chance, stage.ground)
    yield 0.9
    paint_weather(canvas, intent, air, chance, view.horizon)


def _view(canvas: Canvas, intent: Intent, chance: Chance) -> _View:
    land = _land(intent, chance)
    horizon = canvas.height * chance.number("horizon", 0.5, 0.6)
    stands = {FIGURES[w.figure].stands for w in intent.wishes if w.figure in FIGURES}
    wet = {"sea", "lake", "beach"}.intersection(intent.places) or land == "sea" or "water" in stands
    wet = wet and intent.allows("water", "sea")
    shore = None
    if wet:
        drop = 0.0 if land == "sea" else min(0.07 * canvas.unit, canvas.height * 0.07)
        shore = horizon + drop
    has_bank = not wet or "beach" in intent.places or "ground" in stands
    bank = canvas.height * (0.79 if wet else 0.74) if has_bank else None
    focus = 0.36 if chance.number("focus") < 0.5 else 0.64
    return _View(
        land=land,
        season=_season(intent, land, chance),
        horizon=horizon,
        shore=shore,
        bank=bank,
        focus=focus,
    )


def _land(intent: Intent, chance: Chance) -> str:
    order = ("desert", "mountains", "hills", "field", "sea", "beach", "lake")
    found = next((place for place in order if place in intent.places), "")
    homes = [FIGURES[wish.figure].home for wish in intent.wishes if wish.figure in FIGURES]
    found = found or next((home for home in homes if home in order), "")
    if not found:
        found = chance.pick("land", ("mountains", "mountains", "hills", "sea", "lake", "desert"))
    if found == "lake":
        return chance.pick("lake land", ("mountains", "hills", "mountains"))
    return "sea" if found == "beach" else found


def _season(intent: Intent, land: str, chance: Chance) -> str:
    for season in ("snow", "autumn", "spring"):
        if season in intent.weather:
            return season
    if land == "desert":
        return "desert"
    return "summer" if chance.number("season") < 0.75 else "spring"


def _tones(view: _View, intent: Intent) -> tuple[Rgb, Rgb]:
    low, high = (parse(code) for code in _LAND[view.season])
    if "land" in intent.tints:
        asked = parse(lexicon.COLOURS[intent.tints["land"]])
        return colour.mix(low, asked, 0.75), colour.mix(high, asked, 0.65)
    if intent.palette:
        asked = parse(lexicon.COLOURS[intent.palette[-1]])
        return colour.tint(low, asked, 0.6), colour.tint(high, asked, 0.6)
    return low, high


def _relief(view: _View, intent: Intent, chance: Chance) -> Relief | None:
    low, high = _tones(view, intent)
    if view.land == "mountains":
        peak = chance.number("peak", 0.75, 1.05)
        is_asked = "land" in intent.tints or view.season == "snow"
        green = low if is_asked else colour.mix(low, parse("#33502f"), 0.5)
        stone = colour.mix(high, parse("#6e655c"), 0.75 if "land" not in intent.tints else 0.1)
        cap = parse("#f6f6f4") if intent.allows("snow") else None
        start = 0.55 if view.season == "snow" else 1.05
        return Relief(
            peak=peak, plain=2.3, sharpness=0.9, low=green, high=stone, cap=cap, cap_from=start
        )
    if view.land == "desert":
        return Relief(
            peak=0.34,
            plain=0.2,
            sharpness=0.75,
            cells=7,
            gain=0.3,
            low=low,
            high=high,
            contrast=2.9,
            swell=0.12,
            far=5.5,
            softness=0.22,
        )
    if view.land == "sea":
        return None if chance.number("coast") < 0.5 else _coast(low, high)
    return Relief(
        peak=0.27 if view.land == "hills" else 0.14,
        plain=0.7,
        sharpness=0.05,
        cells=8,
        gain=0.42,
        low=low,
        high=high,
        contrast=1.4,
    )


def _coast(low: Rgb, high: Rgb) -> Relief:
    return Relief(peak=0.26, plain=3.6, sharpness=0.7, low=low, high=high, scale=30, swell=0.0)


def _paint_land(
    canvas: Canvas, view: _View, heaven: Heaven, intent: Intent, air: Atmosphere, chance: Chance
) -> None:
    relief = _relief(view, intent, chance)
    rng = chance.stream("land")
    bottom = view.shore if view.shore is not None else float(canvas.height)
    if relief is not None and view.shore is not None:
        relief = replace(relief, swell=relief.swell * 0.1)
    if "land" in intent.tints:
        air = replace(air, haze=air.haze * 0.45)
    if relief is not None:
        paint_terrain(
            canvas,
            relief,
            air,
            rng,
            horizon=view.horizon,
            bottom=max(bottom, view.horizon + 2),
            sun_x=heaven.x,
        )
    if view.land in {"mountains", "hills"} and intent.allows("tree", "pine", "forest"):
        _paint_woodland(canvas, view, air, rng, bottom)


def _paint_woodland(
    canvas: Canvas, view: _View, air: Atmosphere, rng: np.random.Generator, bottom: float
) -> None:
    """Set a dark line of trees on the far shore, or along the middle distance."""
    kind = "pine" if view.land == "mountains" or view.season == "snow" else "round"
    leaf = {"autumn": "#9a5424", "snow": "#3c5560", "spring": "#4f8038"}.get(view.season, "#2c4a30")
    snow = 0.7 if view.season == "snow" else 0.0
    base = bottom + 1 if view.shore is not None else view.horizon + canvas.height * 0.1
    unit = min(canvas.unit, canvas.height * 1.2)
    for distance, height in ((0.42, 0.045), (0.14, 0.075)):
        tone = colour.mix(air.on(parse(leaf), 0.25), air.horizon, distance)
        lift = 0.0 if view.shore is not None else (0.24 - distance) * 0.16 * unit
        stand = Stand(
            base=base + lift, height=unit * height, spacing=unit * height * 0.34, kind=kind
        )
        foot = colour.mix(tone, air.horizon, 0.1)
        paint_trees(canvas, stand, tone, rng, snow=snow, foot=foot)


def _paint_water(
    canvas: Canvas, view: _View, heaven: Heaven, intent: Intent, air: Atmosphere, chance: Chance
) -> None:
    rough = 0.07 if view.land != "sea" else 0.42
    if intent.weather & {"storm", "wind", "lightning"}:
        rough += 0.45
    if "calm" in intent.moods:
        rough *= 0.4
    tone = parse("#1d4c5e") if view.land == "sea" else parse("#28504f")
    if "beach" in intent.places:
        tone = parse("#1f9aa6")
    if "water" in intent.tints:
        tone = parse(lexicon.COLOURS[intent.tints["water"]])
    elif intent.palette:
        tone = colour.tint(tone, parse(lexicon.COLOURS[intent.palette[0]]), 0.7)
    paint_water(
        canvas,
        air,
        chance.stream("water"),
        shore=view.shore or 0.0,
        roughness=min(rough, 1.0),
        tone=tone,
        sun_x=heaven.x if heaven.has_light else None,
    )


def _paint_foreground(
    canvas: Canvas, view: _View, intent: Intent, air: Atmosphere, chance: Chance
) -> None:
    if view.bank is None or view.land == "desert":
        return
    rng = chance.stream("foreground")
    line = _bank_line(canvas, view, intent, rng)
    tone = _ground_tone(view, intent)
    paint_ground(canvas, line, tone, air, rng, roughness=0.5 if "beach" in intent.places else 1.0)
    if view.land == "mountains" and intent.allows("tree", "pine"):
        _frame_with_pines(canvas, view, air, rng)


def _paint_grass(
    canvas: Canvas, view: _View, intent: Intent, air: Atmosphere, chance: Chance, ground: float
) -> None:
    """Let grass grow before the feet of what stands in it, with blossoms in season."""
    is_bare = view.season in {"snow", "desert"} or "beach" in intent.places or view.land == "sea"
    if view.bank is None or is_bare:
        return
    flowery = view.land == "field" or view.season == "spring" or "flowers" in _wished(intent)
    codes = chance.pick("blossoms", _BLOSSOMS).split() if flowery else []
    tone = colour.adjust(_ground_tone(view, intent), lightness=0.03)
    paint_grass(
        canvas,
        canvas.height * (ground + 0.012),
        canvas.unit * 0.07,
        air.on(tone, 0.6),
        chance.stream("grass"),
        density=1.8 if "flowers" in _wished(intent) else 1.0,
        blossoms=tuple(air.on(parse(code), 0.9) for code in codes),
    )


def _wished(intent: Intent) -> set[str]:
    return {wish.figure for wish in intent.wishes}


def _bank_line(canvas: Canvas, view: _View, intent: Intent, rng: np.random.Generator) -> Plane:
    bank = view.bank or float(canvas.height)
    wave = noise.line(rng, canvas.width, cell=max(canvas.unit * 0.6, 4), octaves=5)
    x = np.linspace(0, 1, canvas.width, dtype=np.float32)
    if view.land == "sea" and "beach" not in intent.places:
        # A headland of rock, only as wide as what stands on it.
        away = np.abs(x - view.focus) * canvas.width / canvas.unit
        rise = canvas.height * 0.29 * noise.smoothstep(0.12, 0.55, away)
        return np.asarray(bank + rise + wave * canvas.unit * 0.012, dtype=np.float32)
    slope = (x - 0.5) * canvas.height * 0.06 * (1 if view.focus > 0.5 else -1)
    return np.asarray(bank - slope + wave * canvas.unit * 0.016, dtype=np.float32)


def _ground_tone(view: _View, intent: Intent) -> Rgb:
    if "beach" in intent.places:
        return parse("#e6cfa2")
    if view.land == "sea":
        return parse("#e4e9ef") if view.season == "snow" else parse("#5d5750")
    return colour.adjust(_tones(view, intent)[0], lightness=-0.02)


def _frame_with_pines(
    canvas: Canvas, view: _View, air: Atmosphere, rng: np.random.Generator
) -> None:
    """Let a few near trees close the picture on the side away from its subject."""
    tone = air.on(parse("#26402f" if view.season != "autumn" else "#6b3f1e"), 0.22)
    left = view.focus > 0.5
    clear = (
        (canvas.width * 0.2, canvas.width * 2.0) if left else (-canvas.width, canvas.width * 0.8)
    )
    stand = Stand(
        base=(view.bank or 0) + canvas.height * 0.05,
        height=canvas.unit * 0.36,
        spacing=canvas.unit * 0.085,
        gap=clear,
    )
    paint_trees(canvas, stand, tone, rng, snow=0.75 if view.season == "snow" else 0.0)


def _stage(canvas: Canvas, view: _View, air: Atmosphere) -> Stage:
    ground = 0.9 if view.bank is None else view.bank / canvas.height + 0.1
    if view.land == "sea" and view.bank is not None:
        ground = view.bank / canvas.height + 0.035
    water = None if view.shore is None else min(0.97, view.shore / canvas.height + 0.15)
    bright = {"sunset": 0.45, "dusk": 0.45, "golden": 0.55, "dawn": 0.6}.get(air.hour, 0.8)
    return Stage(ground=min(ground, 0.95), water=water, sky=0.27, focus=view.focus, exposure=bright)
