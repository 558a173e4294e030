"""From a brief to a finished picture."""

from collections.abc import Callable, Iterator, Mapping

from PIL import Image

from workers.providers.local.sketch import atmosphere, intent, treatment
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.brief import Brief
from workers.providers.local.sketch.canvas import Canvas
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.figures import FIGURES
from workers.providers.local.sketch.finish import finish
from workers.providers.local.sketch.intent import Intent
from workers.providers.local.sketch.scenes.abstract import paint_abstract
from workers.providers.local.sketch.scenes.cosmos import paint_cosmos
from workers.providers.local.sketch.scenes.likeness import paint_likeness
from workers.providers.local.sketch.scenes.tabletop import paint_still_life, paint_studio
from workers.providers.local.sketch.scenes.town import paint_town
from workers.providers.local.sketch.scenes.undersea import paint_undersea
from workers.providers.local.sketch.scenes.vista import paint_vista
from workers.providers.local.sketch.scenes.woods import paint_woods

Scene = Callable[[Canvas, Intent, Atmosphere, Chance], Iterator[float]]

_SCENES: Mapping[str, Scene] = {
    "portrait": paint_likeness,
    "abstract": paint_abstract,
    "space": paint_cosmos,
    "undersea": paint_undersea,
    "city": paint_town,
    "street": paint_town,
    "forest": paint_woods,
    "table": paint_still_life,
    "studio": paint_studio,
}
_FINISH_SHARE = 0.85  # how much of the work is done before the finish


def _nobody_listens(_done: float) -> None:
    """Take a report of progress and do nothing."""


def paint(brief: Brief, *, on_progress: Callable[[float], None] = _nobody_listens) -> Image.Image:
    """Paint what the brief asks for; an exception from the callback stops the work."""
    on_progress(0.0)
    asked = intent.read(brief.prompt, brief.negative_prompt)
    chance = Chance(f"{' '.join(brief.prompt.split()).casefold()}\0{brief.seed}")
    air = atmosphere.settle(asked, chance)
    canvas = Canvas.blank(brief.width, brief.height)
    for done in _scene(asked, chance)(canvas, asked, air, chance):
        on_progress(done * _FINISH_SHARE)
    on_progress(_FINISH_SHARE)
    image = finish(canvas, asked, treatment.choose(brief, asked), chance)
    on_progress(1.0)
    return image


def _scene(asked: Intent, chance: Chance) -> Scene:
    for place in ("portrait", "abstract", "space", "undersea"):
        if place in asked.places:
            return _SCENES[place]
    is_open = {"mountains", "hills", "sea", "lake", "field", "desert", "beach"} & set(asked.places)
    for place in asked.places:
        if place == "city" or (place in _SCENES and not is_open):
            return _SCENES[place]
    if asked.places:
        return paint_vista
    return _scene_without_place(asked, chance)


def _scene_without_place(asked: Intent, chance: Chance) -> Scene:
    homes = [FIGURES[wish.figure].home for wish in asked.wishes if wish.figure in FIGURES]
    if homes:
        is_outdoors = bool(asked.hours or asked.weather)
        if homes[0] in {"studio", "table"} and is_outdoors:
            return paint_vista
        return _SCENES.get(homes[0], paint_vista)
    if any(wish.figure == "planet" for wish in asked.wishes):
        return paint_cosmos
    if asked.hours or asked.weather:
        return paint_vista
    if asked.palette or asked.techniques:
        return paint_abstract
    return chance.pick(
        "scene", (paint_vista, paint_vista, paint_woods, paint_abstract, paint_cosmos)
    )
