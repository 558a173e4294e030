"""How a finished scene is treated: what the style, the model and the mood make of it."""

from dataclasses import dataclass
from hashlib import blake2b

from workers.providers.local.sketch.brief import Brief
from workers.providers.local.sketch.intent import Intent


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """The last decisions, all of them small."""

    medium: str  # plain | oil | watercolour | ink
    contrast: float
    chroma: float
    lightness: float
    warmth: float
    split_degrees: float
    split: float
    bloom: float
    grain: float
    vignette: float


def choose(brief: Brief, intent: Intent) -> Treatment:
    """Decide the treatment. Each model has its own hand, so that no two look quite alike."""
    hand = [
        byte / 255 for byte in blake2b(brief.model.encode(errors="replace"), digest_size=8).digest()
    ]
    vivid = brief.style == "vivid" or "vivid" in intent.moods
    pastel = "pastel" in intent.moods
    return Treatment(
        medium=_medium(brief, intent),
        contrast=0.1 + 0.12 * hand[0] + (0.16 if vivid else 0) - (0.16 if pastel else 0),
        chroma=0.97 + 0.14 * hand[1] + (0.28 if vivid else 0) - (0.3 if pastel else 0),
        lightness=_lightness(intent) + 0.02 * (hand[2] - 0.5),
        warmth=0.03 * (hand[3] - 0.5),
        split_degrees=360 * hand[4],
        split=0.008 + 0.014 * hand[5],
        bloom=0.22 + 0.2 * hand[6] + (0.08 if vivid else 0),
        grain=0.006 + 0.005 * hand[7],
        vignette=0.12 + 0.12 * hand[2] - (0.1 if pastel else 0),
    )


def _medium(brief: Brief, intent: Intent) -> str:
    if "abstract" in intent.places and brief.style != "artistic":
        return "plain"
    for medium in ("watercolour", "ink", "oil"):
        if medium in intent.techniques:
            return medium
    return "oil" if brief.style == "artistic" else "plain"


def _lightness(intent: Intent) -> float:
    change = 0.0
    if "dark" in intent.moods:
        change -= 0.06
    if intent.moods & {"bright", "pastel"}:
        change += 0.05
    return change
