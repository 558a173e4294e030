"""Figures put into a scene: in its light, with a shadow or a reflection."""

from dataclasses import dataclass, replace

import numpy as np

from workers.providers.local.sketch import colour, lexicon, noise, shapes
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.canvas import Canvas
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import Plane, Rgb
from workers.providers.local.sketch.figures import FIGURES
from workers.providers.local.sketch.figures.animals import ANIMALS
from workers.providers.local.sketch.intent import Intent, Wish
from workers.providers.local.sketch.shapes import Figure, Sprite

# A "red" fox is not as red as a red house.
_FURS = {"red": "#bd4a1e", "brown": "#74482a", "gold": "#d3a052", "orange": "#d97a2a"}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where figures may stand: the level of each kind of ground, as shares of the height."""

    ground: float = 0.9
    water: float | None = None
    sky: float = 0.28
    focus: float = 0.5  # where a lone figure stands, as a share of the width
    scale: float = 1.0
    exposure: float = 0.8
    shadow: float = 0.4
    floats: bool = False  # whether there is no ground to stand on


def put_figures(
    canvas: Canvas, intent: Intent, air: Atmosphere, chance: Chance, stage: Stage
) -> None:
    """Put everything that was wished for into the picture, the highest and farthest first."""
    wishes = [wish for wish in intent.wishes if wish.figure in FIGURES][:5]
    wishes.sort(key=lambda wish: -FIGURES[wish.figure].size)
    for place, wish in enumerate(wishes):
        _put(canvas, wish, air, chance, stage, (place + 0.5) / len(wishes))


def put_one(
    canvas: Canvas,
    figure: Figure,
    coat: Rgb,
    air: Atmosphere,
    stage: Stage,
    *,
    x: float,
    base: float,
    height: float,
    faces_right: bool = False,
) -> None:
    """Put one figure with its feet at a place, in pixels."""
    sprite = shapes.render(figure, coat, height)
    if faces_right:
        sprite = _turned(sprite)
    left, top = round(x - sprite.wide / 2), round(base - sprite.tall)
    if figure.stands == "ground" and stage.shadow:
        cast_shadow(canvas, x, base, sprite.wide, stage.shadow)
    planes = _in_light(sprite, air, stage.exposure)
    if figure.stands == "water":
        _reflect(canvas, sprite, planes, left, round(base))
    mask = np.clip(sprite.stretched(sprite.mask), 0, 1)
    canvas.blend(mask, (sprite.stretched(plane) for plane in planes), top=top, left=left)
    if figure is FIGURES["lighthouse"] and air.is_dark:
        _shine_beam(canvas, x, base - height * 0.855, height)
    _add_rim(canvas, mask, air, top, left)


def _turned(sprite: Sprite) -> Sprite:
    return replace(
        sprite,
        planes=sprite.planes[:, :, ::-1],
        mask=sprite.mask[:, ::-1],
        shine=sprite.shine[:, ::-1],
    )


def coat_of(wish: Wish) -> Rgb:
    """Return the colour that a figure should have."""
    if wish.colour is None:
        return colour.parse(FIGURES[wish.figure].coat)
    if wish.figure in ANIMALS and wish.colour in _FURS:
        return colour.parse(_FURS[wish.colour])
    return colour.parse(lexicon.COLOURS[wish.colour])


def cast_shadow(canvas: Canvas, x: float, base: float, width: float, strength: float) -> None:
    """Darken the ground softly under something this wide."""
    across, down = width * 0.62, max(width * 0.085, 2)
    left, top = int(x - across), int(base - down * 1.2)
    rows, columns = np.ogrid[0 : int(down * 2) + 1, 0 : int(across * 2) + 1]
    far = ((columns - across) / across) ** 2 + ((rows - down) / down) ** 2
    mask = np.clip(1 - far, 0, 1).astype(np.float32)
    canvas.shade(mask, top=top, left=left, strength=strength)


def _put(
    canvas: Canvas, wish: Wish, air: Atmosphere, chance: Chance, stage: Stage, share: float
) -> None:
    figure, rng = FIGURES[wish.figure], chance.stream(f"place {wish.figure}")
    count = max(wish.count, 3 if wish.figure == "gulls" else 1)
    spread = canvas.width * (0.2 if share == 0.5 else 0.32) * (1 if count == 1 else 1.5)
    figure = replace(figure, stands="air") if stage.floats else figure
    is_group = share != 0.5 or count > 1
    centre = canvas.width * (share if is_group else stage.focus)
    for number in range(min(count, 9)):
        shift = (number - (count - 1) / 2) / max(count - 1, 1) * 2 * spread * 0.8
        size = figure.size * stage.scale * rng.uniform(0.9, 1.08) * (0.8 if count > 1 else 1)
        size *= wish.size
        depth = rng.uniform(-0.05, 0.03) if count > 1 else 0.0
        height = min(canvas.unit * size * (1 + depth * 5), canvas.height * 0.72)
        height = min(height, canvas.width * 0.86 / figure.aspect)
        base = _level(figure, stage, rng) + depth
        margin = min(height * figure.aspect * 0.52, canvas.width / 2)
        x = centre + shift + rng.normal(0, 0.012) * canvas.width
        put_one(
            canvas,
            figure,
            coat_of(wish),
            air,
            stage,
            x=min(max(x, margin), canvas.width - margin),
            base=base * canvas.height + (height * 0.5 if figure.stands == "air" else 0),
            height=height,
            faces_right=bool(centre < canvas.width / 2),
        )


def _level(figure: Figure, stage: Stage, rng: np.random.Generator) -> float:
    if figure.stands == "air":
        return stage.sky + float(rng.uniform(-0.07, 0.07))
    if figure.stands == "water" and stage.water is not None:
        return stage.water
    return stage.ground


def _in_light(sprite: Sprite, air: Atmosphere, exposure: float) -> Plane:
    light = colour.mix(air.shade, air.light, exposure)
    # Figures stay legible: even at night enough of their own colour is seen.
    lift = 0.26 if air.is_dark else 0.12
    glare = 1.12
    return np.stack(
        [
            plane
            * (np.float32(lift + (1 - lift) * tone) * (1 - sprite.shine) + glare * sprite.shine)
            for plane, tone in zip(sprite.planes, light, strict=True)
        ]
    )


def _reflect(canvas: Canvas, sprite: Sprite, planes: Plane, left: int, base: int) -> None:
    rows = max(2, int(sprite.tall * 0.55))
    wobble = np.sin(np.arange(rows) * 1.1 + np.arange(rows) ** 1.3 * 0.07) * rows * 0.012
    columns = np.arange(sprite.wide)[None, :] + np.round(wobble).astype(int)[:, None]
    columns, lines = columns % sprite.wide, np.arange(rows)[:, None]
    fade = np.linspace(0.55, 0.12, rows, dtype=np.float32)[:, None]

    def mirrored(plane: Plane) -> Plane:
        turned = noise.resize(plane[::-1], rows, sprite.wide)
        return np.asarray(turned[lines, columns], dtype=np.float32)

    mask = np.clip(mirrored(sprite.mask), 0, 1) * fade
    tones = (mirrored(plane) * np.float32(0.72) for plane in planes)
    canvas.blend(mask, tones, top=base - max(1, rows // 60), left=left)


def _shine_beam(canvas: Canvas, x: float, y: float, height: float) -> None:
    """Send the light of a lighthouse out to both sides."""
    step = 3
    down, across = np.mgrid[0 : canvas.height : step, 0 : canvas.width : step].astype(np.float32)
    far = np.abs(across - x) + 1
    cone = np.abs(down - y + (across - x) * 0.07) / (far * 0.11 + height * 0.03)
    beam = np.exp(-(cone**2) * 1.4) * np.exp(-far / (canvas.unit * 0.55)) * 0.6
    halo = np.exp(-np.hypot(down - y, across - x) / (height * 0.09)) * 0.8
    light = noise.resize((beam + halo).astype(np.float32), canvas.height, canvas.width)
    canvas.blend(np.clip(light, 0, 0.95), (1.0, 0.95, 0.76))


def _add_rim(canvas: Canvas, mask: Plane, air: Atmosphere, top: int, left: int) -> None:
    step = max(1, mask.shape[0] // 110)
    inner = np.pad(mask, ((step, 0), (step, 0)))[:-step, :-step]
    rim = np.clip(mask - inner, 0, 1)
    strength = 0.5 if air.hour in {"sunset", "dawn", "golden", "dusk"} else 0.22
    canvas.blend(rim, air.light, top=top, left=left, strength=strength)
