"""Under the sea: light from above, bubbles, sand and corals."""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw

from workers.providers.local.sketch import colour, lexicon, noise
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.canvas import Canvas, as_mask
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import Rgb, parse
from workers.providers.local.sketch.intent import Intent
from workers.providers.local.sketch.plants import paint_ground
from workers.providers.local.sketch.staging import Stage, put_figures

_DEPTHS = (
    "#b4ecea #3fb2c4 #136f94 #0a3f66 #06253f",
    "#a6e6d8 #2fa89a #0f6f74 #0a4552 #052a36",
    "#9cd0f0 #3a86c8 #1c549c #103670 #081c44",
)
_CORALS = ("#e8604c", "#f08ab0", "#e8a83c", "#9a5cc0", "#d84a78", "#4fc0a0")


def paint_undersea(
    canvas: Canvas, intent: Intent, air: Atmosphere, chance: Chance
) -> Iterator[float]:
    """Paint what a diver sees."""
    tones = _tones(intent, chance)
    canvas.fill(np.repeat(colour.ramp(tones, 128)[:, :, None], 2, axis=2))
    _paint_rays(canvas, chance)
    yield 0.3
    floor = canvas.height * 0.84
    rng = chance.stream("seabed")
    for distance, height in ((0.7, 0.16), (0.4, 0.22)):
        _paint_corals(canvas, floor - canvas.height * 0.05 * distance, height, tones, distance, rng)
    yield 0.5
    wave = noise.line(rng, canvas.width, cell=max(canvas.unit * 0.4, 4), octaves=4)
    line = np.asarray(floor + wave * canvas.unit * 0.02, dtype=np.float32)
    sand = colour.mix(parse("#d8c79a"), tones[2], 0.45)
    paint_ground(canvas, line, sand, air, rng, roughness=0.7)
    _paint_corals(canvas, canvas.height * 0.99, 0.26, tones, 0.05, rng)
    yield 0.7
    put_figures(
        canvas,
        intent,
        air,
        chance,
        Stage(ground=0.9, sky=0.46, focus=0.45, scale=1.15, exposure=0.9, shadow=0.2),
    )
    _paint_bubbles(canvas, chance)


def _tones(intent: Intent, chance: Chance) -> list[Rgb]:
    tones = [parse(code) for code in chance.pick("depth", _DEPTHS).split()]
    if "water" in intent.tints or intent.palette:
        asked = parse(lexicon.COLOURS[intent.tints.get("water") or intent.palette[0]])
        tones = [colour.tint(tone, asked, 0.65) for tone in tones]
    return tones


def _paint_rays(canvas: Canvas, chance: Chance) -> None:
    rows, columns = max(2, canvas.height // 4), max(2, canvas.width // 4)
    y = np.linspace(0, 1, rows, dtype=np.float32)[:, None] * canvas.height / canvas.unit
    x = (np.linspace(0, 1, columns, dtype=np.float32)[None, :] - 0.55) * canvas.width / canvas.unit
    rays = noise.line(chance.stream("rays"), 512, cell=11, octaves=4)
    spread = np.clip(x / (y + 0.75) * 230 + 256, 0, 511).astype(int)
    light = np.clip(rays[spread] * 0.6 + 0.12, 0, 1.4) * np.exp(-y * 2.1) * 0.5
    glow = np.exp(-((x / 0.42) ** 2) - y * 3.2) * 0.5
    veil = noise.resize((light + glow).astype(np.float32), canvas.height, canvas.width)
    canvas.blend(np.clip(veil, 0, 0.9), (0.88, 1.0, 0.96))


def _paint_corals(
    canvas: Canvas,
    base: float,
    height: float,
    tones: list[Rgb],
    distance: float,
    rng: np.random.Generator,
) -> None:
    top = max(0, int(base - canvas.unit * height * 1.3))
    bottom = min(canvas.height, int(base) + 2)
    if bottom - top < 2:
        return
    codes = rng.permutation(len(_CORALS))[:3]
    for code in codes:
        paper = Image.new("L", (canvas.width * 2, (bottom - top) * 2))
        pen = ImageDraw.Draw(paper)
        for _ in range(max(2, int(canvas.width / canvas.unit * 3))):
            x = float(rng.random())
            x = x * 0.36 if rng.random() < 0.5 else 1 - x * 0.36
            tall = canvas.unit * height * float(rng.uniform(0.35, 1.0)) * 2
            _branch(
                pen, (x * paper.width, paper.height + 2.0), -1.57, tall * 0.34, tall * 0.036, rng, 0
            )
        tone = colour.mix(parse(_CORALS[int(code)]), tones[3], 0.25 + distance * 0.7)
        canvas.blend(as_mask(paper.reduce(2)), tone, top=top)


def _branch(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    heading: float,
    long: float,
    wide: float,
    rng: np.random.Generator,
    depth: int,
) -> None:
    tip = at[0] + np.cos(heading) * long, at[1] + np.sin(heading) * long
    pen.line([at, tip], fill=255, width=max(1, round(wide * 2)))
    pen.ellipse([tip[0] - wide, tip[1] - wide, tip[0] + wide, tip[1] + wide], fill=255)
    if depth < 4:
        for turn in (-0.45, 0.4):
            bend = heading + turn * float(rng.uniform(0.5, 1.4))
            _branch(
                pen, tip, bend, long * float(rng.uniform(0.6, 0.85)), wide * 0.78, rng, depth + 1
            )


def _paint_bubbles(canvas: Canvas, chance: Chance) -> None:
    rng = chance.stream("bubbles")
    paper = Image.new("L", (canvas.width * 2, canvas.height * 2))
    pen = ImageDraw.Draw(paper)
    for _ in range(70):
        x, y = float(rng.random()) * paper.width, float(rng.random()) ** 0.8 * paper.height
        r = max(canvas.unit * 0.0035 * float(rng.pareto(2.2) + 0.7), 1.0) * 1.6
        pen.ellipse([x - r, y - r, x + r, y + r], outline=150, width=max(1, int(r * 0.16)))
        pen.ellipse([x - r * 0.5, y - r * 0.55, x - r * 0.15, y - r * 0.2], fill=220)
    canvas.blend(as_mask(paper.reduce(2)), (0.9, 1.0, 1.0), strength=0.75)
