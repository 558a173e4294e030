"""Everything that a prompt can ask to see."""

from collections.abc import Mapping

from workers.providers.local.sketch.figures.animals import ANIMALS
from workers.providers.local.sketch.figures.buildings import BUILDINGS
from workers.providers.local.sketch.figures.nature import NATURE
from workers.providers.local.sketch.figures.people import PEOPLE
from workers.providers.local.sketch.figures.things import THINGS
from workers.providers.local.sketch.figures.vehicles import VEHICLES
from workers.providers.local.sketch.shapes import Figure

FIGURES: Mapping[str, Figure] = {
    **ANIMALS,
    **BUILDINGS,
    **NATURE,
    **PEOPLE,
    **THINGS,
    **VEHICLES,
}
