"""The light a picture is seen in: the hour, the weather, and the colours asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from workers.providers.local.sketch import colour, lexicon
from workers.providers.local.sketch.chance import Chance
from workers.providers.local.sketch.colour import Rgb
from workers.providers.local.sketch.intent import Intent

# From the zenith to the horizon, then the light of the sun or moon, then the light of the shade.
_SKIES: Mapping[str, tuple[str, ...]] = {
    "day": (
        "#2a66ad #4f92cf #8fc1e3 #d4e8f0 / #fff3dc / #8fa6c4",
        "#1f5f9e #3f8cc0 #7fc0d6 #dcecdf / #fff0d0 / #8aa8b8",
        "#3c74b8 #7aa9d8 #b9d4ea #f0ece0 / #fff1d6 / #9aa8c0",
    ),
    "golden": (
        "#5c7ba6 #a3afb8 #e8c894 #ffe1a0 / #ffdc9c / #a08c98",
        "#4f6f98 #b6ab9f #f0bd7c #ffdfae / #ffd590 / #9a8890",
    ),
    "dawn": (
        "#3b4f86 #7d80b0 #d8a3b4 #f6c7a2 #ffe6c0 / #ffcfae / #8286ae",
        "#4a6a9c #8fa3c8 #cdb9cf #f5cdbf #fde8d2 / #ffdcc0 / #8c98b8",
        "#2f4a78 #5f7ea8 #a7adc4 #eebf9e #ffdfa6 / #ffcd9a / #7c88a8",
    ),
    "sunset": (
        "#252a5e #5f3c78 #b04e74 #ee7454 #ffae57 #ffdf94 / #ffb070 / #705c86",
        "#2b3a6b #6a5a8a #c47384 #f59a62 #ffcf80 / #ffbe80 / #786a90",
        "#3a1f4d #7c2b58 #c8413f #f5792f #ffc14d / #ffa45c / #74526c",
    ),
    "dusk": (
        "#0f1c44 #28407c #5a5f9c #a97aa0 #eaa48e / #c8a6c0 / #56608c",
        "#101c3a #1f3f6e #4a6e98 #98a0b0 #e2b69a / #b8b0c4 / #52648c",
    ),
    "night": (
        "#050817 #0a1633 #14294f #284a70 / #8aa4d0 / #2c3c60",
        "#070a1c #101a40 #1f2c62 #40467f / #98a0d8 / #34386a",
        "#04090f #08202b #113a47 #2a5c62 / #8cc0c0 / #264650",
    ),
    "storm": (
        "#20272f #36424b #59676d #8d9894 / #b4bcbc / #566066",
        "#1d222c #2f3846 #4d5868 #8a8f92 / #b0b6c0 / #505a68",
    ),
    "grey": (
        "#8795a1 #a6b3bb #c4ced1 #dde1de / #d8dcdc / #98a2aa",
        "#7c8c9c #9fb0bc #c6d0d4 #e6e4dc / #dcdcd6 / #94a0ac",
    ),
    "snow": (
        "#8ea6bf #adc1d2 #cddae4 #eaeef0 / #eceef2 / #a2b4cc",
        "#7f93b4 #a8b6cf #d0d4e0 #f2e9e4 / #f6e8e0 / #9ca8c6",
    ),
}
_SUN_HEIGHTS = {
    "day": 0.72,
    "golden": 0.2,
    "dawn": 0.08,
    "sunset": 0.07,
    "dusk": -0.1,
    "night": 0.7,
}


@dataclass(frozen=True, kw_only=True)
class Atmosphere:
    """The colours that everything in a picture takes part in."""

    hour: str
    sky: tuple[Rgb, ...]
    light: Rgb
    shade: Rgb
    sun_height: float
    cloudiness: float
    haze: float

    @property
    def horizon(self) -> Rgb:
        """The colour that far things fade into."""
        return self.sky[-1]

    @property
    def is_dark(self) -> bool:
        """Whether lamps would be lit."""
        return self.hour in {"night", "dusk"} or colour.lightness(self.light) < 0.8

    def on(self, surface: Rgb, exposure: float = 1.0) -> Rgb:
        """Return a surface's colour here; exposure 0 is shade and 1 is full light."""
        return colour.lit(surface, colour.mix(self.shade, self.light, exposure))


def settle(intent: Intent, chance: Chance) -> Atmosphere:
    """Decide the light of a picture."""
    hour = _hour(intent, chance)
    sky, light, shade = (
        tuple(colour.parse(code) for code in part.split())
        for part in chance.pick("sky colours", _SKIES[_mood(intent, hour)]).split("/")
    )
    found = Atmosphere(
        hour=hour,
        sky=sky,
        light=light[0],
        shade=shade[0],
        sun_height=_SUN_HEIGHTS[hour] * chance.number("sun height", 0.85, 1.15),
        cloudiness=_cloudiness(intent, chance),
        haze=_haze(intent, chance),
    )
    return _in_asked_colours(found, intent)


def _hour(intent: Intent, chance: Chance) -> str:
    if intent.hours:
        return intent.hours[0]
    grey = intent.weather & {"storm", "lightning", "rain", "fog", "snow", "clouds"}
    if intent.weather & {"aurora", "stars"}:
        return "night"
    if grey or intent.moods & {"bright"}:
        return "day"
    if intent.moods & {"dark"}:
        return "dusk"
    hours = ("day", "day", "golden", "dawn", "sunset", "dusk")
    wanted = tuple(hour for hour in hours if intent.allows(hour))
    return chance.pick("hour", wanted or ("day",))


def _mood(intent: Intent, hour: str) -> str:
    if hour != "day":
        return hour
    if intent.weather & {"storm", "lightning"}:
        return "storm"
    if "snow" in intent.weather and "sun" not in intent.weather:
        return "snow"
    return "grey" if intent.weather & {"rain", "fog"} else "day"


def _cloudiness(intent: Intent, chance: Chance) -> float:
    if "clear" in intent.weather or not intent.allows("clouds", "cloud"):
        return 0.0
    if intent.weather & {"storm", "lightning"}:
        return 1.0
    if intent.weather & {"rain", "clouds", "snow"}:
        return 0.72
    return chance.number("cloudiness", 0.25, 0.62)


def _haze(intent: Intent, chance: Chance) -> float:
    if "fog" in intent.weather:
        return 1.0
    wet = intent.weather & {"rain", "snow", "storm"}
    return chance.number("haze", 0.45, 0.62) if wet else chance.number("haze", 0.22, 0.42)


def _in_asked_colours(found: Atmosphere, intent: Intent) -> Atmosphere:
    asked = [colour.parse(lexicon.COLOURS[name]) for name in intent.palette]
    if "sky" in intent.tints:
        asked = [colour.parse(lexicon.COLOURS[intent.tints["sky"]])]
    if "light" in intent.tints:
        glow = colour.parse(lexicon.COLOURS[intent.tints["light"]])
        found = replace(found, light=colour.mix(found.light, glow, 0.5))
    if not asked:
        return found
    last = len(found.sky) - 1
    sky = tuple(
        _towards(tone, asked[round((len(asked) - 1) * place / last)])
        for place, tone in enumerate(found.sky)
    )
    # A sky that is named for itself leaves the land its own colours.
    share = 0.12 if "sky" in intent.tints else 0.45
    light, shade = (
        colour.tint(found.light, asked[-1], share),
        colour.tint(found.shade, asked[0], share),
    )
    return replace(found, sky=sky, light=light, shade=shade)


def _towards(tone: Rgb, asked: Rgb) -> Rgb:
    own = colour.lightness(tone)
    moved = colour.adjust(asked, lightness=(own - colour.lightness(asked)) * 0.75)
    return colour.mix(tone, moved, 0.72)
