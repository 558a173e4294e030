"""A story as a timeline of ours, rendered as a worker's child does.

``python -m tests.benchmarks.rendering.ours STORY MEDIA OUT [small]``
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.timelines.schema import RenderTimelineSchema
from tests.benchmarks.rendering.stories import STORIES, Music, Overlay, Segment, Story
from workers.providers.render.planning.clips import sources_needed
from workers.providers.render.running.rendering import render
from workers.providers.render.running.task import Limits, Task

_ADDRESS = "https://media.test/"
_UNLIMITED = Limits(
    seconds=1e6, megapixels=1e9, memory_bytes=2**40, cpu_seconds=10**6, file_bytes=2**40
)


def timeline(story: Story) -> Mapping[str, Any]:
    """Return a story as the input of a job."""
    width, height = story.size
    clips = (
        [_overlay(one, story) for one in story.overlays],
        [_segment(one) for one in story.segments],
        [_music(one) for one in story.music],
    )
    given = {
        "timeline": {"tracks": [{"clips": one} for one in clips if one]},
        "output": {
            "format": story.format,
            "size": {"width": width, "height": height},
            "fps": story.rate,
        },
    }
    loaded: Mapping[str, Any] = RenderTimelineSchema().load(given)
    return loaded


def task(story: Story, media: Path, folder: Path) -> Task:
    """Return what a child is told."""
    given = timeline(story)
    sources = {
        path: media / address.removeprefix(_ADDRESS)
        for path, address in sources_needed(given).items()
    }
    return Task(input=given, sources=sources, folder=folder, limits=_UNLIMITED)


def _segment(one: Segment) -> dict[str, Any]:
    asset = {"type": "video" if one.is_film else "image", "src": _ADDRESS + one.source}
    clip = {"asset": asset, "start": one.start, "length": one.length}
    if one.is_film:
        asset["trim"] = one.trim  # type: ignore[assignment]
    if one.enter:
        clip["transition"] = {"in": one.enter}
    if one.zoom:
        first, last = one.zoom
        clip["scale"] = [{"from": first, "to": last, "start": 0, "length": one.length}]
    return clip


def _overlay(one: Overlay, story: Story) -> dict[str, Any]:
    asset = {"type": "image", "src": _ADDRESS + one.source}
    clip = {
        "asset": asset,
        "start": one.start,
        "length": one.length,
        "fit": "none",
        "opacity": one.opacity,
        "offset": {"x": one.x - 0.5, "y": 0.5 - one.y},
    }
    if one.fades:
        clip["transition"] = {"in": "fade", "out": "fade"}
    if one.slide:
        there = one.x - 0.5
        come = {"from": there - one.slide, "to": there, "start": 0, "length": 1}
        clip["offset"] = {"x": [come], "y": 0.5 - one.y}
    return clip


def _music(one: Music) -> dict[str, Any]:
    asset = {"type": "audio", "src": _ADDRESS + one.source, "volume": one.volume}
    return {"asset": asset, "start": one.start, "length": one.length}


def main() -> None:
    """Render one story."""
    name, media, folder, *small = sys.argv[1:]
    story = STORIES[name].in_small() if small else STORIES[name]
    render(task(story, Path(media), Path(folder)), lambda _: None)


if __name__ == "__main__":
    main()
