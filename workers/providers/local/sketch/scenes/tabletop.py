"""Still lifes on a table, and single things on a plain ground."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from workers.providers.local.sketch import colour, lexicon, noise
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.canvas import Canvas
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import Rgb, parse
from workers.providers.local.sketch.figures import FIGURES
from workers.providers.local.sketch.intent import Intent, Wish
from workers.providers.local.sketch.sky import orb
from workers.providers.local.sketch.staging import Stage, cast_shadow, coat_of, put_figures, put_one

_WALLS = (
    "#6f7f78 #2f3a3c",
    "#8c6a52 #3a2820",
    "#5c6a86 #252c40",
    "#8a7f60 #3c3626",
    "#7a4f4c #33201f",
)
_WOODS = ("#8a5a34", "#6f4a30", "#a0714a", "#5a4638")
_GROUNDS = (
    "#f2b8a0 #e87a5d",
    "#bcd8d2 #5da399",
    "#f4d58d #e8a33d",
    "#c7cde8 #7f8ac9",
    "#efe4d2 #c9a98a",
    "#d8c2e2 #9a74b8",
)
_FRUITS = ("apple", "pear", "lemon", "fruits", "grapes", "apple", "cherries")
_LAID = frozenset({*_FRUITS, "bowl"})
_CUT = frozenset({"flower", "sunflower"})


def paint_still_life(
    canvas: Canvas, intent: Intent, air: Atmosphere, chance: Chance
) -> Iterator[float]:
    """Paint things on a table in the light of a window."""
    room = replace(air, hour="day", light=(1.06, 0.99, 0.88), shade=(0.56, 0.54, 0.6))
    edge = canvas.height * 0.57
    _paint_wall(canvas, intent, chance)
    yield 0.3
    _paint_table(canvas, chance, edge)
    yield 0.5
    wished = {wish.figure for wish in intent.wishes}
    fruity = bool(wished & _LAID) or not wished
    others = tuple(wish for wish in intent.wishes if wish.figure not in _LAID)
    stage = Stage(ground=0.83, sky=0.36, focus=0.5, scale=1.4, exposure=0.85)
    if fruity:
        _lay_fruit(canvas, intent, room, chance, stage)
        stage = replace(stage, focus=0.2, scale=1.0)
    yield 0.8
    if "vase" in wished and wished & _CUT:
        _put_bouquet(canvas, intent, room, chance, stage)
        others = tuple(wish for wish in others if wish.figure not in {*_CUT, "vase"})
    _put_shadows(canvas, others, stage)
    put_figures(canvas, replace(intent, wishes=others), room, chance, stage)


def paint_studio(
    canvas: Canvas, intent: Intent, air: Atmosphere, chance: Chance
) -> Iterator[float]:
    """Paint one thing before a plain ground, as on a poster."""
    room = replace(air, hour="day", light=(1.04, 1.01, 0.97), shade=(0.66, 0.66, 0.72))
    pale, deep = _ground(intent, chance)
    ramp = colour.ramp([colour.adjust(pale, lightness=0.03), pale, colour.mix(pale, deep, 0.4)], 64)
    canvas.fill(np.repeat(ramp[:, :, None], 2, axis=2))
    yield 0.3
    middle = (canvas.width * 0.5, canvas.height * 0.47)
    orb(canvas, *middle, canvas.unit * 0.36, deep, strength=0.85)
    orb(canvas, *middle, canvas.unit * 0.29, colour.adjust(deep, lightness=0.05), strength=0.7)
    _scatter_dots(canvas, deep, chance)
    yield 0.6
    stage = Stage(ground=0.8, sky=0.47, water=0.8, focus=0.5, scale=1.45, exposure=0.95, shadow=0.3)
    put_figures(canvas, intent, room, chance, stage)


def _paint_wall(canvas: Canvas, intent: Intent, chance: Chance) -> None:
    bright, dark = (parse(code) for code in chance.pick("wall", _WALLS).split())
    asked = intent.tints.get("backdrop") or next(iter(intent.palette), None)
    if asked is not None:
        bright = colour.mix(bright, parse(lexicon.COLOURS[asked]), 0.75)
        dark = colour.adjust(bright, lightness=-0.3)
    rows, columns = max(4, canvas.height // 4), max(4, canvas.width // 4)
    rough = noise.field(
        chance.stream("wall"), (rows, columns), cell=max(canvas.unit / 14, 4), octaves=5
    )
    y = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    x = np.linspace(0, 1, columns, dtype=np.float32)[None, :]
    light = np.exp(-(((x - 0.3) / 0.5) ** 2) - ((y - 0.3) / 0.5) ** 2)
    level = np.clip(light * 220 + rough * 9 + 10, 0, 255).astype(np.int32)
    canvas.fill(np.asarray(colour.ramp([dark, bright])[:, level], dtype=np.float32))


def _paint_table(canvas: Canvas, chance: Chance, edge: float) -> None:
    rng = chance.stream("table")
    top, rows = int(edge), canvas.height - int(edge)
    if rows < 2:
        return
    wood = parse(_WOODS[int(rng.integers(len(_WOODS)))])
    tile = noise.tile(rng, size=256, cells=6, gain=0.55)
    depth = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    x = (np.arange(canvas.width, dtype=np.float32)[None, :] - canvas.width / 2) / canvas.unit
    grain = noise.sample(tile, x * 26 / (0.6 + depth) + 60, depth * 150 + np.zeros_like(x) + x * 4)
    rings = np.sin(grain * 3 + depth * 40 / (0.6 + depth)) * 0.04
    across = np.linspace(0, 1, canvas.width, dtype=np.float32)[None, :]
    light = 0.95 + rings + grain * 0.03 - np.abs(across - 0.35) * 0.45 - depth * 0.12
    light[: max(1, rows // 60)] *= 1.25
    canvas.planes[:, top:] = np.stack([light * np.float32(part) for part in wood])


def _lay_fruit(
    canvas: Canvas, intent: Intent, air: Atmosphere, chance: Chance, stage: Stage
) -> None:
    """Heap fruit in the bowl and lay some beside it."""
    rng = chance.stream("fruit")
    named = [w for w in intent.wishes if w.figure in _FRUITS and w.figure != "fruits"]
    kinds = [w.figure for w in named] or [
        _FRUITS[k] for k in rng.permutation(len(_FRUITS)) if intent.allows(_FRUITS[k])
    ]
    coats = {wish.figure: wish for wish in intent.wishes}
    size = min(canvas.unit, canvas.width * 0.95, canvas.height * 1.1) * 1.12
    centre, base = canvas.width * 0.47, canvas.height * 0.86
    has_bowl = intent.allows("bowl") and ("bowl" in coats or len(named) != 1 or named[0].count == 1)
    spots = (
        [(-0.15, 0.2), (0.15, 0.2), (0.0, 0.24), (-0.08, 0.15), (0.08, 0.15)] if has_bowl else []
    )
    beside = [(0.37, -0.02), (-0.36, 0.0), (0.3, 0.03)]
    count = max((wish.count for wish in named), default=1)
    if not has_bowl:
        beside = [(0.21 * (k - (count - 1) / 2), 0.02 * (k % 2)) for k in range(min(count, 6))]
    for dx, dy in spots:
        _put_fruit(
            canvas, kinds, coats, air, stage, rng, centre + dx * size, base - dy * size, size
        )
    if has_bowl:
        bowl = FIGURES["bowl"]
        cast_shadow(canvas, centre, base, size * 0.62, 0.55)
        tone = coat_of(coats.get("bowl", Wish(figure="bowl")))
        put_one(canvas, bowl, tone, air, stage, x=centre, base=base, height=size * 0.3)
    for dx, dy in beside:
        x, y = centre + dx * size, base + dy * size
        cast_shadow(canvas, x, y, size * 0.17, 0.5)
        _put_fruit(canvas, kinds, coats, air, stage, rng, x, y, size)


def _put_fruit(
    canvas: Canvas,
    kinds: list[str],
    coats: dict[str, Wish],
    air: Atmosphere,
    stage: Stage,
    rng: np.random.Generator,
    x: float,
    base: float,
    size: float,
) -> None:
    kind = kinds[int(rng.integers(len(kinds)))]
    tone = coat_of(coats.get(kind, Wish(figure=kind)))
    tone = colour.adjust(
        tone, lightness=float(rng.normal(0, 0.02)), hue_degrees=float(rng.normal(0, 6))
    )
    height = FIGURES[kind].size * size * float(rng.uniform(0.92, 1.08))
    put_one(
        canvas,
        FIGURES[kind],
        tone,
        air,
        stage,
        x=x,
        base=base,
        height=height,
        faces_right=bool(rng.random() < 0.5),
    )


def _put_bouquet(
    canvas: Canvas, intent: Intent, air: Atmosphere, chance: Chance, stage: Stage
) -> None:
    """Put the cut flowers into the vase."""
    rng = chance.stream("bouquet")
    wishes = {wish.figure: wish for wish in intent.wishes}
    vase, x = FIGURES["vase"], canvas.width * stage.focus
    base, tall = canvas.height * stage.ground, min(canvas.unit, canvas.height) * 0.4
    for kind in sorted(wishes.keys() & _CUT):
        for lean in np.linspace(-1, 1, max(5, wishes[kind].count)):
            stem = tall * float(rng.uniform(1.0, 1.25)) * (1.1 - 0.22 * abs(float(lean)))
            put_one(
                canvas,
                FIGURES[kind],
                coat_of(wishes[kind]),
                air,
                replace(stage, shadow=0.0),
                x=x + float(lean) * tall * 0.42,
                base=base - tall * 0.72,
                height=stem,
            )
    cast_shadow(canvas, x, base, tall * vase.aspect, 0.5)
    put_one(canvas, vase, coat_of(wishes["vase"]), air, stage, x=x, base=base, height=tall)


def _put_shadows(canvas: Canvas, wishes: tuple[Wish, ...], stage: Stage) -> None:
    for place, wish in enumerate(wishes[:5]):
        figure = FIGURES.get(wish.figure)
        if figure is not None and figure.stands == "table" and wish.count == 1:
            x = canvas.width * ((place + 0.5) / len(wishes) if len(wishes) > 1 else stage.focus)
            width = canvas.unit * figure.size * figure.aspect * stage.scale
            cast_shadow(canvas, x, canvas.height * stage.ground, width, 0.5)


def _ground(intent: Intent, chance: Chance) -> tuple[Rgb, Rgb]:
    asked = intent.tints.get("backdrop") or next(iter(intent.palette), None)
    if asked is None:
        pale, deep = (parse(code) for code in chance.pick("ground", _GROUNDS).split())
        return pale, deep
    deep = parse(lexicon.COLOURS[asked])
    return colour.mix(deep, (1.0, 0.98, 0.94), 0.5), deep


def _scatter_dots(canvas: Canvas, tone: Rgb, chance: Chance) -> None:
    rng = chance.stream("dots")
    for _ in range(14):
        x, y = rng.random(2) * (canvas.width, canvas.height)
        orb(canvas, x, y, canvas.unit * float(rng.uniform(0.004, 0.016)), tone, strength=0.6)
