"""What is heard: all sounds of a plan, each as loud as it is to be, mixed second by second."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from workers.providers.render.hearing.limiter import limited
from workers.providers.render.meaning.script import Plan, Sound
from workers.providers.render.parts import SAMPLE_RATE, Samples
from workers.providers.render.reading.tapes import Tape


def blocks(plan: Plan, paths: Mapping[str, Path]) -> Iterator[Samples]:
    """Yield all that is heard, by the second; ``paths`` are the files of the plan's sources.

    Together they are exactly ``plan.samples`` long; where nothing sounds there is silence. Sounds
    are added as they are, and turned down only where their sum is too loud for a file.
    """
    return limited(_mixed(plan, paths))


def _mixed(plan: Plan, paths: Mapping[str, Path]) -> Iterator[Samples]:
    waiting = sorted(plan.sounds, key=lambda one: one.start, reverse=True)
    playing: list[_Playing] = []
    try:
        for begin in range(0, plan.samples, SAMPLE_RATE):
            end = min(begin + SAMPLE_RATE, plan.samples)
            while waiting and _number(waiting[-1].start) < end:
                sound = waiting.pop()
                playing.append(_Playing(sound, paths[sound.source]))
            yield _sum(playing, begin, end)
            playing = _still(playing, end)
    finally:
        for one in playing:
            one.close()


def _sum(playing: Sequence["_Playing"], begin: int, end: int) -> Samples:
    mix = np.zeros((end - begin, 2), np.float32)
    for one in playing:
        one.add(mix, begin)
    return mix


def _still(playing: Sequence["_Playing"], now: int) -> list["_Playing"]:
    """Return those that go on; the others give their files back."""
    for one in playing:
        if one.end <= now:
            one.close()
    return [one for one in playing if one.end > now]


def _number(seconds: Fraction) -> int:
    """Return the sample that is heard first at a second."""
    return round(seconds * SAMPLE_RATE)


class _Playing:
    """One sound that has begun."""

    def __init__(self, sound: Sound, path: Path) -> None:
        self._begin, self.end = _number(sound.start), _number(sound.start + sound.length)
        self._gain = sound.gain
        self._tape = Tape(path, trim=sound.trim, speed=sound.speed)

    def add(self, mix: Samples, start: int) -> None:
        """Add what is heard from sample ``start`` of the output on; called in order."""
        first, last = max(start, self._begin), min(start + len(mix), self.end)
        if first >= last:
            return
        heard = self._tape.read(last - first)
        since = (np.arange(first, first + len(heard)) - self._begin) / SAMPLE_RATE
        mix[first - start : first - start + len(heard)] += (
            heard * self._gain.levels(since)[:, np.newaxis]
        )

    def close(self) -> None:
        """Give the file back."""
        self._tape.close()
