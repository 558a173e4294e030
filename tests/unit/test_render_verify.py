"""What was written is opened again: nothing passes that is not what was planned."""

from pathlib import Path

import pytest

from tests.support.render import plan, planes, sound, tone, write_film, write_wav
from workers.providers.render.errors import RenderFailed
from workers.providers.render.meaning.script import Plan, Target
from workers.providers.render.writing import verify
from workers.providers.render.writing.encode import Order, open_sink

SIZE = (96, 64)
HEARD = [sound("music")]


def planned(**fields: object) -> Plan:
    return plan(**{"size": SIZE, "sounds": HEARD, **fields})  # type: ignore[arg-type]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A second of film with sound, at 25 frames a second."""
    return write_film(tmp_path / "film.mp4", size=SIZE)


def test_what_is_as_planned_passes(film: Path) -> None:
    verify.check(film, planned())


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (planned(length=2), "25 frames"),
        (planned(rate=30), "25 frames"),
        (planned(size=(64, 48)), "96x64"),
        (planned(sounds=()), "audio"),
        (plan(size=SIZE, target=Target(format="mp3", size=SIZE)), "video"),
    ],
)
def test_what_is_otherwise_does_not(film: Path, other: Plan, said: str) -> None:
    with pytest.raises(RenderFailed, match=said):
        verify.check(film, other)


def test_a_film_without_its_sound_does_not_pass(tmp_path: Path) -> None:
    target = Target(format="mp4", size=SIZE)
    order = Order(target=target, rate=planned().rate, has_sound=False)
    sink = open_sink(tmp_path / "a.mp4", order)
    for number in range(25):
        sink.picture(planes(*SIZE, bar=number))
    sink.close()

    with pytest.raises(RenderFailed, match="audio"):
        verify.check(tmp_path / "a.mp4", planned())


def test_sound_that_ends_early_does_not_pass(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(0.5))
    target = Target(format="wav", size=SIZE)

    with pytest.raises(RenderFailed, match=r"0\.5 s"):
        verify.check(path, planned(target=target))


@pytest.mark.parametrize("kept", [0, 100, 2000])
def test_a_file_that_was_cut_off_does_not_pass(film: Path, kept: int) -> None:
    film.write_bytes(film.read_bytes()[:kept])

    with pytest.raises(RenderFailed):
        verify.check(film, planned())


def test_a_film_that_does_not_say_its_colours_does_not_pass(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", size=SIZE, tagged=False)

    with pytest.raises(RenderFailed, match=r"BT\.709"):
        verify.check(path, planned())
