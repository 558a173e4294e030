"""Colours, and how to blend them the way an eye would."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Rgb: TypeAlias = tuple[float, float, float]
Plane: TypeAlias = NDArray[np.floating[Any]]

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_LMS = np.linalg.inv(_TO_LMS)
_FROM_LAB = np.linalg.inv(_TO_LAB)


def parse(code: str) -> Rgb:
    """Read "#rrggbb"."""
    red, green, blue = bytes.fromhex(code.removeprefix("#"))
    return (red / 255, green / 255, blue / 255)


def to_oklab(rgb: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Turn sRGB into OKLab; the channels are the first axis."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0) + 0.055) / 1.055) ** 2.4)
    lms = np.cbrt(np.einsum("ij,j...->i...", _TO_LMS, linear))
    return np.asarray(np.einsum("ij,j...->i...", _TO_LAB, lms), dtype=np.float64)


def from_oklab(lab: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Turn OKLab into sRGB, held within what a screen can show."""
    lms = np.einsum("ij,j...->i...", _FROM_LAB, lab) ** 3
    linear = np.clip(np.einsum("ij,j...->i...", _FROM_LMS, lms), 0, 1)
    bright = 1.055 * linear ** (1 / 2.4) - 0.055
    return np.asarray(np.where(linear <= 0.0031308, linear * 12.92, bright), dtype=np.float64)


def mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    """Blend two colours; a share of 1 is all the other."""
    first, second = to_oklab(np.array(one)), to_oklab(np.array(other))
    return _as_rgb(from_oklab(first + (second - first) * share))


def adjust(
    colour: Rgb, *, lightness: float = 0.0, chroma: float = 1.0, hue_degrees: float = 0.0
) -> Rgb:
    """Move a colour in lightness, strength and hue."""
    light, green_red, blue_yellow = to_oklab(np.array(colour))
    turned = complex(green_red, blue_yellow) * chroma * np.exp(1j * np.radians(hue_degrees))
    bounded = min(max(light + lightness, 0.0), 1.0)
    return _as_rgb(from_oklab(np.array([bounded, turned.real, turned.imag])))


def tint(colour: Rgb, towards: Rgb, share: float) -> Rgb:
    """Give a colour another's hue and keep its own lightness."""
    own, other = to_oklab(np.array(colour)), to_oklab(np.array(towards))
    own[1:] += (other[1:] - own[1:]) * share
    return _as_rgb(from_oklab(own))


def lightness(colour: Rgb) -> float:
    """Return how light a colour looks, from 0 to 1."""
    return float(to_oklab(np.array(colour))[0])


def hue_distance(one: Rgb, other: Rgb) -> float:
    """Return how many degrees of hue lie between two colours; 180 where either has none."""
    first, second = to_oklab(np.array(one)), to_oklab(np.array(other))
    if min(np.hypot(*first[1:]), np.hypot(*second[1:])) < 0.03:
        return 180.0
    turn = np.degrees(np.arctan2(first[2], first[1]) - np.arctan2(second[2], second[1]))
    return float(abs((turn + 180) % 360 - 180))


def lit(colour: Rgb, light: Rgb) -> Rgb:
    """Return a surface's colour under a light."""
    return (colour[0] * light[0], colour[1] * light[1], colour[2] * light[2])


def ramp(colours: Sequence[Rgb], steps: int = 256) -> Plane:
    """Return a smooth gradient through evenly spaced colours, shaped (3, steps)."""
    lab = to_oklab(np.array(colours).T)
    at = np.linspace(0, len(colours) - 1, steps)
    places = np.arange(len(colours))
    blended = np.stack([np.interp(at, places, channel) for channel in lab])
    return from_oklab(blended).astype(np.float32)


def _as_rgb(values: NDArray[np.float64]) -> Rgb:
    return (float(values[0]), float(values[1]), float(values[2]))
