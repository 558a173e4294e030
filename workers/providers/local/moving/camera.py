"""How the camera moves: a slow, even path that the words or the seed choose."""

import math
import random
import re
from dataclasses import dataclass

# How far the nearest things move over the whole film, as a share of the picture's width.
_TRAVEL = 0.07
_ZOOM = 0.09

_ASKED = (
    (r"\b(static|still|locked|fixed) (camera|shot)\b", (0.0, 0.0, 0.0)),
    (r"\b(zoom|push|dolly|move|fly)(s|ing)?[ -](out|back)\b", (0.0, 0.0, -1.0)),
    (r"\b(zoom|push|dolly|move|fly)(s|ing)?[ -](in|forward)\b", (0.0, 0.0, 1.0)),
    (r"\bpan(s|ning)?\b.{0,12}\bleft\b", (-1.0, 0.0, 0.0)),
    (r"\bpan(s|ning)?\b.{0,12}\bright\b", (1.0, 0.0, 0.0)),
    (r"\b(tilt|crane|rise)(s|ing)?\b.{0,12}\bup\b", (0.0, -1.0, 0.0)),
    (r"\b(tilt|crane|sink)(s|ing)?\b.{0,12}\bdown\b", (0.0, 1.0, 0.0)),
)
_CHOICE = ((0.75, 0.0, 0.55), (-0.75, 0.0, 0.55), (0.9, 0.0, 0.0), (-0.9, 0.0, 0.0))


@dataclass(frozen=True)
class Camera:
    """Travel to the right, downwards and forwards, each from -1 to 1."""

    right: float
    down: float
    forwards: float

    @classmethod
    def choose(cls, prompt: str, seed: int) -> "Camera":
        """Return the way that the words ask for, or else one that the seed picks."""
        for pattern, way in _ASKED:
            if re.search(pattern, prompt, re.IGNORECASE):
                return cls(*way)
        return cls(*random.Random(seed).choice(_CHOICE))

    def at(self, time: float, depth: float) -> tuple[float, float, float]:
        """Return shift to the right and downwards, in widths, and zoom of a layer.

        ``time`` goes from 0 to 1 over the film, and so does ``depth`` from far to near.
        """
        # Eased at both ends, but never still.
        eased = time - math.sin(2 * math.pi * time) / (2 * math.pi) * 0.45
        way = eased - 0.5
        zoom = 1 + _ZOOM * depth * self.forwards * (eased if self.forwards > 0 else eased - 1)
        return -self.right * way * _TRAVEL * depth, -self.down * way * _TRAVEL * depth, zoom
