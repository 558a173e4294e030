"""From a brief to a finished picture."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from workers.providers.local.sketch import atmosphere, intent, treatment
from workers.providers.local.sketch.atmosphere import Atmosphere
from workers.providers.local.sketch.brief import Brief
from workers.providers.local.sketch.canvas import Canvas
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import Plane
from workers.providers.local.sketch.figures import FIGURES
from workers.providers.local.sketch.finish import finish
from workers.providers.local.sketch.intent import Intent
from workers.providers.local.sketch.scenes.abstract import paint_abstract
from workers.providers.local.sketch.scenes.cosmos import paint_cosmos
from workers.providers.local.sketch.scenes.likeness import paint_likeness
from workers.providers.local.sketch.scenes.tabletop import paint_still_life, paint_studio
from workers.providers.local.sketch.scenes.town import paint_town
from workers.providers.local.sketch.scenes.undersea import paint_undersea
from workers.providers.local.sketch.scenes.vista import WATER_DONE, paint_vista
from workers.providers.local.sketch.scenes.woods import paint_woods
from workers.providers.local.sketch.treatment import Treatment

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
# Their first stage is the sky, and their last the weather.
_OUTDOORS = frozenset({paint_vista, paint_town, paint_woods})
_END = 2.0
_FINISH_SHARE = 0.85  # how much of the work is done before the finish
_SEEN = 0.004  # a change of colour below this is none


@dataclass(frozen=True)
class Stage:
    """The picture after a stage of its painting, and where that stage painted, from 0 to 1.

    ``is_sky`` is the first stage of a scene in the open, ``is_falling`` rain or snow, its last.
    ``is_water`` is water in the open.
    """

    picture: Image.Image
    cover: Plane
    is_sky: bool = False
    is_water: bool = False
    is_falling: bool = False


@dataclass(frozen=True)
class _Easel:
    """Everything that is settled before the first stroke."""

    scene: Scene
    canvas: Canvas
    asked: Intent
    air: Atmosphere
    chance: Chance
    treatment: Treatment

    def work(self) -> Iterator[float]:
        """Paint, and yield the share of it that is done now and then."""
        return self.scene(self.canvas, self.asked, self.air, self.chance)


def _nobody_listens(_done: float) -> None:
    """Take a report of progress and do nothing."""


def paint(brief: Brief, *, on_progress: Callable[[float], None] = _nobody_listens) -> Image.Image:
    """Paint what the brief asks for; an exception from the callback stops the work."""
    on_progress(0.0)
    easel = _set_up(brief)
    for done in easel.work():
        on_progress(done * _FINISH_SHARE)
    on_progress(_FINISH_SHARE)
    image = finish(easel.canvas, easel.asked, easel.treatment, easel.chance)
    on_progress(1.0)
    return image


def paint_stages(
    brief: Brief, *, on_progress: Callable[[float], None] = _nobody_listens
) -> Iterator[Stage]:
    """Paint as :func:`paint` does, and yield the picture after each stage that changes it.

    The corners stay bright and the grain fine: what is to move has no frame yet.
    """
    easel = _set_up(brief)
    plain = replace(easel.treatment, vignette=0.0, grain=easel.treatment.grain * 0.35)
    is_outdoors = easel.scene in _OUTDOORS
    before, is_first = easel.canvas.planes.copy(), True
    for done in _with_end(easel.work()):
        on_progress(min(done, 1.0))
        planes = easel.canvas.planes.copy()
        cover = _changed(before, planes)
        before = planes
        if not is_first and not cover.any():
            continue
        copy = Canvas(planes.copy())
        yield Stage(
            finish(copy, easel.asked, plain, easel.chance),
            cover,
            is_sky=is_outdoors and is_first,
            is_water=easel.scene is paint_vista and done == WATER_DONE,
            is_falling=is_outdoors and done > 1 and _falls(easel.asked),
        )
        is_first = False


def _set_up(brief: Brief) -> _Easel:
    asked = intent.mixed(
        intent.read(brief.prompt, brief.negative_prompt),
        [(intent.read(text, brief.negative_prompt), share) for text, share in brief.beside],
    )
    chance = Chance(f"{' '.join(brief.words.split()).casefold()}\0{brief.seed}")
    return _Easel(
        scene=_scene(asked, chance),
        canvas=Canvas.blank(brief.width, brief.height),
        asked=asked,
        air=atmosphere.settle(asked, chance),
        chance=chance,
        treatment=treatment.choose(brief, asked),
    )


def _with_end(reports: Iterator[float]) -> Iterator[float]:
    """Add one beyond the last report, after which scenes still paint."""
    yield from reports
    yield _END


def _changed(before: Plane, after: Plane) -> Plane:
    change = np.abs(after - before).max(axis=0)
    return np.asarray(np.clip(change / np.float32(_SEEN), 0, 1), dtype=np.float32)


def _falls(asked: Intent) -> bool:
    return bool(asked.weather & {"rain", "storm", "snow"}) and "fog" not in asked.weather


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
