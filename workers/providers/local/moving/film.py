"""The film itself: frame after frame, composed when the encoder asks for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np

from workers.providers.local.moving.camera import Camera
from workers.providers.local.moving.layers import Bitmap, Layer, Motion, Weights

# How far a sky drifts, as a share of its width, in a second and at most: it has an edge.
_DRIFT, _MOST_DRIFT = 0.004, 0.03
_WAVE_RATE, _WAVE_REACH = 3.2, 0.006
# How far rain is driven aside while it falls.
_SLANT = 0.3
_VIGNETTE = 0.16


@dataclass(frozen=True, kw_only=True)
class Film:
    """What is shot: size in pixels, frames a second, and how many frames there are."""

    width: int
    height: int
    rate: Fraction
    frames: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return float(self.frames / self.rate)


def shoot(layers: Sequence[Layer], camera: Camera, film: Film) -> Iterator[Bitmap]:
    """Yield the frames as red, green and blue; only one is held at a time."""
    lens = _lens(film)
    for number in range(film.frames):
        time, seconds = number / max(1, film.frames - 1), float(number / film.rate)
        frame: Bitmap | None = None
        for layer in layers:
            if frame is None:
                frame = _seen(layer, camera, film, time, seconds)
            elif layer.motion is Motion.FALLS:
                frame = _add_light(frame, layer, seconds)
            else:
                frame = _lay(frame, layer, camera, film, time, seconds)
        if frame is not None:
            yield np.asarray(cv2.multiply(frame, lens, scale=1 / 255), dtype=np.uint8)


def _view(layer: Layer, camera: Camera, film: Film, time: float, seconds: float) -> np.ndarray:
    """Return where in a layer each pixel of the frame looks: an affine map."""
    across, down, zoom = camera.at(time, layer.depth)
    if layer.motion is Motion.DRIFTS:
        across += min(_MOST_DRIFT, _DRIFT * seconds)
    height, width = layer.pixels.shape[:2]
    left = width / 2 - (film.width / 2) / zoom - across * film.width
    top = height / 2 - (film.height / 2) / zoom - down * film.width
    return np.array([[1 / zoom, 0, left], [0, 1 / zoom, top]], dtype=np.float64)


def _warp(plane: np.ndarray, view: np.ndarray, film: Film) -> np.ndarray:
    return np.asarray(
        cv2.warpAffine(
            plane,
            view,
            (film.width, film.height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )
    )


def _seen(layer: Layer, camera: Camera, film: Film, time: float, seconds: float) -> Bitmap:
    return _warp(layer.pixels, _view(layer, camera, film, time, seconds), film)


def _lay(
    frame: Bitmap, layer: Layer, camera: Camera, film: Film, time: float, seconds: float
) -> Bitmap:
    view = _view(layer, camera, film, time, seconds)
    if layer.cover is None:
        return _warp(layer.pixels, view, film)
    near = _warp(layer.pixels, view, film)
    cover: Weights = _warp(layer.cover, view, film)
    if layer.motion is Motion.RIPPLES:
        near = _ripple(near, cover, seconds)
    return np.asarray(cv2.blendLinear(frame, near, 1 - cover, cover), dtype=np.uint8)


def _ripple(water: Bitmap, cover: Weights, seconds: float) -> Bitmap:
    """Shake what is mirrored from side to side, more and in longer waves the nearer it is."""
    height, width = cover.shape
    wet = np.flatnonzero(cover.max(axis=1) > 0.5)
    if not wet.size:
        return water
    shore = int(wet[0])
    near = np.clip((np.arange(height, dtype=np.float32) - shore) / max(1, height - shore), 0, 1)
    waves = 34 * np.log1p(9 * near) - _WAVE_RATE * seconds
    along = np.arange(width, dtype=np.float32) * np.float32(9 / width) + np.sin(seconds * 0.7)
    reach = (near * width * _WAVE_REACH)[:, None]
    shift = reach * (
        np.outer(np.sin(waves), np.cos(along)) + np.outer(np.cos(waves), np.sin(along))
    )
    across = np.arange(width, dtype=np.float32)[None, :] + shift.astype(np.float32)
    down = np.repeat(np.arange(height, dtype=np.float32)[:, None], width, axis=1)
    down += np.float32(0.35) * shift.astype(np.float32)
    return np.asarray(
        cv2.remap(water, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101),
        dtype=np.uint8,
    )


def _add_light(frame: Bitmap, layer: Layer, seconds: float) -> Bitmap:
    """Let what falls fall: it comes in at the top again, where it left at the bottom."""
    height, width = frame.shape[:2]
    fallen = round(layer.speed * seconds * height)
    is_snow = layer.speed < 1
    swayed = round(np.sin(seconds * 0.9) * width * 0.012) if is_snow else -round(fallen * _SLANT)
    rows = (np.arange(height) - fallen) % layer.pixels.shape[0]
    columns = (np.arange(width) - swayed) % layer.pixels.shape[1]
    light = layer.pixels[rows][:, columns]
    return np.asarray(cv2.add(frame, light, dtype=cv2.CV_8U), dtype=np.uint8)


def _lens(film: Film) -> Bitmap:
    """Return how much light reaches each place: less in the corners."""
    y = np.linspace(-1, 1, film.height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, film.width, dtype=np.float32)[None, :]
    far = (y * y + x * x) / 2
    light = np.round(255 * (1 - _VIGNETTE * far * far)).astype(np.uint8)
    return np.repeat(light[:, :, None], 3, axis=2)
