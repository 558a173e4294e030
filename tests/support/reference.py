"""A slow renderer of timelines to compare with: floating RGB, many samples for each pixel.

It knows the rules from their description and shares no code with the one that it checks.
"""

import math
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

# Samples along each side of a pixel.
_FINE = 4
_WAYS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}


def frame(given: Mapping[str, Any], pictures: Mapping[str, np.ndarray], time: float) -> np.ndarray:
    """Draw the picture of a timeline at a second of it: RGB of 0 to 1."""
    size = given["output"]["size"]
    width, height = size["width"], size["height"]
    steps = (np.arange(_FINE) + 0.5) / _FINE
    xs = (np.arange(width)[:, None] + steps).ravel()
    ys = (np.arange(height)[:, None] + steps).ravel()
    across, down = np.meshgrid(xs, ys)
    canvas = np.zeros((*across.shape, 3))
    for track in reversed(given["timeline"]["tracks"]):
        for clip in track["clips"]:
            if clip["start"] <= time < clip["start"] + clip["length"]:
                picture = pictures[clip["asset"]["src"]]
                at = time - clip["start"]
                colour, alpha = _drawn(clip, picture, at, across, down, (width, height))
                canvas = canvas * (1 - alpha[..., None]) + colour * alpha[..., None]
    return np.asarray(canvas.reshape(height, _FINE, width, _FINE, 3).mean(axis=(1, 3)))


def _drawn(
    clip: Mapping[str, Any],
    picture: np.ndarray,
    at: float,
    x: np.ndarray,
    y: np.ndarray,
    frame: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Return colour and opacity of a clip at points of the frame."""
    native = picture.shape[1], picture.shape[0]
    fit, scale = clip.get("fit", "crop"), clip.get("scale", 1)
    ratios = frame[0] / native[0], frame[1] / native[1]
    ratio = {
        "crop": (max(ratios), max(ratios)),
        "contain": (min(ratios), min(ratios)),
        "stretch": ratios,
        "none": (1.0, 1.0),
    }[fit]
    drawn = native[0] * ratio[0] * scale, native[1] * ratio[1] * scale
    box = drawn if fit in ("contain", "none") else (frame[0] * scale, frame[1] * scale)
    offset = clip.get("offset", {})
    middle = (
        frame[0] / 2 + offset.get("x", 0) * frame[0],
        frame[1] / 2 - offset.get("y", 0) * frame[1],
    )
    corner = clip.get("position", "center")
    spare = (frame[0] - box[0]) / 2, (frame[1] - box[1]) / 2
    middle = (
        middle[0] + spare[0] * (("ight" in corner) - ("eft" in corner)),
        middle[1] + spare[1] * (("ottom" in corner) - ("op" in corner)),
    )
    x, y = x - middle[0], y - middle[1]
    opacity = np.full(x.shape, float(clip.get("opacity", 1)))
    for name, there, leaving in _going(clip, at):
        x, y, opacity = _changed(name, there, leaving, x, y, opacity, box, middle, frame)
    angle = math.radians(clip.get("transform", {}).get("rotate", {}).get("angle", 0))
    x, y = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    inside = (np.abs(x) <= box[0] / 2) & (np.abs(y) <= box[1] / 2)
    x, y = _effect(clip.get("effect"), at / clip["length"], x, y, box)
    u, v = x / drawn[0] * native[0] + native[0] / 2, y / drawn[1] * native[1] + native[1] / 2
    inside &= (u >= 0) & (u <= native[0]) & (v >= 0) & (v <= native[1])
    sampled = cv2.remap(
        picture.astype(np.float32),
        (u - 0.5).astype(np.float32),
        (v - 0.5).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(float)
    alpha = opacity * inside
    if sampled.shape[2] == 4:
        alpha = alpha * sampled[..., 3]
    return sampled[..., :3], alpha


def _going(clip: Mapping[str, Any], at: float) -> list[tuple[str, float, bool]]:
    named = clip.get("transition", {})
    going = []
    if "in" in named and at < 1:
        going.append((named["in"], at, False))
    if "out" in named and clip["length"] - at < 1:
        going.append((named["out"], clip["length"] - at, True))
    return going


def _changed(
    name: str,
    there: float,
    leaving: bool,
    x: np.ndarray,
    y: np.ndarray,
    opacity: np.ndarray,
    box: tuple[float, float],
    middle: tuple[float, float],
    frame: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    eased = 3 * there**2 - 2 * there**3
    if name == "fade":
        return x, y, opacity * there
    if name == "zoom":
        return x / max(eased, 1e-9), y / max(eased, 1e-9), opacity
    dx, dy = next(way for end, way in _WAYS.items() if name.endswith(end))
    if name.startswith("wipe"):
        # How far along its way each point is, from 0 to 1.
        along = 0.5 + (x * dx / box[0] if dx else y * dy / box[1])
        return x, y, opacity * (along >= 1 - eased if leaving else along <= eased)
    sign = 1 if leaving else -1
    if name.startswith("slide"):
        far = (0.1 * frame[0], 0.1 * frame[1])
        opacity = opacity * there
    else:
        # To where the last of it is out.
        ahead = sign * dx > 0, sign * dy > 0
        far = (
            frame[0] - middle[0] + box[0] / 2 if ahead[0] else middle[0] + box[0] / 2,
            frame[1] - middle[1] + box[1] / 2 if ahead[1] else middle[1] + box[1] / 2,
        )
    gone = sign * (1 - eased)
    return x - dx * far[0] * gone, y - dy * far[1] * gone, opacity


def _effect(
    name: str | None, gone: float, x: np.ndarray, y: np.ndarray, box: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    if name is None:
        return x, y
    most = 1.1 if name.endswith("Slow") else 1.4 if name.endswith("Fast") else 1.2
    base = name.removesuffix("Slow").removesuffix("Fast")
    if base.startswith("zoom"):
        share = gone if base == "zoomIn" else 1 - gone
        zoom = 1 + (most - 1) * share
        return x / zoom, y / zoom
    dx, dy = _WAYS[base.removeprefix("slide")]
    way = (most - 1) * (gone - 0.5)
    return (x - dx * way * box[0]) / most, (y - dy * way * box[1]) / most
