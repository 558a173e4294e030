"""Fractal noise: the grain of clouds, rock, water and paper."""

import numpy as np
from PIL import Image

from workers.providers.local.sketch.colour import Plane


def resize(plane: Plane, height: int, width: int) -> Plane:
    """Stretch a plane smoothly to another size."""
    if plane.shape == (height, width):
        return plane
    image = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)


def resize_area(plane: Plane, height: int, width: int) -> Plane:
    """Shrink a plane, averaging what falls together."""
    if plane.shape == (height, width):
        return plane
    image = Image.fromarray(plane)
    return np.asarray(image.resize((width, height), Image.Resampling.BOX), dtype=np.float32)


def smoothstep(low: float, high: float, plane: Plane) -> Plane:
    """Rise softly from 0 to 1 between two values."""
    t = np.clip((plane - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def tile(rng: np.random.Generator, *, size: int, cells: int, gain: float = 0.5) -> Plane:
    """Return a square of fractal noise that repeats without a seam; mean 0, deviation 1."""
    field = rng.standard_normal((cells, cells), dtype=np.float32)
    amplitude = 1.0
    while field.shape[0] < size:
        side = min(field.shape[0] * 2, size)
        field = _stretch_round(field, side)
        amplitude *= gain
        if side < size or amplitude > 0.02:
            field += np.float32(amplitude) * rng.standard_normal((side, side), dtype=np.float32)
    return _normalised(field)


def field(
    rng: np.random.Generator,
    shape: tuple[int, int],
    *,
    cell: float,
    octaves: int = 5,
    gain: float = 0.5,
) -> Plane:
    """Return fractal noise over a picture; a cell is the size of its largest feature in pixels."""
    height, width = shape
    rows, columns = int(height / cell) + 3, int(width / cell) + 3
    noise = rng.standard_normal((rows, columns), dtype=np.float32)
    span, amplitude = cell, 1.0
    for _ in range(octaves - 1):
        if span < 3:
            break
        rows, columns, span, amplitude = rows * 2, columns * 2, span / 2, amplitude * gain
        noise = resize(noise, rows, columns)
        noise = noise + np.float32(amplitude) * rng.standard_normal((rows, columns), np.float32)
    image = Image.fromarray(noise)
    box = (1.0, 1.0, 1.0 + width / span, 1.0 + height / span)
    stretched = image.resize((width, height), Image.Resampling.BICUBIC, box=box)
    return _normalised(np.array(stretched, dtype=np.float32))


def line(rng: np.random.Generator, length: int, *, cell: float, octaves: int = 6) -> Plane:
    """Return fractal noise along a line; mean 0, deviation 1."""
    total = np.zeros(length, dtype=np.float64)
    at = np.arange(length) / cell
    amplitude = 1.0
    for _ in range(octaves):
        knots = rng.standard_normal(int(at[-1]) + 4)
        total += amplitude * _smooth_between(knots, at)
        at, amplitude = at * 2, amplitude / 2
    return (total / 1.15).astype(np.float32)


def sample(square: Plane, x: Plane, y: Plane) -> Plane:
    """Read a repeating square at fractional places, given in its own pixels."""
    side = square.shape[0]
    left, top = np.floor(x), np.floor(y)
    across, down = (x - left).astype(np.float32), (y - top).astype(np.float32)
    left, top = left.astype(np.int32) % side, top.astype(np.int32) % side
    right, below = (left + 1) % side, (top + 1) % side
    flat, top, below = square.ravel(), top * side, below * side
    upper = flat[top + left]
    upper += across * (flat[top + right] - upper)
    lower = flat[below + left]
    lower += across * (flat[below + right] - lower)
    upper += down * (lower - upper)
    return np.asarray(upper, dtype=np.float32)


def ridged(noise: Plane, softness: float = 0.0) -> Plane:
    """Fold noise into crests, from 0 in the valleys to 1; softness rounds them."""
    folded = np.sqrt(noise * noise + np.float32(softness * softness))
    return np.asarray(np.clip(1 - folded / 2, 0, 1) ** 2, dtype=np.float32)


def _smooth_between(knots: np.ndarray, at: np.ndarray) -> np.ndarray:
    whole = at.astype(np.int64)
    part = at - whole
    part = part * part * (3 - 2 * part)
    return np.asarray(knots[whole] * (1 - part) + knots[whole + 1] * part)


def _stretch_round(square: Plane, side: int) -> Plane:
    edge = 2
    padded = np.pad(square, edge, mode="wrap")
    box = (edge, edge, edge + square.shape[0], edge + square.shape[0])
    image = Image.fromarray(padded).resize((side, side), Image.Resampling.BICUBIC, box=box)
    return np.array(image, dtype=np.float32)


def _normalised(noise: Plane) -> Plane:
    noise -= noise.mean(dtype=np.float64).astype(np.float32)
    noise /= np.float32(max(float(noise.std(dtype=np.float64)), 1e-6))
    return noise
