"""Cuts and joins that need no rendering, and those that seem to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import pytest

from tests.support.render import write_film
from workers.providers.render.errors import RenderFailed
from workers.providers.render.planning import plan
from workers.providers.render.planning.clips import sources_needed
from workers.providers.render.reading import probe
from workers.providers.render.writing import copies, verify

RATE = 25


def copied(tmp_path: Path, given: dict[str, Any], **files: Path) -> Path | None:
    """Copy what an input asks for, if that can be."""
    named = {place: files[name] for place, name in sources_needed(given).items()}
    planned = plan.make(given, {place: probe.look(path) for place, path in named.items()})
    result = tmp_path / "result.mp4"
    return result if copies.copied(planned, named, result) else None


def trim(start: float, length: float, **output: Any) -> dict[str, Any]:
    return {"src": "film", "start": start, "length": length, "output": {"format": "mp4", **output}}


def pictures(path: Path) -> Sequence[bytes]:
    """Return the coded frames of a film, in their order."""
    with av.open(path, "r") as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def count(path: Path) -> int:
    with av.open(path, "r") as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two seconds with a key frame every ten frames."""
    return write_film(tmp_path / "film.mp4", seconds=2, every=10)


def test_a_part_between_two_key_frames_is_copied(tmp_path: Path, film: Path) -> None:
    result = copied(tmp_path, trim(10 / RATE, 20 / RATE), film=film)

    assert result is not None
    assert pictures(result) == pictures(film)[10:30]
    assert count(result) == 20


def test_all_of_a_film_is_copied_with_its_sound(tmp_path: Path, film: Path) -> None:
    result = copied(tmp_path, trim(0, 2), film=film)

    assert result is not None
    assert pictures(result) == pictures(film)
    with av.open(result, "r") as container:
        heard = sum(frame.samples for frame in container.decode(audio=0))
    assert heard == pytest.approx(2 * 48_000, abs=1024)


def test_films_that_are_alike_are_joined(tmp_path: Path, film: Path) -> None:
    given = {"clips": [{"src": "film"}] * 3, "output": {"format": "mp4"}}

    result = copied(tmp_path, given, film=film)

    assert result is not None
    assert pictures(result) == [*pictures(film)] * 3
    assert count(result) == 150


def test_what_does_not_begin_with_a_key_frame_is_rendered(tmp_path: Path, film: Path) -> None:
    assert copied(tmp_path, trim(13 / RATE, 17 / RATE), film=film) is None
    assert not (tmp_path / "result.mp4").exists()


def test_films_that_are_coded_otherwise_are_rendered(tmp_path: Path, film: Path) -> None:
    other = write_film(tmp_path / "other.mp4", seconds=1, every=10, options={"refs": "2"})
    given = {"clips": [{"src": "film"}, {"src": "other"}], "output": {"format": "mp4"}}

    assert copied(tmp_path, given, film=film, other=other) is None


def test_another_size_is_rendered(tmp_path: Path, film: Path) -> None:
    given = trim(0, 2, size={"width": 80, "height": 46})

    assert copied(tmp_path, given, film=film) is None


def test_a_copy_is_checked_like_everything_else(tmp_path: Path, film: Path) -> None:
    result = copied(tmp_path, trim(0, 2), film=film)
    given = trim(0, 1.6)
    planned = plan.make(given, {"src": probe.look(film)})

    assert result is not None
    with pytest.raises(RenderFailed, match="50 frames"):
        verify.check(result, planned)
