"""What a film is composed of: flat layers one behind the other, each moving in its own way."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.providers.local.sketch import Stage

Bitmap: TypeAlias = NDArray[np.uint8]
Weights: TypeAlias = NDArray[np.float32]

# So much more is painted than is seen at once, so that the camera finds something at the edges.
MARGIN = 1.16
# The sky is far away, but not so far that it stands still.
_FARTHEST = 0.12
# How fast things fall, in heights a second.
_RATES = {"rain": 1.15, "snow": 0.1}


class Motion(StrEnum):
    """How a layer moves by itself, apart from the camera."""

    STANDS = "stands"
    DRIFTS = "drifts"
    RIPPLES = "ripples"
    FALLS = "falls"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A picture, larger than what is seen of it, and where it covers what lies behind.

    No ``cover`` is a layer that covers everything. ``depth`` goes from 0, far, to 1, near. What
    falls is no picture but the light that it adds, and falls ``speed`` heights a second.
    """

    pixels: NDArray[Any]
    cover: Weights | None = None
    depth: float = 1.0
    motion: Motion = Motion.STANDS
    speed: float = 0.0


def from_stages(stages: Iterable[Stage], *, prompt: str) -> list[Layer]:
    """Make layers of a painting's stages: the later a stage, the nearer what it painted."""
    found = list(_from_stages(stages, "snow" if "snow" in prompt.lower() else "rain"))
    standing = max(1, sum(one.motion is not Motion.FALLS for one in found) - 1)
    return [
        Layer(
            pixels=one.pixels,
            cover=one.cover,
            depth=_FARTHEST + (1 - _FARTHEST) * min(1.0, at / standing),
            motion=one.motion,
            speed=one.speed,
        )
        for at, one in enumerate(found)
    ]


def from_picture(picture: Image.Image, width: int, height: int) -> list[Layer]:
    """Make the one layer of a given picture: its middle, in the shape that is asked for."""
    scale = max(width * MARGIN / picture.width, height * MARGIN / picture.height)
    across, down = width * MARGIN / scale, height * MARGIN / scale
    left, top = (picture.width - across) / 2, (picture.height - down) / 2
    size = (round(width * MARGIN), round(height * MARGIN))
    box = (left, top, left + across, top + down)
    fitted = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS, box=box)
    return [Layer(pixels=np.asarray(fitted))]


def _from_stages(stages: Iterable[Stage], falling: str) -> Iterator[Layer]:
    behind: Bitmap | None = None
    for stage in stages:
        pixels = np.asarray(stage.picture)
        if behind is None:
            yield Layer(pixels=pixels, motion=Motion.DRIFTS if stage.is_sky else Motion.STANDS)
        elif stage.is_falling:
            # Without its colour: what it was painted over is left behind.
            light = (pixels.astype(np.int16) - behind).mean(axis=2).astype(np.int16)
            light = np.repeat(light[:, :, None], 3, axis=2)
            yield Layer(pixels=light, motion=Motion.FALLS, speed=_RATES[falling])
        else:
            motion = Motion.RIPPLES if stage.is_water else Motion.STANDS
            yield Layer(pixels=pixels, cover=_soft(stage.cover), motion=motion)
        behind = pixels


def _soft(cover: NDArray[Any]) -> Weights:
    """Close pinholes, and let the edge of a layer run out over a pixel or two."""
    closed = cv2.dilate(cover.astype(np.float32), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(closed, (3, 3), 0), dtype=np.float32)
