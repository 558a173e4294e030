"""How far out of the picture everything in it stands, guessed from the picture alone.

Three cues, none of which knows what is shown: what differs in colour from the picture's rim is in
front of it, what is lower in the picture is nearer, and fine grain is carved into the surface.
"""

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Plane: TypeAlias = NDArray[np.float32]

_SIDE = 384  # guessed at this size, whatever the picture's own
_RIM = 0.06
_RIM_COLOURS = 6
_SALIENCE, _LOWNESS, _GRAIN = 0.62, 0.26, 0.16


def guess(picture: Image.Image, width: int, height: int) -> Plane:
    """Return heights from 0 to 1, one for each point of a grid of this size."""
    scale = _SIDE / max(picture.size)
    size = (max(8, round(picture.width * scale)), max(8, round(picture.height * scale)))
    small = picture.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC)
    lab = _lab(small)
    light = lab[..., 0]
    standing = _guided(light, _salience(small, lab), radius=_SIDE // 24)
    low = np.linspace(0, 1, size[1], dtype=np.float32)[:, None] ** 1.5
    grain = light - cv2.GaussianBlur(light, (0, 0), _SIDE / 60)
    found = _SALIENCE * standing + _LOWNESS * low + _GRAIN * np.clip(grain * 2, -0.5, 0.5)
    found = cv2.GaussianBlur(np.asarray(found, dtype=np.float32), (0, 0), 1.1)
    bottom, top = np.percentile(found, (0.5, 99.5))
    spread = max(float(top - bottom), 1e-6)
    level = np.clip((found - np.float32(bottom)) / np.float32(spread), 0, 1)
    level = _calm_at_the_rim(level.astype(np.float32))
    return np.asarray(np.clip(_resized(level, width, height), 0, 1), dtype=np.float32)


def _lab(picture: Image.Image) -> Plane:
    """Return lightness from 0 to 1, and the two colour axes on the same scale."""
    pixels = np.asarray(picture, dtype=np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB), dtype=np.float32) / np.float32(100)


def _salience(picture: Image.Image, lab: Plane) -> Plane:
    """Return how much each point differs from all colours of the rim, from 0 to 1."""
    colours = _rim_colours(picture)
    away = np.stack([np.linalg.norm(lab - one, axis=2) for one in colours]).min(axis=0)
    spread = max(float(np.percentile(away, 97)), 0.02)
    return np.asarray(np.clip(away / np.float32(spread), 0, 1), dtype=np.float32)


def _rim_colours(picture: Image.Image) -> Plane:
    """Return the few colours of the upper and outer rim. The lower one is often ground."""
    pixels = np.asarray(picture)
    reach = max(1, round(min(pixels.shape[:2]) * _RIM))
    rim: NDArray[Any] = np.concatenate(
        [
            pixels[:reach].reshape(-1, 3),
            pixels[:, :reach].reshape(-1, 3),
            pixels[:, -reach:].reshape(-1, 3),
        ]
    )
    few = Image.fromarray(rim[None]).quantize(_RIM_COLOURS, Image.Quantize.MEDIANCUT)
    colours = sorted(one for _, one in few.convert("RGB").getcolors() or [])
    return _lab(Image.fromarray(np.array([colours], dtype=np.uint8))).reshape(-1, 3)


def _calm_at_the_rim(level: Plane) -> Plane:
    """Leave no grain where the body ends: its edges are lines that one can hold."""
    height, width = level.shape
    reach = max(2.0, 0.03 * max(height, width))
    away = np.minimum(
        np.minimum(np.arange(height), np.arange(height)[::-1])[:, None],
        np.minimum(np.arange(width), np.arange(width)[::-1])[None, :],
    )
    inside = np.clip(away / reach, 0, 1).astype(np.float32)
    calm = cv2.GaussianBlur(level, (0, 0), reach)
    return np.asarray(calm + inside * (level - calm), dtype=np.float32)


def _guided(guide: Plane, plane: Plane, radius: int) -> Plane:
    """Smooth a plane, but not over the edges of its guide (He, Sun and Tang, 2010)."""
    size = (2 * radius + 1, 2 * radius + 1)

    def mean(of: NDArray[Any]) -> Plane:
        return np.asarray(cv2.boxFilter(of, -1, size, borderType=cv2.BORDER_REFLECT))

    mean_guide, mean_plane = mean(guide), mean(plane)
    variance = mean(guide * guide) - mean_guide * mean_guide
    covariance = mean(guide * plane) - mean_guide * mean_plane
    slope = covariance / (variance + np.float32(2e-3))
    offset = mean_plane - slope * mean_guide
    return np.asarray(mean(slope) * guide + mean(offset), dtype=np.float32)


def _resized(plane: Plane, width: int, height: int) -> Plane:
    way = cv2.INTER_AREA if width < plane.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(plane, (width, height), interpolation=way), dtype=np.float32)
