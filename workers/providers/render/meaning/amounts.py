"""How much: the numbers behind the words of a timeline."""

# Seconds of a transition, by the end of its name.
TRANSITION_SECONDS = {"": 1.0, "Slow": 2.0, "Fast": 0.5}
# How much larger an effect draws at its most, by the end of its name.
EFFECT_SCALE = {"": 1.2, "Slow": 1.1, "Fast": 1.4}
# How far a sliding transition moves, as a share of the frame.
SLIDE_SHARE = 0.1
# How far a shuffled clip turns, in degrees, and how far to the side of the frame it comes from.
SHUFFLE_DEGREES = 30.0
SHUFFLE_SHARE = 0.25
# Seconds over which a sound fades, half of it at the most.
FADE_SECONDS = 2.0
# Seconds that something without a length of its own shows.
STILL_SECONDS = 3

# A blur's standard deviation, as the height of the frame over this.
BLUR_SHARE = 90
# Contrast about mid grey, brightness in shares of the range, and saturation, of each filter.
TONES = {
    "boost": (1.2, 0.0, 1.5),
    "contrast": (1.4, 0.0, 1.0),
    "darken": (1.0, -0.25, 1.0),
    "greyscale": (1.0, 0.0, 0.0),
    "lighten": (1.0, 0.2, 1.0),
    "muted": (0.85, 0.0, 0.6),
    "negative": (-1.0, 0.0, -1.0),
}
# Of a chroma key that does not say.
KEY_THRESHOLD, KEY_HALO = 50.0, 20.0

# What a quality is to x264, and to a JPEG.
CRF = {"verylow": 33, "low": 28, "medium": 23, "high": 20, "veryhigh": 17}
JPEG = {"verylow": 50, "low": 65, "medium": 80, "high": 90, "veryhigh": 95}
