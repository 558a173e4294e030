"""Portraits: a face before a painted ground."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from workers.providers.local.sketch import colour, lexicon, noise
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.canvas import Canvas
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import Rgb, parse
from workers.providers.local.sketch.figures import FIGURES
from workers.providers.local.sketch.figures.faces import SKINS, face
from workers.providers.local.sketch.intent import Intent
from workers.providers.local.sketch.shapes import Figure, Part
from workers.providers.local.sketch.staging import Stage, coat_of, put_one

_GROUNDS = (
    "#33464f #7f9a98",
    "#4a3a34 #b08a64",
    "#2f3a52 #8496b4",
    "#4f3a44 #b88a86",
    "#35463a #9aa67c",
)
_COATS = ("#3f5a70", "#7a3a3a", "#4a5a3c", "#5a4468", "#8a6a34")
_HAIRS = ("#2c211c", "#5a3a22", "#8a5a2c", "#b8863c", "#1d1a1c")
_HAIR_OF_COLOUR = {"red": "#9c3f1c", "gold": "#c99a4c", "black": "#1d1a1c", "brown": "#5a3a22"}
_EYES = ("#4f6f86", "#5a4632", "#4f6b4a", "#3a2c22")
_PEOPLE = frozenset({"person", "sailor", "umbrella"})


def paint_likeness(
    canvas: Canvas, intent: Intent, air: Atmosphere, chance: Chance
) -> Iterator[float]:
    """Paint a portrait of a person, or of whatever else was asked for."""
    room = replace(air, hour="day", light=(1.05, 1.0, 0.92), shade=(0.55, 0.55, 0.64))
    _paint_ground(canvas, intent, chance)
    yield 0.4
    others = [w for w in intent.wishes if w.figure in FIGURES and w.figure not in _PEOPLE]
    stage = Stage(exposure=0.9, shadow=0.0)
    if others:
        figure = replace(FIGURES[others[0].figure], stands="air")
        height = min(canvas.unit * 0.8, canvas.width * 0.86 / figure.aspect, canvas.height * 0.84)
        put_one(
            canvas,
            figure,
            coat_of(others[0]),
            room,
            stage,
            x=canvas.width / 2,
            base=canvas.height / 2 + height * 0.52,
            height=height,
        )
    else:
        sitter = Figure(aspect=1.4, coat="#3f5a70", parts=_sitter(intent, chance), stands="air")
        height = min(canvas.unit * 0.98, canvas.height * 0.9, canvas.width * 1.1)
        put_one(
            canvas,
            sitter,
            _coat(intent, chance),
            room,
            stage,
            x=canvas.width / 2,
            base=canvas.height + height * 0.03,
            height=height,
            faces_right=chance.number("turn") < 0.5,
        )
    yield 0.8


def _sitter(intent: Intent, chance: Chance) -> tuple[Part, ...]:
    is_old = "old" in intent.moods
    hair = "#d9d6d0" if is_old else chance.pick("hair", _HAIRS)
    if "hair" in intent.tints:
        name = intent.tints["hair"]
        hair = _HAIR_OF_COLOUR.get(name, lexicon.COLOURS[name])
    is_sailor = any(wish.figure == "sailor" for wish in intent.wishes)
    return face(
        is_old=is_old,
        is_woman="woman" in intent.moods,
        is_sailor=is_sailor,
        hair=hair,
        skin=chance.pick("skin", SKINS),
        eyes=chance.pick("eyes", _EYES),
    )


def _coat(intent: Intent, chance: Chance) -> Rgb:
    if "clothes" in intent.tints:
        return parse(lexicon.COLOURS[intent.tints["clothes"]])
    wished = [wish for wish in intent.wishes if wish.figure in _PEOPLE and wish.colour]
    if wished:
        return coat_of(wished[0])
    if any(wish.figure == "sailor" for wish in intent.wishes):
        return parse("#22304f")
    return parse(chance.pick("coat", _COATS))


def _paint_ground(canvas: Canvas, intent: Intent, chance: Chance) -> None:
    dark, bright = (parse(code) for code in chance.pick("ground", _GROUNDS).split())
    asked = intent.tints.get("backdrop") or next(iter(intent.palette), None)
    if asked is not None:
        bright = parse(lexicon.COLOURS[asked])
        dark = colour.adjust(bright, lightness=-0.25)
    rng = chance.stream("ground")
    rows, columns = max(4, canvas.height // 3), max(4, canvas.width // 3)
    cell = max(canvas.unit / 9, 4)
    rough = noise.field(rng, (rows, columns), cell=cell, octaves=6, gain=0.6)
    tile = noise.tile(rng, size=256, cells=8)
    y = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    x = np.linspace(0, 1, columns, dtype=np.float32)[None, :]
    strokes = noise.sample(tile, x * 300 + y * 190 + rough * 5, y * 40 - x * 34 + rough * 4)
    light = np.exp(-(((x - 0.4) / 0.55) ** 2) - ((y - 0.4) / 0.6) ** 2)
    level = np.clip(light * 190 + strokes * 17 + rough * 14 + 12, 0, 255).astype(np.int32)
    canvas.fill(np.asarray(colour.ramp([dark, bright])[:, level], dtype=np.float32))
