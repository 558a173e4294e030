"""The colours of pictures that have no subject of their own."""

from itertools import pairwise

from workers.providers.local.sketch import colour, lexicon
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import Rgb, parse
from workers.providers.local.sketch.intent import Intent

_FAMILIES = (
    "#0f2c3f #1f6f78 #6bb5a2 #f2d8a0 #e2743c",
    "#2a1a3e #6b2f6b #c8506a #f29a6a #fde3b4",
    "#12263a #2f5d8c #86b3d1 #efe6d8 #d9a441",
    "#1c2f2a #3f6f4f #9bb67c #f0e6c0 #c8643c",
    "#1d1b33 #4338a0 #8a6fe0 #f2a6c8 #ffe8c9",
    "#3a1f1a #a33b2a #e88a3a #f6d08a #2f7f86",
    "#0c1f2c #0f5e63 #31b0a0 #b8e6c8 #f6efdc",
    "#241c2c #5d3a5c #b06a7a #e8b89a #f7ead9",
)


def family(intent: Intent, chance: Chance) -> list[Rgb]:
    """Return colours from dark to light that belong together, led by those asked for."""
    asked = [parse(lexicon.COLOURS[name]) for name in intent.palette]
    asked += [parse(lexicon.COLOURS[name]) for name in intent.tints.values()]
    if not asked:
        found = [parse(code) for code in chance.pick("family", _FAMILIES).split()]
        return [_spared(tone, intent) for tone in found]
    dark = colour.adjust(asked[0], lightness=-0.28, chroma=0.9)
    pale = colour.mix(colour.adjust(asked[-1], lightness=0.25, chroma=0.5), (1.0, 0.98, 0.94), 0.5)
    blends = [colour.mix(one, two, 0.5) for one, two in pairwise(asked)]
    between = [tone for pair in zip(asked, [*blends, asked[-1]], strict=True) for tone in pair]
    return sorted([dark, *between[: 2 * len(asked) - 1], pale], key=colour.lightness)


def _spared(tone: Rgb, intent: Intent) -> Rgb:
    """Turn a colour's hue away from those that are unwanted."""
    for name in sorted(intent.unwanted & lexicon.COLOURS.keys()):
        if colour.hue_distance(tone, parse(lexicon.COLOURS[name])) < 45:
            tone = colour.adjust(tone, hue_degrees=110)
    return tone
