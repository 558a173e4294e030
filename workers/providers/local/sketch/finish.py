"""The last layer: bloom, vignette, grain and the colours of the print."""

import numpy as np
from PIL import Image, ImageFilter

from workers.providers.local.sketch import colour, lexicon, noise
from workers.providers.local.sketch.canvas import Canvas, box_blur
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import parse
from workers.providers.local.sketch.intent import Intent
from workers.providers.local.sketch.medium import brush, soak
from workers.providers.local.sketch.treatment import Treatment

_TABLE = 17  # points on each side of the colour table
_NEUTRAL = frozenset({"white", "black", "grey", "silver", "charcoal", "ivory", "cream"})


def finish(canvas: Canvas, intent: Intent, treatment: Treatment, chance: Chance) -> Image.Image:
    """Turn the painted light into a picture."""
    _add_bloom(canvas, treatment)
    if treatment.medium == "watercolour":
        soak(canvas, chance)
    _darken_corners(canvas, treatment)
    image = _develop(canvas, treatment, chance)
    if treatment.medium == "oil":
        image = brush(image, canvas.unit, chance)
    return image.filter(_grading(treatment, intent))


def _add_bloom(canvas: Canvas, treatment: Treatment) -> None:
    step = max(1, int(canvas.unit / 128))
    rows, columns = max(1, canvas.height // step), max(1, canvas.width // step)
    small = np.stack([noise.resize_area(plane, rows, columns) for plane in canvas.planes])
    excess = np.clip(small.max(axis=0) - 0.72, 0, 0.6) * np.float32(treatment.bloom * 1.6)
    for plane, part in zip(canvas.planes, small, strict=True):
        halo = box_blur(box_blur(part * excess, 5), 5)
        plane += noise.resize(halo, canvas.height, canvas.width)


def _darken_corners(canvas: Canvas, treatment: Treatment) -> None:
    y = np.linspace(-1, 1, canvas.height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, canvas.width, dtype=np.float32)[None, :]
    far = (y * y + x * x) * np.float32(0.5)
    canvas.shade(far * far, strength=treatment.vignette)


def _develop(canvas: Canvas, treatment: Treatment, chance: Chance) -> Image.Image:
    """Round to whole levels with a film's grain, which also hides the steps of gradients."""
    rng = chance.stream("grain")
    side = 256
    speck = rng.standard_normal((side, side), dtype=np.float32) * np.float32(treatment.grain * 255)
    speck = np.tile(speck, (canvas.height // side + 1, canvas.width // side + 1))
    speck = speck[: canvas.height, : canvas.width] + np.float32(0.5)
    bands = []
    for plane in canvas.planes:
        plane *= 255
        plane += speck
        np.clip(plane, 0, 255, out=plane)
        bands.append(Image.fromarray(plane.astype(np.uint8)))
    return Image.merge("RGB", bands)


def _grading(treatment: Treatment, intent: Intent) -> ImageFilter.Color3DLUT:
    steps = np.linspace(0, 1, _TABLE)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    lab = colour.to_oklab(np.stack([red.ravel(), green.ravel(), blue.ravel()]))
    _grade(lab, treatment)
    _suppress(lab, intent)
    if treatment.medium == "ink":
        lab[1:] *= 0.14
        lab[2] += 0.012
    table = colour.from_oklab(lab).T.astype(np.float32)
    return ImageFilter.Color3DLUT(_TABLE, table.ravel())


def _grade(lab: np.ndarray, treatment: Treatment) -> None:
    light = lab[0].copy()
    curve = light + treatment.contrast * np.sin((light - 0.5) * np.pi * 2) * 0.13
    lab[0] = np.clip(curve + treatment.lightness * np.sin(np.pi * np.clip(light, 0, 1)), 0, 1)
    lab[1:] *= treatment.chroma
    side = np.exp(1j * np.radians(treatment.split_degrees)) * treatment.split
    lean = (light - 0.5) * 2 * np.sin(np.pi * np.clip(light, 0, 1))
    lab[1] += side.real * lean
    lab[2] += side.imag * lean + treatment.warmth * np.sin(np.pi * np.clip(light, 0, 1))


def _suppress(lab: np.ndarray, intent: Intent) -> None:
    """Take the unwanted hues out of the print."""
    hue = np.degrees(np.arctan2(lab[2], lab[1]))
    for name in sorted((intent.unwanted & lexicon.COLOURS.keys()) - _NEUTRAL):
        target = colour.to_oklab(np.array(parse(lexicon.COLOURS[name])))
        turn = hue - np.degrees(np.arctan2(target[2], target[1]))
        away = np.abs((turn + 180) % 360 - 180)
        kept = np.clip((away - 30) / 25, 0.06, 1)
        lab[1:] *= kept
