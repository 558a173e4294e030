"""Rain, snow, mist and lightning in front of a scene."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from workers.providers.local.sketch import noise
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.canvas import Canvas, as_mask
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.intent import Intent


def paint_weather(
    canvas: Canvas, intent: Intent, air: Atmosphere, chance: Chance, horizon: float
) -> None:
    """Let the weather of the prompt fall over the picture."""
    if intent.weather & {"fog"}:
        _paint_mist(canvas, air, chance, horizon)
    if intent.weather & {"rain", "storm"} and intent.allows("rain"):
        _paint_rain(canvas, air, chance, slant=0.42 if "storm" in intent.weather else 0.14)
    if "snow" in intent.weather:
        _paint_snow(canvas, chance)


def paint_lightning(canvas: Canvas, chance: Chance, horizon: float) -> None:
    """Strike the sky with one bolt and its glow."""
    rng = chance.stream("lightning")
    paper = Image.new("L", (canvas.width, max(2, int(min(horizon, canvas.height)))))
    pen = ImageDraw.Draw(paper)
    start = (float(rng.uniform(0.2, 0.8)) * canvas.width, -2.0)
    _fork(pen, start, horizon, canvas.unit * 0.0042, rng, 0)
    bolt = as_mask(paper.filter(ImageFilter.GaussianBlur(max(canvas.unit / 1400, 0.4))))
    small = paper.resize(
        (max(1, paper.width // 8), max(1, paper.height // 8)), Image.Resampling.BOX
    )
    soft = as_mask(small.filter(ImageFilter.GaussianBlur(max(canvas.unit / 180, 1))))
    halo = noise.resize(soft, paper.height, paper.width)
    canvas.glow(np.clip(halo * 2.2, 0, 1), (0.55, 0.6, 0.95), strength=0.8)
    canvas.glow(bolt, (0.95, 0.95, 1.0), strength=1.1)


def _fork(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    bottom: float,
    wide: float,
    rng: np.random.Generator,
    depth: int,
) -> None:
    x, y = at
    steps = 16 if depth == 0 else 6
    stride = (bottom - y) / steps * (1 if depth == 0 else 0.45)
    drift = 0.0 if depth == 0 else float(rng.choice([-1, 1])) * stride * 0.7
    for _ in range(steps):
        step = x + drift + float(rng.normal(0, stride * 0.55)), y + stride
        pen.line([(x, y), step], fill=255, width=max(1, round(wide * (0.6 if depth else 1))))
        x, y = step
        if depth < 2 and y < bottom and rng.random() < 0.2:
            _fork(pen, (x, y), bottom, wide * 0.6, rng, depth + 1)


def _paint_mist(canvas: Canvas, air: Atmosphere, chance: Chance, horizon: float) -> None:
    rows, columns = max(2, canvas.height // 4), max(2, canvas.width // 4)
    drift = noise.field(chance.stream("mist"), (rows, columns), cell=canvas.unit / 10, octaves=4)
    level = np.linspace(0, canvas.height, rows, dtype=np.float32)[:, None]
    band = np.exp(-(((level - horizon) / (canvas.height * 0.2)) ** 2))
    mist = np.clip(band * (0.44 + 0.16 * drift), 0, 0.75) + np.float32(0.1)
    canvas.blend(noise.resize(mist.astype(np.float32), canvas.height, canvas.width), air.horizon)


def _paint_rain(canvas: Canvas, air: Atmosphere, chance: Chance, slant: float) -> None:
    rng = chance.stream("rain")
    for size, count, strength in ((0.6, 900, 0.2), (1.0, 420, 0.32), (1.9, 90, 0.3)):
        paper = Image.new("L", (canvas.width, canvas.height))
        pen = ImageDraw.Draw(paper)
        drops = int(min(count * canvas.width * canvas.height / canvas.unit**2, count * 4))
        long = canvas.unit * 0.035 * size
        wide = max(1, round(canvas.unit * 0.0013 * size))
        for x, y, grow in zip(
            rng.random(drops), rng.random(drops), rng.uniform(0.6, 1.4, drops), strict=True
        ):
            left, top = x * canvas.width * 1.3 - canvas.width * 0.1, y * canvas.height
            pen.line(
                [(left, top), (left - slant * long * grow, top + long * grow)],
                fill=int(110 + 120 * grow / 1.4),
                width=wide,
            )
        tone = tuple(0.35 + 0.65 * part for part in air.horizon)
        canvas.blend(as_mask(paper), (tone[0], tone[1], tone[2]), strength=strength)


def _paint_snow(canvas: Canvas, chance: Chance) -> None:
    rng = chance.stream("snow")
    for size, count, blur in ((0.0016, 620, 0.4), (0.003, 260, 0.7), (0.0065, 46, 2.2)):
        paper = Image.new("L", (canvas.width, canvas.height))
        pen = ImageDraw.Draw(paper)
        flakes = int(min(count * canvas.width * canvas.height / canvas.unit**2, count * 4))
        for x, y, grow in zip(
            rng.random(flakes), rng.random(flakes), rng.uniform(0.5, 1.5, flakes), strict=True
        ):
            r = max(canvas.unit * size * grow, 0.6)
            left, top = x * canvas.width, y * canvas.height
            pen.ellipse([left - r, top - r, left + r, top + r], fill=int(150 + 70 * grow))
        soft = paper.filter(ImageFilter.GaussianBlur(canvas.unit / 1000 * blur))
        canvas.blend(as_mask(soft), (0.97, 0.98, 1.0), strength=0.85)
