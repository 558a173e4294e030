"""Everybody renders every story, in turns, each in a process of its own that is measured."""

import dataclasses
import json
import math
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import av

from tests.benchmarks.rendering import graph
from tests.benchmarks.rendering.stories import Story

_ROOT = Path(__file__).parents[3]
_PEERS = _ROOT / ".venv-render-peers" / "bin" / "python"
_HERE = "tests.benchmarks.rendering"

FLOOR, OURS, GRAPH, MOVIEPY = "encode + decode only", "limner", "ffmpeg, one graph", "MoviePy"


@dataclass(frozen=True)
class Spent:
    """What a render took: CPU seconds, seconds, and MiB of its largest process."""

    cpu: float
    wall: float
    peak: float


Results = Mapping[tuple[str, str], Sequence[Spent]]


def peers_are_installed() -> bool:
    """Say whether others can be measured too."""
    return _PEERS.exists()


def measure(stories: Sequence[Story], media: Path, *, rounds: int, small: bool = False) -> Results:
    """Let all take turns with each story."""
    results: dict[tuple[str, str], list[Spent]] = defaultdict(list)
    for number in range(rounds):
        for story in stories:
            for name in (FLOOR, OURS, *((GRAPH, MOVIEPY) if peers_are_installed() else ())):
                with tempfile.TemporaryDirectory(prefix="limner-bench-") as folder:
                    spent = _spent(name, story, media, Path(folder), small=small)
                results[story.name, name].append(spent)
                sys.stderr.write(
                    f"round {number + 1} of {rounds}: {story.name}, {name}: {spent.cpu:.2f} CPU s, "
                    f"{spent.wall:.1f} s, {spent.peak:.0f} MiB\n"
                )
    return results


def lines(stories: Sequence[Story], results: Results) -> Iterator[str]:
    """Yield a table for each story: medians, and ratios to the least that it can cost."""
    for story in stories:
        width, height = story.size
        yield (
            f"\n{story.name}: {story.seconds:g} s of {width}x{height} at {story.rate}, "
            f"{len(story.segments)} segments, {len(story.overlays)} overlays"
        )
        least = _median(results[story.name, FLOOR], "cpu")
        for (told, name), rounds in results.items():
            if told == story.name:
                cpu = _median(rounds, "cpu")
                rest = f"{_median(rounds, 'wall'):6.1f} s  {_median(rounds, 'peak'):6.0f} MiB"
                yield f"{name:<22} {cpu:6.2f} CPU s  x {cpu / least:5.2f}  {rest}"


def _median(rounds: Sequence[Spent], what: str) -> float:
    return float(median(getattr(one, what) for one in rounds))


def _spent(name: str, story: Story, media: Path, folder: Path, *, small: bool) -> Spent:
    result = folder / f"result.{story.format}"
    command = _command(name, story, media, result, small=small)
    weigh = [sys.executable, "-S", str(Path(__file__).with_name("weigh.py"))]
    # MoviePy leaves files wherever it works.
    place = _ROOT if name in (FLOOR, OURS) else result.parent
    begun = time.monotonic()
    done = subprocess.run(
        [*weigh, *command], cwd=place, stdout=subprocess.PIPE, text=True, check=True
    )
    wall = time.monotonic() - begun
    weighed, _, said = done.stdout.partition("\n")
    cpu, peak = (float(one) for one in weighed.split())
    if name == FLOOR:
        # Its process does more: it says itself what counts.
        return Spent(cpu=float(said), wall=math.nan, peak=math.nan)
    _check(result, story)
    return Spent(cpu=cpu, wall=wall, peak=peak / 2**20)


def _command(name: str, story: Story, media: Path, result: Path, *, small: bool) -> list[str]:
    if name in (FLOOR, OURS):
        module = f"{_HERE}.{'floor' if name == FLOOR else 'ours'}"
        told = [story.name, str(media), str(result.parent), *(["small"] if small else [])]
        return [sys.executable, "-m", module, *told]
    if name == GRAPH:
        return graph.command(_ffmpeg(), story, media, result)
    told_in = result.with_suffix(".json")
    told_in.write_text(json.dumps(dataclasses.asdict(story)))
    program = Path(__file__).with_name("in_moviepy.py")
    return [str(_PEERS), str(program), str(told_in), str(media), str(result)]


@cache
def _ffmpeg() -> str:
    """Return where the peers' ffmpeg lies."""
    program = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"
    done = subprocess.run([_PEERS, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _check(result: Path, story: Story) -> None:
    """See that a whole film was made: who makes less is not cheaper."""
    with av.open(result, "r") as container:
        seconds = (container.duration or 0) / av.time_base
        video = container.streams.video[0]
        if abs(seconds - story.seconds) > 0.2 or (video.width, video.height) != story.size:
            raise RuntimeError(f"{result.name} has {seconds} s of {video.width}x{video.height}")
