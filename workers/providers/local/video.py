"""A video: painted, shot frame by frame, and written as it is shot."""

import io
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from PIL import Image

from shared.jobs.status import Role
from shared.jobs.videos import frame_size
from workers.providers.base import Order, Output, ProgressReport
from workers.providers.local import moving
from workers.providers.local.moving import Camera, Film, Layer
from workers.providers.local.moving.encoding import encode
from workers.providers.local.moving.layers import MARGIN, Bitmap
from workers.providers.local.sketch import Brief, open_picture, paint_stages

# How much of the work is done when all is painted.
_PAINTED = 0.15

Item = TypeVar("Item")


def make(order: Order, *, on_progress: ProgressReport) -> Iterator[Output]:
    """Yield the video and its first frame; what the report raises ends it between two frames."""
    asked, seed = order.input, order.input["seed"]
    film = _film(order)
    layers = _given(order, film) if order.sources else _painted(order, film, on_progress)
    poster: list[Bitmap] = []
    frames = _told(
        _kept(moving.shoot(layers, Camera.choose(asked["prompt"], seed), film), poster),
        film.frames,
        on_progress,
    )
    with tempfile.TemporaryDirectory(prefix="limner-video-") as folder:
        path = Path(folder, "video.mp4")
        encode(frames, film, path)
        yield Output(content=path.read_bytes(), seed=seed)
    yield Output(content=_jpeg(poster[0]), role=Role.POSTER)


def _film(order: Order) -> Film:
    asked = order.input
    width, height = frame_size(asked["resolution"], asked["aspect_ratio"])
    count = max(1, round(asked["duration"] * asked["frame_rate"]))
    return Film(width=width, height=height, rate=Fraction(asked["frame_rate"]), frames=count)


def _given(order: Order, film: Film) -> list[Layer]:
    picture = open_picture(order.sources["image"].read())
    return moving.from_picture(picture, film.width, film.height)


def _painted(order: Order, film: Film, on_progress: ProgressReport) -> list[Layer]:
    asked = order.input
    brief = Brief(
        prompt=asked["prompt"],
        negative_prompt=asked["negative_prompt"],
        seed=asked["seed"],
        width=round(film.width * MARGIN),
        height=round(film.height * MARGIN),
        style=asked.get("style", "natural"),
        model=order.model,
    )
    stages = paint_stages(brief, on_progress=lambda done: on_progress(done * _PAINTED))
    return moving.from_stages(stages, prompt=asked["prompt"])


def _kept(frames: Iterator[Bitmap], first: list[Bitmap]) -> Iterator[Bitmap]:
    """Pass frames on, and keep the first."""
    for frame in frames:
        if not first:
            first.append(frame)
        yield frame


def _told(items: Iterator[Item], count: int, tell: Callable[[float], None]) -> Iterator[Item]:
    """Pass items on, and tell before each how far the work is."""
    for number, item in enumerate(items):
        tell(_PAINTED + (1 - _PAINTED) * number / count)
        yield item


def _jpeg(frame: Bitmap) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
