"""The least that a story costs: its frames encoded from memory, the films in it decoded.

``python -m tests.benchmarks.rendering.floor STORY MEDIA OUT [small]`` prints the CPU seconds of
both; what it takes to have the frames is not counted.
"""

import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np

from tests.benchmarks.rendering import ours
from tests.benchmarks.rendering.stories import STORIES, Segment, Story
from workers.providers.render.composing import compose
from workers.providers.render.meaning.script import Plan
from workers.providers.render.parts import Planes
from workers.providers.render.planning import plan
from workers.providers.render.planning.clips import media_needed
from workers.providers.render.reading import probe
from workers.providers.render.running.pictures import Pictures
from workers.providers.render.writing.encode import Order, open_sink


def encoding(story: Story, media: Path, folder: Path) -> float:
    """Return the CPU seconds of encoding all frames, with the settings of the product."""
    task = ours.task(story, media, folder)
    facts = {path: probe.look(task.sources[path]) for path in media_needed(task.input)}
    planned = plan.make(task.input, facts)
    frames = compose.frames(planned, Pictures(planned, task.sources, facts))
    with (folder / "frames").open("w+b") as raw:
        for planes in frames:
            for plane in (planes.y, planes.u, planes.v):
                raw.write(plane.tobytes())
        raw.seek(0)
        return _encoded(planned, raw, folder)


def _encoded(planned: Plan, raw: BinaryIO, folder: Path) -> float:
    target = planned.target
    order = Order(target=target, rate=planned.rate, has_sound=False)
    sink = open_sink(folder / f"floor.{target.format}", order)
    # The encoder's threads go on while the next frame is read: only this thread's part is not its.
    begun, reading = time.process_time(), 0.0
    frames = _read(planned, raw)
    for _ in range(planned.frames):
        here = time.thread_time()
        planes = next(frames)
        reading += time.thread_time() - here
        sink.picture(planes)
    sink.close()
    return time.process_time() - begun - reading


def _read(planned: Plan, raw: BinaryIO) -> Iterator[Planes]:
    width, height = planned.size
    half = (height // 2, width // 2)
    pixels, quarter = width * height, half[0] * half[1]
    for _ in range(planned.frames):
        whole = np.frombuffer(raw.read(pixels + 2 * quarter), np.uint8)
        yield Planes(
            whole[:pixels].reshape(height, width),
            whole[pixels : pixels + quarter].reshape(half),
            whole[pixels + quarter :].reshape(half),
        )


def decoding(story: Story, media: Path) -> float:
    """Return the CPU seconds of decoding what is shown of the films."""
    begun = time.process_time()
    for segment in story.segments:
        if segment.is_film:
            _decode(segment, media)
    return time.process_time() - begun


def _decode(segment: Segment, media: Path) -> None:
    end = Fraction(segment.trim + segment.length)
    with av.open(media / segment.source, "r") as container:
        video = container.streams.video[0]
        container.seek(int(segment.trim * av.time_base))
        for frame in container.decode(video):
            if frame.pts is not None and frame.pts * (video.time_base or 1) >= end:
                break


def main() -> None:
    """Measure one story."""
    name, media, folder, *small = sys.argv[1:]
    story = STORIES[name].in_small() if small else STORIES[name]
    spent = encoding(story, Path(media), Path(folder)) + decoding(story, Path(media))
    print(f"{spent:.3f}")  # noqa: T201


if __name__ == "__main__":
    main()
